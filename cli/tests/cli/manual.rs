//! `tollgate completions` and `tollgate man`: what packages install beside the command.

use std::fs;
use std::path::PathBuf;

use super::support::tollgate;

/// The commands that `tollgate --help` lists.
fn commands() -> Vec<String> {
    let help = tollgate(&["--help"], "").stdout;
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let lines = list.lines().take_while(|line| !line.is_empty());
    // What is indented further continues a description.
    let rows = lines.filter_map(|line| line.strip_prefix("  ")).filter(|row| !row.starts_with(' '));
    rows.filter_map(|row| row.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn completions_know_every_command_and_flag() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = tollgate(&["completions", shell], "");
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{shell}");
        for word in
            commands().iter().map(String::as_str).chain(["remembered-signatures", "print-recipe"])
        {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(tollgate(&["completions", "tcsh"], "").code, 2);
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = std::env::temp_dir().join(format!("tollgate-{}-man", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let run = tollgate(&["man", folder.to_str().unwrap()], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let page = |name: String| fs::read_to_string(folder.join(name)).unwrap();
    assert!(page("tollgate.1".to_owned()).contains(".TH"));
    for command in commands().iter().filter(|command| *command != "help") {
        let page = page(format!("tollgate-{command}.1"));
        assert!(page.contains(".SH OPTIONS"), "{command}");
    }
    assert!(page("tollgate-serve.1".to_owned()).contains("TOLLGATE_LISTEN"));
    assert!(page("tollgate-secret.1".to_owned()).contains("Exit codes:"));
    fs::remove_dir_all(&folder).unwrap();

    let nowhere: PathBuf = folder.join("nowhere");
    let run = tollgate(&["man", nowhere.to_str().unwrap()], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("nowhere"), "{}", run.stderr);
}
