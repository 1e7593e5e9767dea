//! Fills the template of a recipe.
//!
//! | in a template | means |
//! |---|---|
//! | `{{prefix}}` | the value of this name |
//! | a line with `{{header}}` | the line, once for each value of a list of this name |
//! | `{{if sign_in}}`, `{{if not sign_in}}`, `{{else}}`, `{{end}}` | lines that are there only if this holds; not nested |

/// What a template is filled with. The names in a line belong to at most one list.
#[derive(Debug, Default)]
pub(super) struct Facts {
    conditions: Vec<(&'static str, bool)>,
    values: Vec<(&'static str, String)>,
    lists: Vec<(&'static str, Vec<String>)>,
}

impl Facts {
    pub(super) fn condition(&mut self, name: &'static str, holds: bool) {
        self.conditions.push((name, holds));
    }

    pub(super) fn value(&mut self, name: &'static str, value: impl ToString) {
        self.values.push((name, value.to_string()));
    }

    /// Lists whose names occur in one line have the same length.
    pub(super) fn list(&mut self, name: &'static str, values: impl IntoIterator<Item = String>) {
        self.lists.push((name, values.into_iter().collect()));
    }

    /// Fills a template.
    pub(super) fn fill(&self, template: &str) -> String {
        let mut filled = String::with_capacity(template.len());
        let mut is_shown = true;
        for line in template.lines() {
            match directive(line) {
                Some("else") => is_shown = !is_shown,
                Some("end") => is_shown = true,
                Some(condition) => is_shown = self.holds(condition),
                None if is_shown => {
                    for line in self.repeated(line) {
                        filled.push_str(&line);
                        filled.push('\n');
                    }
                }
                None => {}
            }
        }
        filled
    }

    fn holds(&self, condition: &str) -> bool {
        let (name, wanted) = match condition.strip_prefix("not ") {
            Some(name) => (name, false),
            None => (condition, true),
        };
        self.conditions.iter().any(|(other, holds)| *other == name && *holds == wanted)
    }

    /// The line as often as the lists that it names say, with all values.
    fn repeated(&self, line: &str) -> Vec<String> {
        let line = self
            .values
            .iter()
            .fold(line.to_owned(), |line, (name, value)| line.replace(&placeholder(name), value));
        let is_named = |name: &str| line.contains(&placeholder(name));
        let lists: Vec<_> = self.lists.iter().filter(|(name, _)| is_named(name)).collect();
        let Some((_, first)) = lists.first() else { return vec![line] };
        lists.iter().fold(vec![line; first.len()], |lines, (name, values)| {
            let placeholder = placeholder(name);
            let filled = lines.iter().zip(values);
            filled.map(|(line, value)| line.replace(&placeholder, value)).collect()
        })
    }
}

fn placeholder(name: &str) -> String {
    format!("{{{{{name}}}}}")
}

/// What a line with nothing but a directive says: a condition, `else` or `end`.
fn directive(line: &str) -> Option<&str> {
    let inside = line.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    match inside {
        "else" | "end" => Some(inside),
        _ => inside.strip_prefix("if "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_conditions_values_and_repeated_lines() {
        let mut facts = Facts::default();
        facts.condition("on", true);
        facts.condition("off", false);
        facts.value("port", 4180);
        facts.list("name", ["a", "b"].map(str::to_owned));
        facts.list("value", ["1", "2"].map(str::to_owned));
        facts.list("nothing", []);
        let template = "first {{port}}\n  {{if on}}\non\n{{else}}\nnot on\n{{end}}\n{{if off}}\noff\n{{else}}\n\
                        not off\n{{end}}\n{{if not off}}\nreally\n{{end}}\n{{name}}={{value}} {{name}}\n{{nothing}}\nlast\n";
        assert_eq!(facts.fill(template), "first 4180\non\nnot off\nreally\na=1 a\nb=2 b\nlast\n");
    }
}
