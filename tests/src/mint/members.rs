use std::fmt;

use serde_json::Value;

/// The members of a JSON object in order: names (without quotation marks) and values as they are
/// written. They may be any text, including text that no JSON printer would write.
#[derive(Clone, Debug, Default)]
pub struct Members(pub Vec<(String, String)>);

impl Members {
    /// Sets the value of the member with this name, or adds the member.
    pub fn set(&mut self, name: &str, value: impl ToString) {
        match self.0.iter_mut().find(|(other, _)| other == name) {
            Some((_, old)) => *old = value.to_string(),
            None => self.push(name, value),
        }
    }

    /// Adds a member at the end, even if one of the same name exists.
    pub fn push(&mut self, name: &str, value: impl ToString) {
        self.0.push((name.to_owned(), value.to_string()));
    }

    /// Removes the members with this name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(other, _)| other != name);
    }

    /// Returns the value of the member with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Returns the string that the member holds; an empty one if it holds none.
    pub fn text(&self, name: &str) -> String {
        self.get(name).and_then(|value| serde_json::from_str(value).ok()).unwrap_or_default()
    }
}

impl From<&Value> for Members {
    fn from(object: &Value) -> Self {
        let members = object.as_object().unwrap().iter();
        Self(members.map(|(name, value)| (name.clone(), value.to_string())).collect())
    }
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members = self.0.iter().map(|(name, value)| format!("\"{name}\":{value}"));
        write!(f, "{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}
