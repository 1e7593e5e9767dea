//! The result as Markdown.

use std::fmt::Write as _;

use tollgate_tests::corpus::Standing;

use crate::answers::{Answers, Judgement};
use crate::rule::Rule;
use crate::verifiers::Answer;

/// What a reader wants first: the gravest.
const THEMES: [(&str, &[&str]); 9] = [
    (
        "Signature and algorithm",
        &[
            "RFC 7515 §4.1.1",
            "RFC 7515 §4.1.3",
            "RFC 7515 §5.2",
            "RFC 7518 §3.4",
            "RFC 8725 §3.1",
            "RFC 8725 §3.3",
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
            "RFC 7517 §5",
            "RFC 7517 §5.1",
            "RFC 7518 §6.2.1.1",
            "RFC 7518 §6.2.1.2",
            "RFC 8725 §3.4",
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

/// The report.
pub fn report(answers: &Answers) -> String {
    let mut text = format!("# Who keeps the rules\n\n{WRITTEN}\n\n");
    text += &introduction(answers);
    text += "\n## Summary\n\n";
    text += &summary(answers);
    text += "\nThat is, of the rules that a standard requires; each is asked those for which it has an interface.\n";
    text += &format!("\nIn the tables below: {CELLS}");
    text += "\n## Accepted, though a standard says to refuse\n\n";
    text += "From what can let in a token that should stay out, to what is a matter of hygiene.\n";
    text += &broken(answers, Judgement::Accepts);
    text += "\n## Refused, though a standard says to accept\n\n";
    text += "What good tokens would suffer from.\n";
    text += &broken(answers, Judgement::Refuses);
    text += "\n## Where standards leave the choice\n\n";
    text += &choices(answers, |standing| match standing {
        Standing::Open(why) => Some(why),
        _ => None,
    });
    text += "\n## What Tollgate has decided\n\n";
    text += &choices(answers, |standing| match standing {
        Standing::Own(why) => Some(why),
        _ => None,
    });
    text += "\n## How each is asked\n\n";
    text += "As strictly as its documented interface can express what the rule asks for. What it has \
             no interface for is not asked, and counts for nothing.\n\n";
    for verifier in &answers.verifiers {
        let (name, version) = (verifier.name, &verifier.version);
        writeln!(text, "- **{name}** {version}. {}", verifier.adapter).unwrap();
    }
    text += OUTRO;
    text
}

/// Every rule, with what is said of it.
pub fn every_rule(answers: &Answers) -> String {
    let mut text = format!("# Every rule, and who keeps it\n\n{WRITTEN}\n\n{CELLS}\n");
    let columns = ["rule", "where it is written", "the token is to be", "rests on"];
    table_head(&mut text, answers, &columns);
    for (rule, said) in answers.each() {
        let verdict = if rule.accepts() { "accepted" } else { "refused" };
        let standing = match rule.standing {
            Standing::Required => "a standard",
            Standing::Open(_) => "a choice",
            Standing::Own(_) => "Tollgate",
        };
        let (id, reference) = (sentence(rule), &rule.case.reference);
        write!(text, "| {id} | {reference} | {verdict} | {standing} |").unwrap();
        cells(&mut text, rule, said);
    }
    text
}

/// How many rules each keeps.
pub fn summary(answers: &Answers) -> String {
    let mut text = String::new();
    let columns =
        ["", "asked", "kept", "accepts what must be refused", "refuses what must be accepted"];
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
✓ as the rule has it; **accepts** or **refuses**, against a standard; ○
otherwise, where a standard leaves the choice; – not asked, for want of an interface; ? not asked since
the rule was written; † refused by a panic, or by an exception that is not one of the library's own.
";

const OUTRO: &str = "
## Ask another verifier

The corpus, [tests/corpus/rules.jsonl](../tests/corpus/rules.jsonl), is plain JSON lines, one rule
each: keys, a token, what is expected of it, and the verdict. `tollgate check --help` has the fields.
[conformance/peers](../conformance/peers) has scripts that put the rules to a library in Python or
JavaScript, in about fifty lines each.

```sh
cargo run --release -p tollgate-conformance -- --check            # who keeps how many
cargo run --release -p tollgate-conformance -- --explain crit_that_is_not_understood_is_rejected
cargo run --release -p tollgate-conformance -- --scripts --write  # asks PyJWT, python-jose and jose anew
```

If we ask your library in the wrong way, or hold something against it that its standards allow, that
is a fault of this report: please open an issue.
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
Tollgate's corpus has {all} rules: tokens, keys and expectations, each with one verdict. A standard
requires {required} of them, by a MUST or by a grammar; for {open} it leaves the choice, or recommends only;
{own} are limits and decisions of Tollgate's own. Only by the first can a verifier be wrong. In doubt a
rule counts as open.

These are the rules by which Tollgate is tested, so it is no wonder that it keeps them: if it broke
one, this report would not be written. Nor is it a rating. Most of these libraries do far more than
what is asked here, and what matters depends on where a token comes from. It shows what their callers
have to take care of. All tokens are meant for ES256 and ES384.

[Every rule, and who keeps it](conformance-rules.md).
",
    )
}

/// The rules that some peer breaks in one of the two ways.
fn broken(answers: &Answers, way: Judgement) -> String {
    let breaks =
        |rule: &Rule, said: &[Answer]| said.iter().any(|it| Judgement::of(rule, it) == way);
    let all: Vec<(&Rule, &[Answer])> =
        required(answers).filter(|(rule, said)| breaks(rule, said)).collect();
    if all.is_empty() {
        return "\nThere are none.\n".to_owned();
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
        table_head(&mut text, answers, &["rule", "where it is written"]);
        for (rule, said) in rules {
            write!(text, "| {} | {} |", sentence(rule), rule.case.reference).unwrap();
            cells(&mut text, rule, said);
        }
    }
    text
}

/// For each choice, how many of its rules each decides as Tollgate does.
fn choices(answers: &Answers, why_of: fn(Standing) -> Option<&'static str>) -> String {
    let mut reasons: Vec<&str> = Vec::new();
    for reason in answers.rules.iter().filter_map(|rule| why_of(rule.standing)) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let mut text = String::from(
        "How many of these rules each decides as Tollgate does, out of how many it is asked. \
         Nobody is wrong here.\n\n",
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

/// The rule's name is a sentence.
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
            Verifier::new(name, "1.0", "Not at all.", offers, answer)
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
    fn each_is_judged_by_what_it_was_asked() {
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
        assert_eq!(number(1, 5), 0, "the lax one refuses nothing: {summary}");
        assert_eq!(number(2, 4), 0, "the strict one accepts nothing: {summary}");
        assert_eq!(number(1, 3), number(2, 5));
        assert_eq!(number(1, 4), number(2, 3));
        assert!(number(1, 3) > 50 && number(1, 4) > 200, "{summary}");
    }

    #[test]
    fn every_rule_has_its_row_with_all_cells() {
        let answers = answers();
        let text = every_rule(&answers);
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
        assert_eq!(rows.len(), answers.rules.len() + 1);
        assert!(rows.iter().all(|row| row.matches('|').count() == 8));
        let row = |start: &str| *rows.iter().find(|row| row.starts_with(start)).unwrap();
        assert!(row("| alg none is rejected |").ends_with("| ✓ | **accepts** | ✓† |"));
        assert!(row("| three parts are accepted |").ends_with("| ✓ | ✓ | **refuses**† |"));
        assert!(row("| second alg is rejected |").ends_with("| ✓ | ○ | ✓† |"));
        assert!(row("| two field lines are refused |").ends_with("| ✓ | – | – |"));
    }

    #[test]
    fn whoever_breaks_a_rule_is_named_once_in_its_theme() {
        let answers = answers();
        let text = report(&answers);
        assert_eq!(text.matches("| alg none is rejected |").count(), 1);
        assert!(text.contains("### Signature and algorithm"));
        // Every reference of a rule that a standard requires has its theme, so that none is `Other`.
        for (rule, _) in required(&answers).filter(|(rule, _)| rule.needs.is_empty()) {
            assert!(theme(rule) + 1 < THEMES.len(), "{}", rule.case.reference);
        }
    }

    #[test]
    fn adapters_that_do_not_work_are_faults() {
        let faults = answers().faults();
        assert!(faults.iter().any(|it| it.starts_with("lax accepts a forged token")), "{faults:?}");
        assert!(faults.iter().any(|it| it.starts_with("strict does not accept")), "{faults:?}");
        assert!(!faults.iter().any(|it| it.contains("right") || it.contains("Tollgate breaks")));
    }
}
