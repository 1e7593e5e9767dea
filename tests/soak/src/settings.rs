//! The configuration files of the servers, in a folder that is removed in the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use tollgate_tests::mint::AUDIENCE;

use crate::browser::ORIGIN;
use crate::grants::{CLIENT, SECRET};
use crate::hostile::{IDLE_TIMEOUT, MAX_CONNECTIONS, MAX_HEADER_BYTES};
use crate::requests::{FOR_TOKENS, REQUIRED};

pub struct Settings {
    folder: PathBuf,
    sockets: AtomicU64,
}

impl Settings {
    /// Writes `memory.toml`, for a server that accepts tokens of `issuer`, signs users in at `provider` and keeps
    /// sessions in memory; and `redis.toml`, for servers that share sessions.
    pub fn write(program: &Path, issuer: &str, provider: &str) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("tollgate-soak-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let settings = Self { folder, sockets: AtomicU64::new(0) };
        let key = settings.folder.join("cookie.key");
        let made = Command::new(program).args(["secret", "-o"]).arg(&key).output();
        if !made.as_ref().is_ok_and(|made| made.status.success()) {
            return Err(format!("cannot make a secret: {made:?}"));
        }
        settings.add("client.secret", SECRET)?;
        let of_app = format!(
            "allow_insecure_loopback = true\n\
             public_url = \"{ORIGIN}\"\n\
             proxy = \"nginx\"\n\
             drain_timeout = 2\n"
        );
        // However long the issuer fails, it ends no session.
        let sign_in = format!(
            "[sign_in]\n\
             issuer = \"{provider}\"\n\
             client_id = \"{CLIENT}\"\n\
             client_secret_file = \"{}\"\n\
             anyone = true\n\
             [sign_in.session]\n\
             outage_grace = \"1 hour\"\n",
            settings.folder.join("client.secret").display()
        );
        settings.add(
            "memory.toml",
            &format!(
                "{of_app}max_connections = {MAX_CONNECTIONS}\n\
                 max_header_bytes = {MAX_HEADER_BYTES}\n\
                 idle_timeout = {IDLE_TIMEOUT}\n\
                 [[issuer]]\n\
                 issuer = \"{issuer}\"\n\
                 audience = \"{AUDIENCE}\"\n\
                 scope = \"{REQUIRED}\"\n\
                 [[rule]]\n\
                 path = \"{FOR_TOKENS}\"\n\
                 credentials = [\"bearer\"]\n\
                 {sign_in}store = \"memory\"\n"
            ),
        )?;
        settings.add(
            "redis.toml",
            &format!(
                "{of_app}{sign_in}store = \"redis\"\nredis_url_file = \"{}\"\nsecret_files = \"{}\"\n",
                settings.folder.join("redis.url").display(),
                key.display()
            ),
        )?;
        Ok(settings)
    }

    pub fn write_redis_url(&self, url: &str) -> Result<(), String> {
        self.add("redis.url", url)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of the configuration of this name.
    pub fn config(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.toml"))
    }

    /// The address of another Unix socket.
    pub fn socket(&self) -> String {
        let number = self.sockets.fetch_add(1, Ordering::Relaxed);
        format!("unix:{}", self.folder.join(format!("{number}.sock")).display())
    }

    fn add(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
