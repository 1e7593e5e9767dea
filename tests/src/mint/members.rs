use std::fmt;

use serde_json::Value;

/// The members of a JSON object, in order and as they are written: names and values may be
/// anything, also what no JSON printer would write.
#[derive(Clone, Debug, Default)]
pub struct Members(Vec<(String, String)>);

impl Members {
    /// With this member; it replaces one of the same name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        match self.0.iter_mut().find(|(other, _)| other == name) {
            Some((_, old)) => *old = value.to_string(),
            None => self.0.push((name.to_owned(), value.to_string())),
        }
        self
    }

    /// With this member at the end, even if there is one of the same name.
    #[must_use]
    pub fn and(mut self, name: &str, value: impl ToString) -> Self {
        self.0.push((name.to_owned(), value.to_string()));
        self
    }

    /// Without the member of this name, which must be there.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        let len = self.0.len();
        self.0.retain(|(other, _)| other != name);
        assert_eq!(self.0.len() + 1, len, "{name}");
        self
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
        f.write_str("{")?;
        for (index, (name, value)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(f, "{separator}\"{name}\":{value}")?;
        }
        f.write_str("}")
    }
}
