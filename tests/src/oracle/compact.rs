//! Three parts and two dots: RFC 7515 §3.1, §7.1.

use super::fault::{Faults, fault, none};

pub(super) fn parts(token: &str) -> Result<[&str; 3], Faults> {
    let parts: Vec<&str> = token.split('.').collect();
    let Ok(parts) = <[&str; 3]>::try_from(parts) else {
        return Err(fault(format!("part-count {}", token.split('.').count())));
    };
    let names = ["header", "payload", "signature"];
    let empty = names.iter().zip(parts).filter(|(_, part)| part.is_empty());
    none(empty.map(|(name, _)| format!("part-empty {name}")).collect())?;
    Ok(parts)
}
