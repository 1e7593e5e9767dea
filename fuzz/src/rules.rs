//! Rules of `tollgate serve`, and requests that they decide about.

use http::HeaderMap;
use tollgate::issuer_url::Plaintext;

use crate::serve::original_request::OriginalRequest;
use crate::serve::path::RequestPath;
use crate::serve::rules::{Fallback, RawRule, Requirement, Rules, Surroundings};

/// The part of a configuration file that has the rules.
#[derive(serde::Deserialize)]
struct File {
    #[serde(default)]
    default: Fallback,
    #[serde(default)]
    rule: Vec<RawRule>,
}

/// Reads rules and decides about a request. Panics if the decision depends on the order of the file, on the query or on
/// how the path is spelled, or if one of its readings passes by another rule.
pub fn decide(toml: &str, method: &str, target: &str) {
    let Ok(File { default, rule }) = toml::from_str::<File>(toml) else { return };
    let mut reversed = rule.clone();
    reversed.reverse();
    let alone = Surroundings { issuers: &[], plaintext: Plaintext::Refuse, sign_in: None };
    let checked = |rules: &[_]| Rules::new(rules, default, alone);
    let (Ok(rules), Ok(reversed)) = (checked(&rule), checked(&reversed)) else { return };
    rules.unreachable().for_each(drop);
    let Ok(request) = OriginalRequest::new(method.as_bytes(), target.as_bytes()) else { return };
    let decided = requirement(&rules, &request);
    assert_eq!(requirement(&reversed, &request), decided, "{target}");

    let longer = format!("{target}?../..//;%00\\#");
    let longer = OriginalRequest::new(method.as_bytes(), longer.as_bytes());
    assert_eq!(longer.map(|request| requirement(&rules, &request)), Ok(decided), "{target}");

    match &request.path {
        RequestPath::Normal(path) => {
            let normal: String = path.segments().flat_map(|segment| ["/", segment]).collect();
            let normal = if normal.is_empty() { "/" } else { &normal };
            let normal = OriginalRequest::new(method.as_bytes(), normal.as_bytes());
            assert_eq!(
                normal.map(|request| requirement(&rules, &request)),
                Ok(decided),
                "{target}"
            );
        }
        RequestPath::Ambiguous { path, .. } if passes(decided) => {
            for plain in [path.replace("%2F", "/").replace("%2f", "/"), path.replace("//", "/")] {
                let plain = OriginalRequest::new(method.as_bytes(), plain.as_bytes()).unwrap();
                if passes(requirement(&rules, &plain)) {
                    assert_eq!(requirement(&rules, &plain), decided, "{target}");
                }
            }
        }
        RequestPath::Ambiguous { .. } => {}
    }
}

fn requirement<'r>(rules: &'r Rules, request: &OriginalRequest<'_>) -> Requirement<'r> {
    rules.decide(request, &HeaderMap::new()).requirement
}

fn passes(requirement: Requirement<'_>) -> bool {
    matches!(requirement, Requirement::Public | Requirement::Token(_))
}
