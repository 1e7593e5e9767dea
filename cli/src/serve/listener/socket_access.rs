//! Who may connect to a Unix socket: the settings `socket_mode` and `socket_owner`.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// Who may connect to the Unix sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SocketAccess {
    pub(crate) mode: Option<SocketMode>,
    /// If not set, the user and the group of the process.
    pub(crate) owner: Option<SocketOwner>,
}

/// The permissions of a socket's file. To connect takes permission to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SocketMode(pub(super) u32);

impl SocketMode {
    /// The owner and the group may connect.
    pub(super) const DEFAULT: Self = Self(0o660);
}

/// The text is not a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give the permissions in octal, as in \"600\", \"660\" or \"666\"")]
pub(crate) struct NotASocketMode;

impl FromStr for SocketMode {
    type Err = NotASocketMode;

    fn from_str(text: &str) -> Result<Self, NotASocketMode> {
        let digits = text.strip_prefix('0').filter(|rest| rest.len() == 3).unwrap_or(text);
        let is_octal = digits.len() == 3 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        let mode = u32::from_str_radix(digits, 8).ok().filter(|_| is_octal);
        mode.map(Self).ok_or(NotASocketMode)
    }
}

/// Who owns a socket's file: `USER`, `USER:GROUP` or `:GROUP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SocketOwner {
    /// A name or a number.
    pub(super) user: Option<String>,
    /// A name or a number.
    pub(super) group: Option<String>,
}

/// The text does not name an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give USER, USER:GROUP or :GROUP, as in \":www-data\"")]
pub(crate) struct NotASocketOwner;

impl FromStr for SocketOwner {
    type Err = NotASocketOwner;

    fn from_str(text: &str) -> Result<Self, NotASocketOwner> {
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (named(user), Some(named(group).ok_or(NotASocketOwner)?)),
            None => (Some(named(text).ok_or(NotASocketOwner)?), None),
        };
        Ok(Self { user, group })
    }
}

/// Both are text in the file: in TOML, 0660 is an error, and 660 is a decimal number.
impl<'de> Deserialize<'de> for SocketMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text =
            String::deserialize(deserializer).map_err(|_| de::Error::custom(NotASocketMode))?;
        text.parse().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for SocketOwner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_three_octal_digits() {
        for (text, mode) in [("660", 0o660), ("0600", 0o600), ("666", 0o666), ("000", 0)] {
            assert_eq!(text.parse(), Ok(SocketMode(mode)), "{text}");
        }
        for text in ["", "0", "66", "0o660", "680", "1777", "4755", "+66", "rw-rw----"] {
            assert_eq!(text.parse::<SocketMode>(), Err(NotASocketMode), "{text}");
        }
    }

    #[test]
    fn an_owner_is_a_user_a_group_or_both() {
        let owner = |user: Option<&str>, group: Option<&str>| SocketOwner {
            user: user.map(str::to_owned),
            group: group.map(str::to_owned),
        };
        assert_eq!("tollgate".parse(), Ok(owner(Some("tollgate"), None)));
        assert_eq!("0:www-data".parse(), Ok(owner(Some("0"), Some("www-data"))));
        assert_eq!(":33".parse(), Ok(owner(None, Some("33"))));
        for text in ["", ":", "tollgate:"] {
            assert_eq!(text.parse::<SocketOwner>(), Err(NotASocketOwner), "{text}");
        }
    }
}
