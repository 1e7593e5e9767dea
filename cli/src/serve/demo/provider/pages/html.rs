//! [`Html`]: text that is escaped.

/// HTML in which all text from elsewhere is escaped.
#[derive(Clone, Debug, Default)]
pub(super) struct Html(String);

/// Joins pieces.
pub(super) fn html(pieces: &[&Html]) -> Html {
    Html(pieces.iter().map(|piece| piece.0.as_str()).collect())
}

impl Html {
    /// Markup of ours.
    pub(super) fn raw(markup: &'static str) -> Self {
        Self(markup.to_owned())
    }

    /// Text from elsewhere, as content or as the value of an attribute in quotes.
    pub(super) fn text(text: &str) -> Self {
        let mut escaped = String::with_capacity(text.len());
        for char in text.chars() {
            match char {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\'' => escaped.push_str("&#39;"),
                char => escaped.push(char),
            }
        }
        Self(escaped)
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let text = Html::text("<script>\"&'</script>").into_string();
        assert_eq!(text, "&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;");
    }
}
