//! What a policy can expect of a token, with the profiles of RFC 9068 and OIDC Core.

/// A policy. The default requires nothing but `exp`.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The accepted issuers; one must match.
    pub issuers: Option<Vec<String>>,
    /// The accepted audiences; one must match.
    pub audiences: Option<Vec<Audience>>,
    /// The names of the algorithms that are allowed, if they were written out. All are by default.
    pub algorithms: Option<Vec<String>>,
    /// The types of token.
    pub typ: Typ,
    /// Extensions that the caller understands.
    pub understood_crit: Vec<String>,
    /// Seconds by which clocks may differ.
    pub leeway: u32,
    /// Seconds from `iat` on.
    pub max_token_age: Option<u32>,
    /// Whether `exp` is required.
    pub needs_exp: bool,
    /// Whether a token is accepted that only a clock could judge, where there is none.
    pub accepts_unjudged: bool,
    /// The only subject.
    pub subject: Option<String>,
    /// Standard claims that must be there.
    pub required: Vec<String>,
    /// Scopes that must all be there.
    pub required_scopes: Vec<String>,
    /// Where scopes are; `scope` if nowhere.
    pub scope_claims: Vec<Path>,
    /// What is required of other claims.
    pub requirements: Vec<Requirement>,
    /// Whether the caller checks the possession of the key in `cnf`.
    pub accepts_bound: bool,
    /// What a client knows of its request.
    pub id_token: Option<IdToken>,
}

/// An audience that is accepted.
#[derive(Clone, Debug)]
pub enum Audience {
    /// This one.
    Exact(String),
    /// Each that begins so and goes on.
    Prefix(String),
}

/// The types of token that are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typ {
    /// All.
    Any,
    /// These.
    OneOf(Vec<String>),
    /// These, or a token without `typ`.
    AbsentOr(Vec<String>),
}

/// What is required of claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The rule.
    pub rule: Rule,
    /// Whether a token that does not meet it is invalid.
    pub validity: bool,
}

/// A rule for claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One claim.
    Claim(Path, Test),
    /// One of these.
    Any(Vec<Rule>),
    /// All of these.
    All(Vec<Rule>),
}

/// What one claim must be. Null is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// It is there.
    Present,
    /// It is this text, number or boolean.
    Equals(Scalar),
    /// It is a list with this, or a text with this word.
    Contains(Scalar),
    /// It begins so and goes on.
    StartsWith(String),
    /// It ends so, after something else.
    EndsWith(String),
}

/// A value that claims are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A JSON number, as it is written.
    Number(String),
    /// `true` or `false`
    Bool(bool),
}

/// The way to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// By its name.
    Name(String),
    /// By RFC 6901.
    Pointer(String),
}

/// What a client knows of its authentication request.
#[derive(Clone, Debug)]
pub struct IdToken {
    /// Its id.
    pub client_id: String,
    /// What it sent as `nonce`.
    pub nonce: Option<String>,
    /// What it sent as `max_age`.
    pub max_age: Option<u32>,
    /// The access token that came along.
    pub access_token: Option<String>,
}

/// What is known of the time.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// It is now.
    Exact(i64),
    /// It is not earlier.
    AtLeast(i64),
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            issuers: None,
            audiences: None,
            algorithms: None,
            typ: Typ::Any,
            understood_crit: Vec::new(),
            leeway: 0,
            max_token_age: None,
            needs_exp: true,
            accepts_unjudged: false,
            subject: None,
            required: Vec::new(),
            required_scopes: Vec::new(),
            scope_claims: Vec::new(),
            requirements: Vec::new(),
            accepts_bound: false,
            id_token: None,
        }
    }
}

impl Requirement {
    /// A requirement of one claim, by which the token is not judged invalid.
    pub fn of(path: Path, test: Test) -> Self {
        Self { rule: Rule::Claim(path, test), validity: false }
    }
}

impl Rule {
    /// How many claims and groups it has, itself included.
    pub fn size(&self) -> usize {
        match self {
            Self::Claim(..) => 1,
            Self::Any(parts) | Self::All(parts) => 1 + parts.iter().map(Self::size).sum::<usize>(),
        }
    }
}

impl Policy {
    /// For access tokens: RFC 9068 §2.2, §4.
    pub fn access_token() -> Self {
        let claims = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"];
        Self {
            typ: Typ::OneOf(vec!["at+jwt".into()]),
            required: claims.map(str::to_owned).to_vec(),
            ..Self::default()
        }
    }

    /// For ID tokens: OIDC Core §2, §3.1.3.7.
    pub fn id_token(client_id: &str) -> Self {
        let claims = ["iss", "sub", "aud", "exp", "iat"];
        let client_id = client_id.to_owned();
        Self {
            typ: Typ::AbsentOr(vec!["JWT".into()]),
            required: claims.map(str::to_owned).to_vec(),
            id_token: Some(IdToken { client_id, nonce: None, max_age: None, access_token: None }),
            ..Self::default()
        }
    }
}

impl Clock {
    /// The time to compare with.
    pub fn time(self) -> i64 {
        match self {
            Self::Exact(time) | Self::AtLeast(time) => time,
        }
    }
}
