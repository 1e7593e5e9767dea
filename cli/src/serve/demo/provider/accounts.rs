//! [`Accounts`]: the users and their passwords.

use std::num::NonZeroU32;
use std::sync::Arc;

use ring::pbkdf2;
use serde_json::{Map, Value};

use super::bounded::Bounded;
use super::secrets::{NoRandomness, random, random_text};
use super::settings::Settings;

const MAX_ACCOUNTS: usize = 1000;
const ALGORITHM: pbkdf2::Algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
const MAX_NAME: usize = 64;
/// In characters, as NIST SP 800-63B recommends at least.
pub(super) const MIN_PASSWORD: usize = 8;
const MAX_PASSWORD: usize = 256;

/// The users, by their name.
pub(super) struct Accounts {
    by_name: Bounded<UserName, Arc<Account>>,
    /// Compared with the password for an unknown name, so that this takes as long as for a known one.
    decoy: Arc<Account>,
}

/// A user.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) subject: String,
    /// As the user writes it.
    pub(super) name: String,
    /// Further claims, such as `email`.
    pub(super) claims: Map<String, Value>,
    password: HashedPassword,
}

/// The name of a user, to compare without case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct UserName(String);

#[derive(Debug)]
struct HashedPassword {
    salt: [u8; 16],
    hash: [u8; 32],
    rounds: NonZeroU32,
}

impl UserName {
    pub(super) fn new(name: &str) -> Self {
        Self(name.trim().to_lowercase())
    }
}

impl Accounts {
    pub(super) fn new(rounds: NonZeroU32) -> Self {
        let password = HashedPassword { salt: [0; 16], hash: [0; 32], rounds };
        let (subject, name, claims) = (String::new(), String::new(), Map::new());
        let decoy = Arc::new(Account { subject, name, claims, password });
        Self { by_name: Bounded::new(MAX_ACCOUNTS), decoy }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.get(&UserName::new(name)).is_some()
    }

    /// The user with this name, or one that no password fits.
    pub(super) fn find(&self, name: &str) -> Arc<Account> {
        Arc::clone(self.by_name.get(&UserName::new(name)).unwrap_or(&self.decoy))
    }

    /// Adds a user. Returns whether the name was free.
    pub(super) fn add(&mut self, account: Arc<Account>) -> bool {
        let is_free = !self.has(&account.name);
        if is_free {
            self.by_name.insert(UserName::new(&account.name), account);
        }
        is_free
    }
}

impl Account {
    /// Makes an account, which takes as long as the password takes to hash.
    ///
    /// # Errors
    ///
    /// The inner one says what the user must change.
    pub(super) fn new(
        settings: &Settings,
        name: &str,
        password: &str,
        claims: Map<String, Value>,
    ) -> Result<Result<Arc<Self>, &'static str>, NoRandomness> {
        let name = name.trim();
        let is_name = (1..=MAX_NAME).contains(&name.chars().count());
        if !is_name || name.chars().any(char::is_control) {
            return Ok(Err("Choose a user name of 1 to 64 characters."));
        }
        if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&password.chars().count()) {
            return Ok(Err("Choose a password of 8 to 256 characters."));
        }
        let subject = format!("user_{}", random_text::<12>()?);
        let password = HashedPassword::new(password, settings.password_rounds)?;
        Ok(Ok(Arc::new(Self { subject, name: name.to_owned(), claims, password })))
    }

    /// Whether this is the user's password, which takes as long as it takes to hash.
    pub(super) fn has_password(&self, password: &str) -> bool {
        let HashedPassword { salt, hash, rounds } = &self.password;
        password.chars().count() <= MAX_PASSWORD
            && pbkdf2::verify(ALGORITHM, *rounds, salt, password.as_bytes(), hash).is_ok()
            && !self.name.is_empty()
    }
}

impl HashedPassword {
    fn new(password: &str, rounds: NonZeroU32) -> Result<Self, NoRandomness> {
        let (salt, mut hash) = (random()?, [0; 32]);
        pbkdf2::derive(ALGORITHM, rounds, &salt, password.as_bytes(), &mut hash);
        Ok(Self { salt, hash, rounds })
    }
}

#[cfg(test)]
impl super::Provider {
    /// Adds a user with further claims, such as `email`. Returns whether the name was free and the password good.
    pub(crate) fn add_user(&self, name: &str, password: &str, claims: Map<String, Value>) -> bool {
        let account = Account::new(&self.settings, name, password, claims);
        let Ok(Ok(account)) = account else { return false };
        self.state().accounts.add(account)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    fn account(name: &str, password: &str) -> Result<Arc<Account>, &'static str> {
        Account::new(&settings(), name, password, Map::new()).unwrap()
    }

    #[test]
    fn only_the_right_password_fits() {
        let mut accounts = Accounts::new(settings().password_rounds);
        assert!(accounts.add(account(" Ada ", "correct horse").unwrap()));
        assert!(accounts.find("ada").has_password("correct horse"));
        for password in ["", "correct hors", "correct horse ", "Correct horse"] {
            assert!(!accounts.find("ada").has_password(password), "{password}");
        }
    }

    #[test]
    fn nobody_has_the_password_of_an_unknown_user() {
        let accounts = Accounts::new(settings().password_rounds);
        for name in ["", "ada"] {
            assert!(!accounts.find(name).has_password(""), "{name}");
        }
    }

    #[test]
    fn a_name_is_taken_once_whatever_its_case() {
        let mut accounts = Accounts::new(settings().password_rounds);
        assert!(accounts.add(account("ada", "correct horse").unwrap()));
        assert!(!accounts.add(account("ADA", "another horse").unwrap()));
        assert!(accounts.find("ada").has_password("correct horse"));
    }

    #[test]
    fn names_and_passwords_have_limits() {
        for name in ["", " ", "a\nb", "a\u{0}", &"x".repeat(65)] {
            assert!(account(name, "correct horse").is_err(), "{name:?}");
        }
        for password in ["", "1234567", &"x".repeat(257)] {
            assert!(account("ada", password).is_err(), "{password:?}");
        }
        assert!(account(&"\u{1f600}".repeat(64), &"\u{fc}".repeat(256)).is_ok());
    }

    #[test]
    fn every_user_has_another_subject() {
        let (one, other) = (account("a", "correct horse"), account("b", "correct horse"));
        assert_ne!(one.unwrap().subject, other.unwrap().subject);
    }
}
