//! `tollgate secret`: what it prints seals cookies, and what it writes is for its owner alone.

use std::collections::BTreeSet;
use std::fs;

use tollgate::sign_in::CookieSecret;

use super::provision::Scrap;
use super::support::tollgate;

#[test]
fn a_secret_is_one_line_of_43_characters_and_another_one_each_time() {
    let secrets: BTreeSet<_> = (0..3)
        .map(|_| {
            let run = tollgate(&["secret"], "");
            assert_eq!((run.code, run.stderr.as_str()), (0, ""));
            let secret = run.stdout.strip_suffix('\n').unwrap();
            assert_eq!(secret.len(), 43);
            assert_eq!(secret.parse::<CookieSecret>().unwrap().to_text(), secret);
            secret.to_owned()
        })
        .collect();
    assert_eq!(secrets.len(), 3);
}

#[test]
fn a_file_with_a_secret_is_for_its_owner_alone() {
    let file = Scrap::new("secret-new");
    let run = tollgate(&["secret", "-o", file.path()], "");
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    CookieSecret::read(&file.0).unwrap();
    #[cfg(unix)]
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn a_file_is_overwritten_only_by_force() {
    let file = Scrap::new("secret-old");
    fs::write(&file.0, "the old secret").unwrap();
    #[cfg(unix)]
    fs::set_permissions(&file.0, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let run = tollgate(&["secret", "-o", file.path()], "");
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("exists already") && run.stderr.contains("--force"),
        "{}",
        run.stderr
    );
    assert_eq!(fs::read_to_string(&file.0).unwrap(), "the old secret");
    let run = tollgate(&["secret", "--force", "-o", file.path()], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    CookieSecret::read(&file.0).unwrap();
    #[cfg(unix)]
    assert_eq!(mode(&file), 0o600);
    // Nothing else is left.
    let name = file.0.file_name().unwrap().to_str().unwrap().to_owned();
    let files = fs::read_dir(file.0.parent().unwrap()).unwrap();
    let files = files.map(|it| it.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.filter(|other| other.starts_with(&name)).count(), 1);
}

#[test]
fn a_secret_that_cannot_be_written_is_an_error_that_shows_nothing_of_it() {
    let run = tollgate(&["secret", "-o", "/missing/cookie.key"], "");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("cannot write /missing/cookie.key"), "{}", run.stderr);
    let run = tollgate(&["secret", "--force"], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--output"), "{}", run.stderr);
}

#[cfg(unix)]
fn mode(file: &Scrap) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file.0).unwrap().permissions()) & 0o777
}
