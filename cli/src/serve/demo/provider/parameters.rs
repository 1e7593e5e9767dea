//! [`Parameters`]: those of a query or a form.

use url::form_urlencoded;

/// The longest query or form with parameters of a sign-in, in bytes.
const MAX_LEN: usize = 8 * 1024;

/// The decoded parameters of a query or a form. One that is empty counts as absent (RFC 6749 §3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters {
    pairs: Vec<(String, String)>,
    is_too_long: bool,
}

/// Why the value of a parameter is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeated(pub(super) &'static str);

impl Parameters {
    pub(super) fn parse(text: &[u8]) -> Self {
        if text.len() > MAX_LEN {
            return Self { pairs: Vec::new(), is_too_long: true };
        }
        let pairs = form_urlencoded::parse(text).into_owned();
        let pairs = pairs.filter(|(_, value)| !value.is_empty());
        Self { pairs: pairs.collect(), is_too_long: false }
    }

    /// Whether they were too long, and nothing of them was read.
    pub(super) const fn are_too_long(&self) -> bool {
        self.is_too_long
    }

    /// The value of a parameter.
    ///
    /// # Errors
    ///
    /// It is included more than once (RFC 6749 §3.1).
    pub(super) fn get(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        let mut values = self.all(name);
        let value = values.next();
        match values.next() {
            None => Ok(value),
            Some(_) => Err(Repeated(name)),
        }
    }

    /// All values of a parameter.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The parameters as a query.
    pub(super) fn to_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.pairs).finish()
    }
}

/// Adds parameters to a URL, which may have a query already.
pub(super) fn with_parameters(url: &str, parameters: &[(&str, &str)]) -> String {
    let separator = match url.contains('?') {
        true => '&',
        false => '?',
    };
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{url}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_comes_at_most_once() {
        let parameters = Parameters::parse(b"a=1&b=2&b=2&c=");
        assert_eq!(parameters.get("a"), Ok(Some("1")));
        assert_eq!(parameters.get("b"), Err(Repeated("b")));
        assert_eq!(parameters.all("b").count(), 2);
    }

    #[test]
    fn an_empty_parameter_is_absent() {
        let parameters = Parameters::parse(b"a=&b&=c&a=1");
        assert_eq!(parameters.get("a"), Ok(Some("1")));
        assert_eq!(parameters.get("b"), Ok(None));
    }

    #[test]
    fn values_are_decoded_and_encoded_again() {
        let parameters = Parameters::parse("a=%C3%BC+%26%22<&b=\u{fc}&c=%ff%".as_bytes());
        assert_eq!(parameters.get("a"), Ok(Some("\u{fc} &\"<")));
        assert_eq!(Parameters::parse(parameters.to_query().as_bytes()), parameters);
        assert!(parameters.to_query().is_ascii());
    }

    #[test]
    fn long_parameters_are_not_read() {
        let parameters = Parameters::parse(format!("a={}", "x".repeat(MAX_LEN)).as_bytes());
        assert!(parameters.are_too_long());
        assert_eq!(parameters.get("a"), Ok(None));
    }

    #[test]
    fn parameters_are_added_to_a_query() {
        let added = [("state", "a b"), ("code", "&")];
        assert_eq!(with_parameters("http://a/b", &added), "http://a/b?state=a+b&code=%26");
        assert_eq!(with_parameters("http://a/b?c=d", &added), "http://a/b?c=d&state=a+b&code=%26");
    }
}
