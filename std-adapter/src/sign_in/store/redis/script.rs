//! [`Call`]: what redis runs as a whole, a command or a script.
//!
//! What a call reads and then writes is a Lua script: redis runs nothing else meanwhile, and a script can decide by
//! what it reads, which `MULTI` cannot.

use std::sync::OnceLock;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisResult, ServerErrorKind};
use ring::digest;

use super::hex;

pub(super) static SAVE: Script = Script::new(include_str!("scripts/save.lua"));
pub(super) static REMOVE: Script = Script::new(include_str!("scripts/remove.lua"));
pub(super) static REMOVE_ALL: Script = Script::new(include_str!("scripts/remove_all.lua"));
pub(super) static RELEASE: Script = Script::new(include_str!("scripts/release.lua"));

/// A Lua script.
pub(super) struct Script {
    text: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    const fn new(text: &'static str) -> Self {
        Self { text, hash: OnceLock::new() }
    }

    /// A call of this script.
    pub(super) fn call(
        &'static self,
        keys: impl IntoIterator<Item = String>,
        arguments: impl IntoIterator<Item = Vec<u8>>,
    ) -> Call {
        let (keys, arguments) = (keys.into_iter().collect(), arguments.into_iter().collect());
        Call::Script { script: self, keys, arguments }
    }

    /// The name under which redis remembers the script.
    fn hash(&self) -> &str {
        self.hash.get_or_init(|| {
            let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, self.text.as_bytes());
            hex(hash.as_ref())
        })
    }
}

/// What redis is to do.
pub(super) enum Call {
    Command(Cmd),
    Script { script: &'static Script, keys: Vec<String>, arguments: Vec<Vec<u8>> },
}

impl Call {
    /// Makes the call. Redis gets the text of a script only if it does not know it, as after a restart.
    pub(super) async fn over<T: FromRedisValue>(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> RedisResult<T> {
        let (script, keys, arguments) = match self {
            Self::Command(command) => return command.query_async(connection).await,
            Self::Script { script, keys, arguments } => (script, keys, arguments),
        };
        let evaluate = |command, which| {
            let mut command = redis::cmd(command);
            command.arg(which).arg(keys.len()).arg(keys).arg(arguments);
            command
        };
        match evaluate("EVALSHA", script.hash()).query_async(connection).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                evaluate("EVAL", script.text).query_async(connection).await
            }
            answer => answer,
        }
    }
}
