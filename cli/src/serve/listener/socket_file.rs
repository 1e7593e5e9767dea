//! [`SocketFile`]: the file of a Unix socket.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::unistd::{Group, User};
use tokio::net::{UnixListener, UnixSocket, UnixStream};

use super::{SocketAccess, SocketMode, SocketOwner};

/// How many connections may wait to be accepted. The system may allow fewer.
const BACKLOG: u32 = 1024;

/// The file of a socket that this process has made. It is removed with this.
pub(crate) struct SocketFile {
    path: PathBuf,
    /// The device and the inode.
    identity: (u64, u64),
}

/// Why there cannot be a socket at a path.
#[derive(Debug, thiserror::Error)]
pub(super) enum SocketFileError {
    #[error("another server is listening there. Stop it, or choose another path")]
    Live,
    #[error("there is a file that is not a socket. Remove it, or choose another path")]
    NotASocket,
    #[error("socket_owner: there is no user or group {0:?}")]
    NoSuchOwner(String),
    #[error("cannot set socket_owner or socket_mode: {0}")]
    Access(io::Error),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Listens at a path. Replaces a socket that a process has left behind.
///
/// The socket listens only after the file has its owner and its mode, so no process connects without permission.
pub(super) async fn bind(
    path: &Path,
    access: &SocketAccess,
) -> Result<(SocketFile, UnixListener), SocketFileError> {
    // Two servers that start at once would each remove the other's socket.
    let lock = lock_folder(path.to_owned()).await?;
    remove_stale(path).await?;
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    let file = SocketFile::at(path)?;
    file.allow(access)?;
    let listener = socket.listen(BACKLOG)?;
    drop(lock);
    Ok((file, listener))
}

/// Locks the folder of a socket until the result is dropped.
async fn lock_folder(path: PathBuf) -> io::Result<File> {
    let locking = tokio::task::spawn_blocking(move || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new(".")))?;
        folder.lock()?;
        Ok(folder)
    });
    locking.await.map_err(io::Error::other)?
}

/// Removes the socket of a process that has ended.
async fn remove_stale(path: &Path) -> Result<(), SocketFileError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return Err(SocketFileError::NotASocket);
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            tracing::info!(path = %path.display(), "replacing the socket of a server that has ended");
            Ok(fs::remove_file(path)?)
        }
        // A full queue of connections, too, is that of a server.
        Ok(_) => Err(SocketFileError::Live),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(SocketFileError::Live),
        Err(error) => Err(error.into()),
    }
}

impl SocketFile {
    fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity(path)? })
    }

    fn allow(&self, access: &SocketAccess) -> Result<(), SocketFileError> {
        if let Some(SocketOwner { user, group }) = &access.owner {
            let user = user.as_deref().map(user_id).transpose()?;
            let group = group.as_deref().map(group_id).transpose()?;
            chown(&self.path, user, group).map_err(SocketFileError::Access)?;
        }
        let mode = access.mode.unwrap_or(SocketMode::DEFAULT);
        let permissions = Permissions::from_mode(mode.0);
        fs::set_permissions(&self.path, permissions).map_err(SocketFileError::Access)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody may have replaced or removed it.
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

fn user_id(name: &str) -> Result<u32, SocketFileError> {
    let lookup = || Ok(User::from_name(name)?.map(|user| user.uid.as_raw()));
    id(name, lookup)
}

fn group_id(name: &str) -> Result<u32, SocketFileError> {
    let lookup = || Ok(Group::from_name(name)?.map(|group| group.gid.as_raw()));
    id(name, lookup)
}

fn id(
    name: &str,
    lookup: impl FnOnce() -> io::Result<Option<u32>>,
) -> Result<u32, SocketFileError> {
    match name.parse() {
        Ok(id) => Ok(id),
        Err(_) => lookup()?.ok_or_else(|| SocketFileError::NoSuchOwner(name.to_owned())),
    }
}
