//! Requirements of claims.

use super::claims::Seen;
use super::fault::Faults;
use super::json::Json;
use super::number;
use super::policy::{Path, Policy, Requirement, Rule, Scalar, Test};

enum Met {
    Yes,
    Absent,
    Different,
}

impl Policy {
    /// The requirements with their places: each counts itself and all its parts.
    fn requirements(&self) -> impl Iterator<Item = (usize, &Requirement)> {
        let mut next = 0;
        self.requirements.iter().map(move |requirement| {
            let place = next;
            next += requirement.rule.size();
            (place, requirement)
        })
    }

    /// What makes a token invalid.
    pub(super) fn validity(&self, seen: &Seen, faults: &mut Faults) {
        for (place, requirement) in self.requirements() {
            requirement.rule.read(&mut |name| faults.extend(seen.ill_typed.get(name).cloned()));
            match requirement.rule.met(&seen.claims) {
                Met::Absent if requirement.validity => {
                    faults.insert(format!("required-claim-missing {place}"));
                }
                Met::Different if requirement.validity => {
                    faults.insert(format!("required-claim-mismatch {place}"));
                }
                _ => {}
            }
        }
    }

    /// What a valid token does not grant.
    pub(super) fn access(&self, seen: &Seen, faults: &mut Faults) {
        let unmet = self.requirements().filter(|(_, requirement)| {
            !requirement.validity && !matches!(requirement.rule.met(&seen.claims), Met::Yes)
        });
        faults.extend(unmet.map(|(place, _)| format!("requirement-unmet {place}")));
    }
}

impl Rule {
    fn met(&self, claims: &Json) -> Met {
        match self {
            Self::Claim(path, test) => match path.find(claims) {
                None | Some(Json::Null) => Met::Absent,
                Some(value) if test.holds(value) => Met::Yes,
                Some(_) => Met::Different,
            },
            Self::All(parts) => parts
                .iter()
                .map(|part| part.met(claims))
                .find(|met| !matches!(met, Met::Yes))
                .unwrap_or(Met::Yes),
            Self::Any(parts) => {
                let all: Vec<Met> = parts.iter().map(|part| part.met(claims)).collect();
                if all.iter().any(|met| matches!(met, Met::Yes)) {
                    Met::Yes
                } else if all.iter().all(|met| matches!(met, Met::Absent)) {
                    Met::Absent
                } else {
                    Met::Different
                }
            }
        }
    }

    /// Names the claims that it reads, whole or in part.
    fn read(&self, name: &mut impl FnMut(&str)) {
        match self {
            Self::Claim(Path::Name(claim), _) => name(claim),
            Self::Claim(Path::Pointer(pointer), _) => name(pointer.split('/').nth(1).unwrap()),
            Self::Any(parts) | Self::All(parts) => parts.iter().for_each(|part| part.read(name)),
        }
    }
}

impl Test {
    fn holds(&self, value: &Json) -> bool {
        let text = value.text();
        match self {
            Self::Present => true,
            Self::Equals(expected) => same(expected, value),
            Self::Contains(expected) => match value {
                Json::Array(elements) => elements.iter().any(|element| same(expected, element)),
                _ => match (text, expected) {
                    (Some(text), Scalar::Text(word)) => {
                        !word.is_empty() && text.split(' ').any(|other| other == word)
                    }
                    _ => false,
                },
            },
            Self::StartsWith(start) => {
                text.is_some_and(|text| text.len() > start.len() && text.starts_with(start))
            }
            Self::EndsWith(end) => {
                text.is_some_and(|text| text.len() > end.len() && text.ends_with(end))
            }
        }
    }
}

/// Whether a value is this one, of the same type.
fn same(expected: &Scalar, found: &Json) -> bool {
    match (expected, found) {
        (Scalar::Number(expected), Json::Number(found)) => number::same(expected, found),
        (Scalar::Bool(expected), Json::Bool(found)) => expected == found,
        (Scalar::Text(expected), found) => found.text().as_ref() == Some(expected),
        _ => false,
    }
}

impl Path {
    /// Finds a claim: RFC 6901 §4.
    pub(super) fn find<'a>(&self, claims: &'a Json) -> Option<&'a Json> {
        let pointer = match self {
            Self::Name(name) => return claims.get(name),
            Self::Pointer(pointer) => pointer,
        };
        // ~1 first, then ~0; indexes are digits without leading zeros.
        pointer.split('/').skip(1).try_fold(claims, |value, token| match value {
            Json::Object(_) => value.get(&token.replace("~1", "/").replace("~0", "~")),
            Json::Array(elements) => {
                let is_index = token.bytes().all(|byte| byte.is_ascii_digit())
                    && (token == "0" || !token.starts_with('0'));
                elements.get(token.parse::<usize>().ok().filter(|_| is_index)?)
            }
            _ => None,
        })
    }
}
