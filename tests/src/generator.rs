//! Generates requests on which the [`oracle`](crate::oracle) and the core could disagree.
//!
//! Each starts as a good token, with keys and a policy that accept it. Up to three of the
//! [`MUTATIONS`] then change it; together they cover every rule and every attack that a token, a key
//! set and a policy can express. Most of them apply before the token is signed, so that they reach the
//! rules behind the signature. The same seed and index always make the same request.

mod authorization;
mod claim_set;
mod claims;
mod dates;
mod draft;
mod header;
mod json;
mod jwk;
mod jwk_set;
mod mutation;
mod policy;
mod signature;
mod token;

pub use mutation::Mutation;

use std::sync::LazyLock;

use draft::Draft;
use mutation::{Area, Change};

use crate::mint::base64url;
use crate::oracle::{Credentials, Request};
use crate::random::Random;

/// A generated request.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The request.
    pub request: Request,
    /// What was done to it: indexes of [`MUTATIONS`].
    pub mutations: Vec<usize>,
}

/// How often each area is met, of a hundred. Two thirds lie behind the signature.
const WEIGHTS: [(Area, usize); 13] = [
    (Area::Authorization, 4),
    (Area::Token, 4),
    (Area::Signature, 5),
    (Area::Header, 11),
    (Area::HeaderJson, 3),
    (Area::HeaderBase64, 1),
    (Area::Jwk, 5),
    (Area::JwkSet, 3),
    (Area::Claims, 25),
    (Area::Dates, 12),
    (Area::Payload, 7),
    (Area::PayloadBase64, 2),
    (Area::Policy, 18),
];

/// All mutations.
pub static MUTATIONS: LazyLock<Vec<Mutation>> = LazyLock::new(|| {
    let json = json::changes();
    let header = json.iter().map(|(name, change)| (*name, Change::HeaderJson(*change))).collect();
    let payload = json.iter().map(|(name, change)| (*name, Change::PayloadJson(*change))).collect();
    let parts = token::encodings();
    let parts = || parts.iter();
    let lists: [(Area, Vec<(&'static str, Change)>); 13] = [
        (Area::Authorization, authorization::changes()),
        (Area::Token, token::changes()),
        (Area::Signature, signature::changes()),
        (Area::Header, header::changes()),
        (Area::HeaderJson, header),
        (Area::HeaderBase64, parts().map(|(name, f)| (*name, Change::HeaderPart(*f))).collect()),
        (Area::Jwk, jwk::changes()),
        (Area::JwkSet, jwk_set::changes()),
        (Area::Claims, [claims::changes(), claim_set::changes()].into_iter().flatten().collect()),
        (Area::Dates, dates::changes()),
        (Area::Payload, payload),
        (Area::PayloadBase64, parts().map(|(name, f)| (*name, Change::PayloadPart(*f))).collect()),
        (Area::Policy, policy::changes()),
    ];
    let named = |(area, list): (Area, Vec<(&'static str, Change)>)| {
        list.into_iter().map(move |(name, change)| Mutation { area, name, change })
    };
    lists.into_iter().flat_map(named).collect()
});

/// The request of this seed and index. The first ones go through all mutations once.
pub fn generate(seed: u64, index: u64) -> Generated {
    let mut random = Random::new(seed, index);
    let mut mutations: Vec<usize> =
        (0..random.one(&[0, 1, 1, 1, 2, 2, 3])).map(|_| choose(&mut random)).collect();
    if let Ok(first) = usize::try_from(index)
        && first < MUTATIONS.len()
    {
        mutations = vec![first];
    }
    mutations.sort_unstable();
    // A text that is spoiled twice says no more, and may be too short for the second time.
    let of_text = |index: &usize| !matches!(MUTATIONS[*index].change, Change::Draft(_));
    let area = |index: &usize| MUTATIONS[*index].area;
    mutations.dedup_by(|a, b| a == b || (of_text(a) && of_text(b) && area(a) == area(b)));
    make(mutations, &mut random)
}

fn choose(random: &mut Random) -> usize {
    let mut point = random.below(WEIGHTS.iter().map(|(_, weight)| weight).sum());
    let is_meant = |(_, weight): &&(Area, usize)| {
        let is_meant = point < *weight;
        point = point.saturating_sub(*weight);
        is_meant
    };
    let (area, _) = WEIGHTS.iter().find(is_meant).unwrap();
    let of_area = MUTATIONS.iter().enumerate().filter(|(_, mutation)| mutation.area == *area);
    let indexes: Vec<usize> = of_area.map(|(index, _)| index).collect();
    random.one(&indexes)
}

fn make(mutations: Vec<usize>, random: &mut Random) -> Generated {
    let changes: Vec<&Change> = mutations.iter().map(|index| &MUTATIONS[*index].change).collect();
    let mut draft = Draft::good(random);
    for change in &changes {
        if let Change::Draft(change) = change {
            change(&mut draft, random);
        }
    }
    let mut header = draft.header.to_string().into_bytes();
    let mut payload = draft.claims.to_string().into_bytes();
    for change in &changes {
        match change {
            Change::HeaderJson(change) => change(&mut header, random),
            Change::PayloadJson(change) => change(&mut payload, random),
            _ => {}
        }
    }
    let (mut header, mut payload) = (base64url(header), base64url(payload));
    for change in &changes {
        match change {
            Change::HeaderPart(change) => change(&mut header, random),
            Change::PayloadPart(change) => change(&mut payload, random),
            _ => {}
        }
    }
    let signing_input = format!("{header}.{payload}");
    draft.signing_input.clone_from(&signing_input);
    let mut signature = match draft.forge {
        false => draft.signer().sign(signing_input.as_bytes()),
        true => signature::forged(&draft, random),
    };
    for change in &changes {
        if let Change::Signature(change) = change {
            change(&mut signature, &draft, random);
        }
    }
    let mut token = format!("{signing_input}.{}", base64url(signature)).into_bytes();
    for change in &changes {
        if let Change::Token(change) = change {
            change(&mut token, random);
        }
    }
    let mut lines = vec![[b"Bearer ", &token[..]].concat()];
    for change in &changes {
        if let Change::Lines(change) = change {
            change(&mut lines, random);
        }
    }
    let sets = draft.sets.iter().map(|set| (set.text().into_bytes(), set.issuer)).collect();
    let credentials = Credentials::Lines(lines);
    let request = Request { credentials, sets, policy: draft.policy, clock: draft.clock };
    Generated { request, mutations }
}
