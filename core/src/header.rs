//! [`CompactJws`] → [`Candidate`]: the JOSE header, RFC 7515 §4.
//!
//! The header is the only part of a token that is parsed before the signature is verified. So it can
//! only name a key, or get the token rejected. All other members are ignored, among them `jwk`, `jku`,
//! `x5u` and `x5c` (RFC 8725 §3.10).

use core::fmt;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::compact::CompactJws;
use crate::header_member::HeaderMember;
use crate::json::{Array, Bounds, Member, Object, SHORT_NAME_LEN, Text, Value};
use crate::limits;
use crate::part::Part;
use crate::rejection::Rejection;
use crate::scratch::Arena;

/// The header is not authenticated yet, so its limits are lower than those of claims.
const BOUNDS: Bounds =
    Bounds { depth: limits::MAX_HEADER_DEPTH, names: limits::MAX_HEADER_NAMES, ..Bounds::WIDEST };

/// The rules of a [`Policy`](crate::Policy) for the header: algorithms, `typ` and `crit`.
///
/// ```
/// use tollgate_core::policy::{Expected, Policy};
/// use tollgate_core::{Algorithm, BearerToken, Candidate, CompactJws, Header, HeaderRules};
/// use tollgate_core::{Rejection, TypRule};
///
/// // The header is {"alg":"ES256","typ":"JWT","kid":"k1"}.
/// let token = b"eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.e30.AA";
/// let jws = CompactJws::split(BearerToken::from_token68(token)?)?;
/// let policy = Policy::builder(Expected::Any, Expected::Any);
/// let mut scratch = [0; 256];
///
/// let rules: HeaderRules<'_> = policy.build()?.header_rules();
/// let candidate: Candidate<'_, '_> = jws.decode_header(&rules, &mut scratch)?;
/// let header: &Header<'_> = candidate.header();
/// assert_eq!(header.algorithm(), Algorithm::Es256);
/// assert!(header.key_id().is_some_and(|key_id| key_id == *"k1"));
///
/// let rules = policy.typ(TypRule::OneOf(&["at+jwt"])).build()?.header_rules();
/// let refused = jws.decode_header(&rules, &mut scratch).err();
/// assert_eq!(refused, Some(Rejection::TypMismatch));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HeaderRules<'p> {
    /// `None` allows all, but lists none.
    pub(crate) algorithms: Option<&'p [Algorithm]>,
    pub(crate) typ: TypRule<'p>,
    pub(crate) understood_crit: &'p [&'p str],
}

/// The kinds of token to accept, by their `typ` (RFC 8725 §3.11).
///
/// Values are media types. They are case-insensitive, and the prefix `application/` is optional
/// (RFC 7515 §4.1.9).
///
/// See the example of [`HeaderRules`].
#[derive(Clone, Copy, Debug)]
pub enum TypRule<'p> {
    /// Ignores `typ`.
    Any,
    /// Requires `typ` to be one of these.
    OneOf(&'p [&'p str]),
    /// Requires `typ` to be one of these, or absent.
    AbsentOr(&'p [&'p str]),
}

impl HeaderRules<'_> {
    /// Checks a header.
    pub(crate) fn allow(&self, header: &Header<'_>) -> Result<(), Rejection> {
        if self.algorithms.is_some_and(|listed| !listed.contains(&header.algorithm)) {
            return Err(Rejection::AlgorithmNotAllowed(header.algorithm));
        }
        let (accepted, if_absent) = match self.typ {
            TypRule::Any => return self.allow_crit(header),
            TypRule::OneOf(accepted) => (accepted, Err(Rejection::TypMissing)),
            TypRule::AbsentOr(accepted) => (accepted, Ok(())),
        };
        match header.typ() {
            None => if_absent?,
            Some(typ) if accepted.iter().any(|other| is_media_type(typ, other)) => {}
            Some(_) => return Err(Rejection::TypMismatch),
        }
        self.allow_crit(header)
    }

    /// Checks that every name in `crit` is understood, unique and present (RFC 7515 §4.1.11).
    fn allow_crit(&self, header: &Header<'_>) -> Result<(), Rejection> {
        let Some(crit) = header.crit() else { return Ok(()) };
        let mut names = crit.elements();
        let mut empty = true;
        while let Some(name) = names.next() {
            empty = false;
            let name = name.as_text().ok_or(Rejection::HeaderMemberType(HeaderMember::Crit))?;
            if is_registered(name.short_name(&mut [0; SHORT_NAME_LEN]).as_bytes()) {
                return Err(Rejection::CriticalMalformed);
            }
            let Some(understood) = self.understood_crit.iter().find(|other| name == ***other)
            else {
                return Err(Rejection::CriticalNotUnderstood);
            };
            let repeated = names.clone().any(|other| other.as_text() == Some(name));
            if repeated || header.object.get(understood).is_none() {
                return Err(Rejection::CriticalMalformed);
            }
        }
        if empty { Err(Rejection::CriticalMalformed) } else { Ok(()) }
    }
}

/// A decoded JOSE header.
///
/// See the example of [`HeaderRules`].
#[derive(Clone, Copy, Debug)]
pub struct Header<'b> {
    object: Object<'b>,
    algorithm: Algorithm,
    // Where these members' values begin in the object, or 0 if they are absent. Offsets are small,
    // because each stage copies the header.
    key_id: u16,
    typ: u16,
    crit: u16,
}

impl<'b> Header<'b> {
    fn parse(json: &'b [u8]) -> Result<Self, Rejection> {
        let mut members = Members::default();
        let mut outcome = Ok(());
        let object = Object::parse_each(json, BOUNDS, &mut |member| {
            if outcome.is_ok() {
                outcome = members.read(member);
            }
        });
        let object = object.map_err(|error| Rejection::Json { part: Part::Header, error })?;
        outcome?;
        let name = members.algorithm.ok_or(Rejection::AlgorithmMissing)?;
        let algorithm = Algorithm::from_text(name);
        let algorithm = algorithm.ok_or(Rejection::AlgorithmUnsupported)?;
        let Members { key_id, typ, crit, .. } = members;
        let header = Self { object, algorithm, key_id, typ, crit };
        if members.is_key_id_too_long {
            return Err(Rejection::KeyIdTooLong);
        }
        if header.crit().is_some_and(names_b64) {
            return Err(Rejection::PayloadNotEncoded);
        }
        Ok(header)
    }

    /// Returns `alg`.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns `kid`, the id of the key.
    #[must_use]
    pub fn key_id(&self) -> Option<Text<'b>> {
        self.object.value_at(self.key_id)?.as_text()
    }

    /// Returns `typ`, the kind of token.
    #[must_use]
    pub fn typ(&self) -> Option<Text<'b>> {
        self.object.value_at(self.typ)?.as_text()
    }

    fn crit(&self) -> Option<Array<'b>> {
        self.object.value_at(self.crit)?.as_array()
    }

    /// Returns all members, as they were received.
    #[must_use]
    pub const fn object(&self) -> Object<'b> {
        self.object
    }
}

/// What is read from a header's members.
#[derive(Default)]
struct Members<'b> {
    algorithm: Option<Text<'b>>,
    key_id: u16,
    is_key_id_too_long: bool,
    typ: u16,
    crit: u16,
}

impl<'b> Members<'b> {
    fn read(&mut self, member: &Member<'b>) -> Result<(), Rejection> {
        let Member { name, place, value } = *member;
        let place = u16::try_from(place).map_err(|_| Rejection::HeaderTooLong { len: place })?;
        let mut buffer = [0; SHORT_NAME_LEN];
        let name = name.short_name(&mut buffer);
        let Some(member) = HeaderMember::named(name) else {
            return match name {
                // `true` is the default (RFC 7797 §3).
                "b64" if value != Value::Bool(true) => Err(Rejection::PayloadNotEncoded),
                "zip" => Err(Rejection::Compressed),
                "enc" => Err(Rejection::Encrypted),
                _ => Ok(()),
            };
        };
        match (member, value) {
            (HeaderMember::Alg, Value::String(alg)) => self.algorithm = Some(alg),
            (HeaderMember::Kid, Value::String(id)) => {
                self.key_id = place;
                self.is_key_id_too_long = id.is_longer_than(limits::MAX_KEY_ID_LEN);
            }
            (HeaderMember::Typ, Value::String(_)) => self.typ = place,
            (HeaderMember::Cty, Value::String(cty)) if is_media_type(cty, "JWT") => {
                return Err(Rejection::Nested);
            }
            (HeaderMember::Cty, Value::String(_)) => {}
            (HeaderMember::Crit, Value::Array(_)) => self.crit = place,
            _ => return Err(Rejection::HeaderMemberType(member)),
        }
        Ok(())
    }
}

fn names_b64(crit: Array<'_>) -> bool {
    crit.elements().any(|name| name.as_text().is_some_and(|name| name == *"b64"))
}

/// Returns whether a name is a header parameter of RFC 7515 §4.1, RFC 7516 §4.1, RFC 7518 §4 or
/// RFC 7797 §3. `crit` must not list those (RFC 7515 §4.1.11; RFC 7797 §7 for JWTs).
pub(crate) const fn is_registered(name: &[u8]) -> bool {
    let mut list: &[u8] =
        b"alg jku jwk kid x5u x5c x5t x5t#S256 typ cty crit enc zip epk apu apv iv \
        tag p2s p2c b64";
    while !list.is_empty() {
        let mut expected = name;
        let mut is_same = true;
        while let [byte, rest @ ..] = list {
            list = rest;
            match expected {
                _ if *byte == b' ' => break,
                [first, others @ ..] if *first == *byte => expected = others,
                _ => is_same = false,
            }
        }
        if is_same && expected.is_empty() {
            return true;
        }
    }
    false
}

/// Returns whether two media types are the same: ignoring case, and with `application/` added where
/// there is no slash (RFC 7515 §4.1.9).
fn is_media_type(received: Text<'_>, expected: &str) -> bool {
    const TREE: &str = "application/";
    let has_slash = |name: &str| name.bytes().any(|byte| byte == b'/');
    let short = match expected.split_at_checked(TREE.len()) {
        Some((tree, short)) if tree.eq_ignore_ascii_case(TREE) && !has_slash(short) => short,
        _ => expected,
    };
    let is_short = |received: Text<'_>| {
        received.strip_prefix_ignoring_case(short).is_some_and(|rest| rest == *"")
    };
    is_short(received)
        || (!has_slash(short) && received.strip_prefix_ignoring_case(TREE).is_some_and(is_short))
}

/// Stage 3: a token whose header obeys the rules. **Nothing in it is authenticated yet.**
///
/// See the example of [`HeaderRules`].
pub struct Candidate<'t, 'b> {
    pub(crate) jws: CompactJws<'t>,
    pub(crate) header: Header<'b>,
    /// Whether the policy names the header's algorithm, instead of allowing all.
    pub(crate) algorithm_listed: bool,
    pub(crate) scratch: Arena<'b>,
}

impl<'t> CompactJws<'t> {
    /// Decodes the header into `scratch` and checks it against `rules`.
    ///
    /// `scratch` must have room for the decoded header and for the decoded payload, or the signature if
    /// that is longer; see
    /// [`Scratch::needed_for`](crate::Scratch::needed_for).
    ///
    /// # Errors
    ///
    /// [`ScratchTooSmall`](Rejection::ScratchTooSmall), or the first rule that the header breaks.
    // Not inlined, so that its stack is free again while the signature is verified.
    #[inline(never)]
    pub fn decode_header<'b>(
        self,
        rules: &HeaderRules<'_>,
        scratch: &'b mut [u8],
    ) -> Result<Candidate<'t, 'b>, Rejection> {
        let len = base64url::decoded_len(self.header().len());
        if len > limits::MAX_HEADER_LEN {
            return Err(Rejection::HeaderTooLong { len });
        }
        let mut scratch = Arena::new(scratch);
        scratch.expect(len.saturating_add(base64url::decoded_len(self.payload().len())))?;
        let json = scratch.take(len)?;
        base64url::decode(self.header().as_bytes(), json)
            .map_err(|error| Rejection::Misencoded { part: Part::Header, offset: error.offset })?;
        let header = Header::parse(json)?;
        rules.allow(&header)?;
        let algorithm_listed = rules.algorithms.is_some();
        Ok(Candidate { jws: self, header, algorithm_listed, scratch })
    }
}

impl<'b> Candidate<'_, 'b> {
    /// Returns the header. It is not authenticated: anyone can write one.
    #[must_use]
    pub const fn header(&self) -> &Header<'b> {
        &self.header
    }
}

/// Hides the token, because it is a credential.
impl fmt::Debug for Candidate<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("header", &self.header).finish_non_exhaustive()
    }
}
