//! The bytes of a [`SessionRecord`]. Each request with a session reads them, so nothing in them has a name or an escape.

use super::{SessionRecord, StoredToken, Target};
use crate::sign_in::error::SignInError;
use crate::sign_in::fields::{FieldReader, FieldWriter};
use crate::sign_in::user::SignedIn;

/// The maximum length of a record in bytes.
const MAX_LEN: usize = 32 * 1024;

/// The version of the format.
const VERSION: u8 = 1;

impl SessionRecord {
    /// Writes a record.
    ///
    /// # Errors
    ///
    /// [`SignInError::SessionTooLarge`]
    pub(in crate::sign_in) fn to_bytes(&self) -> Result<Vec<u8>, SignInError> {
        let Self {
            user,
            sid,
            nonce,
            user_info,
            auth_time,
            id_token,
            refresh_token,
            tokens,
            last_seen,
        } = self;
        let SignedIn { client, claims, issuer, subject, scope, opened, ends } = user;
        let mut fields = FieldWriter::default();
        fields.fixed([VERSION]);
        for text in [client, claims, issuer, subject] {
            fields.text(text);
        }
        fields.option(scope.as_deref(), FieldWriter::text);
        for number in [opened, ends, last_seen] {
            fields.number(*number);
        }
        fields.option(sid.as_deref(), FieldWriter::text);
        fields.text(nonce);
        fields.option(user_info.as_deref(), FieldWriter::text);
        fields.option(auth_time.map(f64::to_le_bytes), FieldWriter::fixed);
        fields.text(id_token);
        fields.option(refresh_token.as_deref(), FieldWriter::text);
        for token in tokens {
            token.write(&mut fields);
        }
        let bytes = fields.into_bytes();
        if bytes.len() > MAX_LEN {
            return Err(SignInError::SessionTooLarge(bytes.len()));
        }
        Ok(bytes)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote. `None` for anything else, such as from another version of this
    /// program.
    pub(in crate::sign_in) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = FieldReader::new(bytes);
        if fields.fixed()? != [VERSION] {
            return None;
        }
        let mut record = Self {
            user: SignedIn {
                client: fields.text()?,
                claims: fields.text()?,
                issuer: fields.text()?,
                subject: fields.text()?,
                scope: fields.option(FieldReader::text)?,
                opened: fields.number()?,
                ends: fields.number()?,
            },
            last_seen: fields.number()?,
            sid: fields.option(FieldReader::text)?,
            nonce: fields.text()?,
            user_info: fields.option(FieldReader::text)?,
            auth_time: fields.option(FieldReader::fixed)?.map(f64::from_le_bytes),
            id_token: fields.text()?,
            refresh_token: fields.option(FieldReader::text)?,
            tokens: Vec::new(),
        };
        while !fields.is_at_end() {
            record.tokens.push(StoredToken::read(&mut fields)?);
        }
        Some(record)
    }
}

impl StoredToken {
    fn write(&self, fields: &mut FieldWriter) {
        let Self { target, token, issued, expires } = self;
        match target {
            Target::Default => fields.fixed([0]),
            Target::Resource(resource) => {
                fields.fixed([1]);
                fields.text(resource);
            }
            Target::Organization(id) => {
                fields.fixed([2]);
                fields.text(id);
            }
        }
        fields.text(token);
        fields.number(*issued);
        fields.option(*expires, FieldWriter::number);
    }

    fn read(fields: &mut FieldReader<'_>) -> Option<Self> {
        let target = match fields.fixed()? {
            [0] => Target::Default,
            [1] => Target::Resource(fields.text()?),
            [2] => Target::Organization(fields.text()?),
            _ => return None,
        };
        Some(Self {
            target,
            token: fields.text()?,
            issued: fields.number()?,
            expires: fields.option(FieldReader::number)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> [SessionRecord; 2] {
        let token = |target, expires| StoredToken {
            target,
            token: "eyJhbGciOiJFUzI1NiJ9.e30.c2ln".to_owned(),
            issued: 1_000,
            expires,
        };
        let with_all = SessionRecord {
            user: SignedIn {
                client: "app https://auth.example.com/oidc".to_owned(),
                claims: r#"{"iss":"https://auth.example.com/oidc","name":"Zoë","sub":"user_1"}"#
                    .to_owned(),
                issuer: "https://auth.example.com/oidc".to_owned(),
                subject: "user_1".to_owned(),
                scope: Some("read:orders".to_owned()),
                opened: 1_000,
                ends: i64::MAX,
            },
            sid: Some("sid".to_owned()),
            nonce: "nonce".to_owned(),
            user_info: Some(r#"{"sub":"user_1"}"#.to_owned()),
            auth_time: Some(999.5),
            id_token: "eyJhbGciOiJFUzI1NiJ9.e30.c2ln".to_owned(),
            refresh_token: Some(String::new()),
            tokens: vec![
                token(Target::Default, Some(4_600)),
                token(Target::Resource("https://api.example.com".to_owned()), None),
                token(Target::Organization("org_1".to_owned()), Some(-1)),
            ],
            last_seen: -1,
        };
        let mut with_least = SessionRecord {
            sid: None,
            user_info: None,
            auth_time: None,
            refresh_token: None,
            tokens: Vec::new(),
            ..with_all.clone()
        };
        with_least.user.scope = None;
        [with_all, with_least]
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for record in records() {
            assert!(SessionRecord::from_bytes(&record.to_bytes().unwrap()) == Some(record));
        }
    }

    /// What is read is what makes these bytes: nothing is left over, and no length leads out of them.
    #[test]
    fn no_other_bytes_are_read_as_a_record() {
        for record in records() {
            let bytes = record.to_bytes().unwrap();
            let assert_not_another = |changed: &[u8]| {
                let read = SessionRecord::from_bytes(changed);
                assert!(read.is_none_or(|read| read.to_bytes().unwrap() == changed));
            };
            for index in 0..bytes.len() {
                assert_not_another(&bytes[..index]);
                for bit in 0..8 {
                    let mut changed = bytes.clone();
                    changed[index] ^= 1 << bit;
                    assert_not_another(&changed);
                }
            }
            assert!(SessionRecord::from_bytes(&[&*bytes, &[0]].concat()).is_none());
        }
    }

    #[test]
    fn a_record_of_another_version_is_not_read() {
        for record in records() {
            let mut bytes = record.to_bytes().unwrap();
            for version in (0..=u8::MAX).filter(|version| *version != VERSION) {
                bytes[0] = version;
                assert!(SessionRecord::from_bytes(&bytes).is_none(), "{version}");
            }
        }
        assert!(SessionRecord::from_bytes(&[]).is_none());
    }

    #[test]
    fn a_record_that_is_too_large_is_an_error_with_its_length() {
        let [mut record, _] = records();
        let length = record.to_bytes().unwrap().len();
        record.id_token.push_str(&"x".repeat(MAX_LEN - length));
        assert_eq!(record.to_bytes().unwrap().len(), MAX_LEN);
        record.id_token.push('x');
        let error = record.to_bytes().unwrap_err();
        assert_eq!(error, SignInError::SessionTooLarge(MAX_LEN + 1));
    }
}
