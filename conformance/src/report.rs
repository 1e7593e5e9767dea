//! Writes the results as Markdown.

use std::fmt::Write as _;

use tollgate_tests::corpus::Standing;

use crate::answers::{Answers, Judgement};
use crate::rule::Rule;
use crate::verifiers::Answer;

/// The themes of rules, the gravest first.
const THEMES: [(&str, &[&str]); 9] = [
    (
        "Signature and algorithm",
        &[
            "RFC 7515 §4.1.1",
            "RFC 7515 §4.1.3",
            "RFC 7515 §5.2",
            "RFC 7518 §3.1",
            "RFC 7518 §3.3",
            "RFC 7518 §3.4",
            "RFC 7518 §3.5",
            "RFC 8017 §5.2.2",
            "RFC 8017 §8.2.2",
            "RFC 8017 §9.1.2",
            "RFC 8032 §5.1.7",
            "RFC 8032 §8.8",
            "RFC 8725 §3.1",
            "RFC 8725 §3.3",
            "RFC 9864 §2.2",
            "CVE-2015-9235",
            "CVE-2018-0114",
            "CVE-2022-21449",
            "CVE-2026-22817",
        ],
    ),
    ("Extensions that must be understood", &["RFC 7515 §4.1.11", "RFC 7797 §3", "RFC 7797 §7"]),
    ("Times", &["RFC 7519 §2", "RFC 7519 §4.1.4", "RFC 7519 §4.1.5", "RFC 7519 §4.1.6"]),
    (
        "Issuer and audience",
        &[
            "RFC 7519 §4.1.1",
            "RFC 7519 §4.1.3",
            "RFC 7519 §5.3",
            "RFC 7519 §7.3",
            "CVE-2020-26160",
            "CVE-2026-25537",
        ],
    ),
    (
        "The kind of token",
        &["RFC 7515 §4.1.9", "RFC 7515 §4.1.10", "RFC 7519 §5.2", "RFC 8725 §3.11"],
    ),
    (
        "Keys",
        &[
            "RFC 7517 §4",
            "RFC 7517 §4.1",
            "RFC 7517 §4.2",
            "RFC 7517 §4.3",
            "RFC 7517 §4.4",
            "RFC 7517 §4.5",
            "RFC 7518 §2",
            "RFC 7517 §5",
            "RFC 7517 §5.1",
            "RFC 7518 §6.2.1.1",
            "RFC 7518 §6.2.1.2",
            "RFC 7518 §6.3.1",
            "RFC 7518 §6.3.2",
            "RFC 8017 §3.1",
            "RFC 8032 §5.1.3",
            "RFC 8037 §2",
            "RFC 8725 §3.4",
            "CVE-2017-15361",
            "RFC 8259 §2",
            "RFC 8259 §8.1",
        ],
    ),
    ("Structure and encoding", &["RFC 7515 §2", "RFC 7515 §7.1"]),
    (
        "JSON",
        &[
            "RFC 7515 §3.1",
            "RFC 7515 §4",
            "RFC 7515 §5.3",
            "RFC 7515 §10.12",
            "RFC 7519 §4",
            "RFC 8725 §3.7",
        ],
    ),
    ("Other", &[]),
];

fn theme(rule: &Rule) -> usize {
    let reference = rule.case.reference.as_str();
    let found = THEMES.iter().position(|(_, references)| references.contains(&reference));
    found.unwrap_or(THEMES.len().saturating_sub(1))
}

/// Returns docs/conformance.md.
pub fn report(answers: &Answers) -> String {
    let mut text = format!("# Conformance report\n\n{WRITTEN}\n\n");
    text += &introduction(answers);
    text += "\n## Summary\n\n";
    text += &summary(answers);
    text += "\nThese counts cover the rules that a standard requires. *Asked* are those for which the \
             library has an interface.\n";
    text += &format!("\n{CELLS}");
    text += "\n## Wrongly accepted\n\n";
    text += "A standard says to refuse these tokens. The gravest come first: some let a bad token in, \
             others are a matter of hygiene.\n";
    text += &broken(answers, Judgement::Accepts);
    text += "\n## Wrongly refused\n\n";
    text += "A standard says to accept these tokens.\n";
    text += &broken(answers, Judgement::Refuses);
    text += "\n## Choices that standards leave open\n\n";
    text += &choices(answers, |standing| match standing {
        Standing::Open(why) => Some(why),
        _ => None,
    });
    text += "\n## Tollgate's own decisions\n\n";
    text += &choices(answers, |standing| match standing {
        Standing::Own(why) => Some(why),
        _ => None,
    });
    text += "\n## How each library is asked\n\n";
    text += "Each adapter uses the library's documented interface in the strictest way that the rule \
             asks for. Rules without an interface are skipped, and do not count.\n\n";
    for verifier in &answers.verifiers {
        let (name, version) = (verifier.name, &verifier.version);
        writeln!(text, "- **{name}** {version}. {}", verifier.adapter).unwrap();
    }
    text += OUTRO;
    text
}

/// Returns docs/conformance-rules.md.
pub fn every_rule(answers: &Answers) -> String {
    let mut text = format!("# Conformance: every rule\n\n{WRITTEN}\n\n{CELLS}\n");
    let columns = ["rule", "source", "verdict", "required by"];
    table_head(&mut text, answers, &columns);
    for (rule, said) in answers.each() {
        let verdict = if rule.accepts() { "accepted" } else { "refused" };
        let standing = match rule.standing {
            Standing::Required => "a standard",
            Standing::Open(_) => "–",
            Standing::Own(_) => "Tollgate",
        };
        let (id, reference) = (sentence(rule), &rule.case.reference);
        write!(text, "| {id} | {reference} | {verdict} | {standing} |").unwrap();
        cells(&mut text, rule, said);
    }
    text
}

/// Returns the table of how many rules each library follows.
pub fn summary(answers: &Answers) -> String {
    let mut text = String::new();
    let columns = ["", "asked", "followed", "wrongly accepts", "wrongly refuses"];
    writeln!(text, "| {} |", columns.join(" | ")).unwrap();
    writeln!(text, "|---|--:|--:|--:|--:|").unwrap();
    for (index, verifier) in answers.verifiers.iter().enumerate() {
        let judgements: Vec<Judgement> = required(answers)
            .filter_map(|(rule, said)| Some(Judgement::of(rule, said.get(index)?)))
            .collect();
        let count = |wanted| judgements.iter().filter(|it| **it == wanted).count();
        let [kept, accepts, refuses] =
            [Judgement::Kept, Judgement::Accepts, Judgement::Refuses].map(count);
        let (name, version) = (verifier.name, &verifier.version);
        let name =
            if index == 0 { format!("**{name}** {version}") } else { format!("{name} {version}") };
        let asked = kept + accepts + refuses;
        writeln!(text, "| {name} | {asked} | {kept} | {accepts} | {refuses} |").unwrap();
    }
    text
}

fn required(answers: &Answers) -> impl Iterator<Item = (&Rule, &[Answer])> {
    answers.each().filter(|(rule, _)| rule.standing == Standing::Required)
}

const WRITTEN: &str =
    "<!-- Written by `cargo run --release -p tollgate-conformance -- --write`. Do not edit. -->";

const CELLS: &str = "\
| cell | meaning |
|:-:|---|
| ✓ | follows the rule |
| **accepts**, **refuses** | does so against a standard |
| ○ | differs from the rule, but no standard requires it |
| – | not asked: the library has no interface for it |
| ? | not asked since the rule was written |
| † | refuses by a panic, or by an exception that the library does not document |
";

const OUTRO: &str = "
## Test another library

The corpus, [tests/corpus/rules.jsonl](../tests/corpus/rules.jsonl), has one JSON object per line: keys,
a token, a policy and the verdict. `tollgate check --help` lists the fields. The scripts in
[conformance/peers](../conformance/peers) run the corpus against libraries in Python and JavaScript, in
about fifty lines each.

```sh
cargo run --release -p tollgate-conformance -- --check            # the summary
cargo run --release -p tollgate-conformance -- --explain crit_that_is_not_understood_is_rejected
cargo run --release -p tollgate-conformance -- --scripts --write  # asks PyJWT, python-jose and jose again
```

If this report uses your library in the wrong way, or blames it for something that the standards allow,
please open an issue.
";

fn introduction(answers: &Answers) -> String {
    let count = |wanted: fn(&Standing) -> bool| {
        answers.rules.iter().filter(|rule| wanted(&rule.standing)).count()
    };
    let required = count(|standing| matches!(standing, Standing::Required));
    let open = count(|standing| matches!(standing, Standing::Open(_)));
    let own = count(|standing| matches!(standing, Standing::Own(_)));
    let all = answers.rules.len();
    format!(
        "\
Tollgate's corpus has {all} rules. Each is a token with keys, a policy and a verdict. Standards require
{required} of them, by a MUST or by a grammar. Standards leave {open} open, or only recommend them. {own} are
Tollgate's own limits and decisions. A library can only be wrong about the first group; in doubt, a rule
counts as open.

Tollgate is tested with these rules, so it follows all of them: otherwise this report could not be
written. The report is not a rating. Most of these libraries do far more than the corpus asks for, and
which rules matter depends on where your tokens come from. It shows what callers of each library have to
check themselves. The tokens use all of Tollgate's algorithms. No library is asked about one that it
lacks.

[The table of all rules](conformance-rules.md)
",
    )
}

/// Returns tables of the rules that some peer breaks in one of the two ways.
fn broken(answers: &Answers, way: Judgement) -> String {
    let breaks =
        |rule: &Rule, said: &[Answer]| said.iter().any(|it| Judgement::of(rule, it) == way);
    let all: Vec<(&Rule, &[Answer])> =
        required(answers).filter(|(rule, said)| breaks(rule, said)).collect();
    if all.is_empty() {
        return "\nNo library does this.\n".to_owned();
    }
    let mut text = String::new();
    for (index, (name, _)) in THEMES.iter().enumerate() {
        let breakers = |said: &[Answer], rule: &Rule| {
            said.iter().filter(|it| Judgement::of(rule, it) == way).count()
        };
        let mut rules: Vec<_> = all.iter().filter(|(rule, _)| theme(rule) == index).collect();
        rules.sort_by_key(|(rule, said)| std::cmp::Reverse(breakers(said, rule)));
        if rules.is_empty() {
            continue;
        }
        write!(text, "\n### {name}\n\n").unwrap();
        table_head(&mut text, answers, &["rule", "source"]);
        for (rule, said) in rules {
            write!(text, "| {} | {} |", sentence(rule), rule.case.reference).unwrap();
            cells(&mut text, rule, said);
        }
    }
    text
}

/// Returns, for each choice, how many of its rules each library decides as Tollgate does.
fn choices(answers: &Answers, why_of: fn(Standing) -> Option<&'static str>) -> String {
    let mut reasons: Vec<&str> = Vec::new();
    for reason in answers.rules.iter().filter_map(|rule| why_of(rule.standing)) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let mut text = String::from(
        "The number of rules that a library decides as Tollgate does, out of those it is asked. \
         Different answers are not wrong.\n\n",
    );
    table_head(&mut text, answers, &["choice", "rules"]);
    for reason in reasons {
        let rules = || answers.each().filter(|(rule, _)| why_of(rule.standing) == Some(reason));
        write!(text, "| {reason} | {} |", rules().count()).unwrap();
        for index in 0..answers.verifiers.len() {
            let judgements = rules()
                .filter_map(|(rule, said)| Some(Judgement::of(rule, said.get(index)?)))
                .filter(|it| matches!(it, Judgement::Kept | Judgement::Otherwise));
            let judgements: Vec<Judgement> = judgements.collect();
            let kept = judgements.iter().filter(|it| **it == Judgement::Kept).count();
            match judgements.len() {
                0 => text.push_str(" – |"),
                asked => write!(text, " {kept}/{asked} |").unwrap(),
            }
        }
        text.push('\n');
    }
    text
}

fn table_head(text: &mut String, answers: &Answers, columns: &[&str]) {
    let names = answers.verifiers.iter().map(|verifier| verifier.name);
    let all: Vec<&str> = columns.iter().copied().chain(names).collect();
    writeln!(text, "| {} |", all.join(" | ")).unwrap();
    text.push('|');
    for index in 0..all.len() {
        text.push_str(if index < columns.len() { "---|" } else { ":-:|" });
    }
    text.push('\n');
}

fn cells(text: &mut String, rule: &Rule, said: &[Answer]) {
    for answer in said {
        let cell = match Judgement::of(rule, answer) {
            Judgement::Kept => "✓",
            Judgement::Accepts => "**accepts**",
            Judgement::Refuses => "**refuses**",
            Judgement::Otherwise => "○",
            Judgement::NotAsked => "–",
            Judgement::Unknown => "?",
        };
        let crash = if matches!(answer, Answer::Crashed(_)) { "†" } else { "" };
        write!(text, " {cell}{crash} |").unwrap();
    }
    text.push('\n');
}

/// Returns the rule's name as a sentence.
fn sentence(rule: &Rule) -> String {
    rule.case.id.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Need;
    use crate::verifiers::Verifier;

    fn answers() -> Answers {
        let rules = Rule::all();
        let says = |name, offers, answer: fn(&Rule) -> Answer| {
            Verifier::new(name, "1.0", "Not at all.", offers, &[], answer)
        };
        let right = says("right", Need::ALL, |rule| match rule.accepts() {
            true => Answer::Accepted,
            false => Answer::Refused(String::new()),
        });
        let lax = says("lax", &[], |_| Answer::Accepted);
        let strict = says("strict", &[], |_| Answer::Crashed(String::new()));
        Answers::ask(rules, vec![right, lax, strict])
    }

    #[test]
    fn verifiers_are_judged_by_the_rules_they_were_asked() {
        let answers = answers();
        let summary = summary(&answers);
        let rows: Vec<Vec<&str>> =
            summary.lines().skip(2).map(|row| row.split('|').map(str::trim).collect()).collect();
        let number = |row: usize, column: usize| rows[row][column].parse::<usize>().unwrap();
        let required = required(&answers).count();
        assert_eq!(
            [number(0, 2), number(0, 3), number(0, 4), number(0, 5)],
            [required, required, 0, 0]
        );
        assert!(number(1, 2) < required, "{summary}");
        assert_eq!(number(1, 5), 0, "the lax verifier refuses nothing: {summary}");
        assert_eq!(number(2, 4), 0, "the strict verifier accepts nothing: {summary}");
        assert_eq!(number(1, 3), number(2, 5));
        assert_eq!(number(1, 4), number(2, 3));
        assert!(number(1, 3) > 50 && number(1, 4) > 200, "{summary}");
    }

    #[test]
    fn every_rule_has_its_row_with_all_cells() {
        let answers = answers();
        let text = every_rule(&answers);
        let (_, table) = text.split_once(CELLS).unwrap();
        let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).collect();
        assert_eq!(rows.len(), answers.rules.len() + 1);
        assert!(rows.iter().all(|row| row.matches('|').count() == 8));
        let row = |start: &str| *rows.iter().find(|row| row.starts_with(start)).unwrap();
        assert!(row("| alg none is rejected |").ends_with("| ✓ | **accepts** | ✓† |"));
        assert!(row("| three parts are accepted |").ends_with("| ✓ | ✓ | **refuses**† |"));
        assert!(row("| second alg is rejected |").ends_with("| ✓ | ○ | ✓† |"));
        assert!(row("| two field lines are refused |").ends_with("| ✓ | – | – |"));
    }

    #[test]
    fn a_broken_rule_is_listed_once_in_its_theme() {
        let answers = answers();
        let text = report(&answers);
        assert_eq!(text.matches("| alg none is rejected |").count(), 1);
        assert!(text.contains("### Signature and algorithm"));
        // Each source of a required rule has a theme, so `Other` stays empty.
        for (rule, _) in required(&answers).filter(|(rule, _)| rule.needs.is_empty()) {
            assert!(theme(rule) + 1 < THEMES.len(), "{}", rule.case.reference);
        }
    }

    #[test]
    fn adapters_that_do_not_work_are_faults() {
        let faults = answers().faults();
        assert!(
            faults.iter().any(|it| it.contains("lax is broken: it accepts a forged token")),
            "{faults:?}"
        );
        assert!(faults.iter().any(|it| it.contains("strict is broken")), "{faults:?}");
        assert!(!faults.iter().any(|it| it.contains("right") || it.contains("Tollgate breaks")));
    }
}
