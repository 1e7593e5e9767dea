//! The store.

use std::env;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::time::timeout;
use tollgate::sign_in::Secret;
use tollgate::sign_in::store::{
    OwnerKey, RecordKey, RedisStore, RedisStoreError, Rule, Saved, SessionStore, StoreError,
    contract,
};

use super::forwarder::Forwarder;
use super::server::{Server, free_port};

const KEY: RecordKey = RecordKey([1; 32]);
const ALICE: OwnerKey = OwnerKey([2; 32]);
const BOB: OwnerKey = OwnerKey([3; 32]);
const HOUR: Duration = Duration::from_secs(3600);
const LEASE: Duration = Duration::from_secs(10);

fn open(server: &Server) -> RedisStore {
    RedisStore::open(&Secret::new(server.url())).unwrap()
}

async fn create(store: &RedisStore, key: RecordKey, owners: &[OwnerKey], time: Duration) {
    let saved = store.save(&key, vec![7], Rule::Create, owners, time).await.unwrap();
    assert!(matches!(saved, Saved::Done(_)));
}

/// A call that fails in time.
async fn failure(store: &RedisStore) -> StoreError {
    let started = Instant::now();
    let error = store.load(&KEY).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());
    error
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn redis_keeps_the_contract() {
    let server = Server::start();
    contract::check(&open(&server)).await.unwrap();
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn nothing_remains_of_records_that_are_removed_or_over() {
    let server = Server::start();
    let store = open(&server);
    create(&store, KEY, &[ALICE, BOB], HOUR).await;
    assert!(store.remove(&KEY).await.unwrap());
    assert_eq!(server.ask("DBSIZE"), ":0");
    create(&store, KEY, &[ALICE, BOB], HOUR).await;
    assert_eq!(store.remove_all(&ALICE).await.unwrap(), 1);
    assert_eq!(server.ask("DBSIZE"), ":0");
    // The index of an owner outlives the longest record, and holds none that is over.
    create(&store, RecordKey([9; 32]), &[ALICE], HOUR).await;
    for number in 10..30 {
        create(&store, RecordKey([number; 32]), &[ALICE], Duration::from_millis(1)).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let owner = format!("tollgate:1:owner:{}", "02".repeat(32));
    assert_eq!(server.ask(&format!("ZCARD {owner}")), ":2");
    let left: u64 = server.ask(&format!("PTTL {owner}"))[1..].parse().unwrap();
    assert!((3_590_000..=3_601_000).contains(&left), "{left}");
    assert_eq!(store.remove_all(&ALICE).await.unwrap(), 1);
    server.is_emptied();
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn the_text_of_a_script_is_sent_only_if_redis_does_not_have_it() {
    let server = Server::start();
    let store = open(&server);
    for forget in [false, true] {
        if forget {
            assert_eq!(server.ask("SCRIPT FLUSH"), "+OK");
        }
        for number in 0..10 {
            let key = RecordKey([number; 32]);
            create(&store, key, &[ALICE], HOUR).await;
            assert!(store.remove(&key).await.unwrap());
        }
    }
    let counts = server.ask("INFO commandstats");
    assert!(counts.contains("cmdstat_evalsha:calls=40,"), "{counts}");
    assert!(counts.contains("cmdstat_eval:calls=4,"), "{counts}");
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn many_calls_share_a_connection_and_get_their_own_answers() {
    let server = Server::start();
    let store = open(&server);
    let keys: Vec<_> = (0..=u8::MAX).map(|number| RecordKey([number; 32])).collect();
    let create = keys.iter().map(|key| store.save(key, vec![key.0[0]], Rule::Create, &[], HOUR));
    join_all(create).await.into_iter().for_each(|saved| assert!(saved.is_ok(), "{saved:?}"));
    // Those whose caller has gone away do not count.
    let loads = keys.iter().enumerate().map(async |(number, key)| match number % 3 {
        0 => drop(timeout(Duration::ZERO, store.load(key)).await),
        _ => assert_eq!(store.load(key).await.unwrap().unwrap().bytes, [key.0[0]]),
    });
    join_all(loads).await;
    let clients = server.ask("INFO clients");
    assert!(clients.contains("connected_clients:2\r\n"), "one of them asks: {clients}");
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn of_two_processes_one_wins() {
    let server = Server::start();
    let (one, two) = (open(&server), open(&server));
    let won = |saved: [Result<Saved, StoreError>; 2]| {
        let won = saved.into_iter().filter_map(|it| match it.unwrap() {
            Saved::Done(version) => Some(version),
            Saved::Conflict => None,
        });
        <[_; 1]>::try_from(won.collect::<Vec<_>>()).unwrap()[0]
    };
    for round in 0..100 {
        let key = RecordKey([round; 32]);
        let save = async |rule| {
            let (a, b) = tokio::join!(
                one.save(&key, vec![1], rule, &[ALICE], HOUR),
                two.save(&key, vec![2], rule, &[ALICE], HOUR)
            );
            won([a, b])
        };
        let created = save(Rule::Create).await;
        let replaced = save(Rule::Replace(created)).await;
        assert_ne!(created, replaced);
        let (a, b) = tokio::join!(one.lease(&key, LEASE), two.lease(&key, LEASE));
        let leases = [a.unwrap(), b.unwrap()];
        assert_eq!(leases.iter().flatten().count(), 1, "{leases:?}");
    }
    assert_eq!(two.remove_all(&ALICE).await.unwrap(), 100);
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn a_record_does_not_belong_to_the_owners_of_one_that_was_under_its_key() {
    let server = Server::start();
    let store = open(&server);
    create(&store, RecordKey([9; 32]), &[ALICE], HOUR).await;
    create(&store, KEY, &[ALICE], Duration::from_millis(20)).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    create(&store, KEY, &[BOB], HOUR).await;
    let owner = format!("tollgate:1:owner:{}", "02".repeat(32));
    assert_eq!(server.ask(&format!("ZCARD {owner}")), ":2", "her index still names the key");
    assert_eq!(store.remove_all(&ALICE).await, Ok(1));
    assert_eq!(store.remove_all(&BOB).await, Ok(1));
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn a_record_that_changes_hands_is_removed_by_its_owner_alone() {
    let server = Server::start();
    let (one, two) = (open(&server), open(&server));
    for round in 0..100 {
        let key = RecordKey([round; 32]);
        create(&one, key, &[ALICE], HOUR).await;
        let version = one.load(&key).await.unwrap().unwrap().version;
        let (saved, removed) = tokio::join!(
            one.save(&key, vec![8], Rule::Replace(version), &[BOB], HOUR),
            two.remove_all(&ALICE)
        );
        let is_saved = matches!(saved.unwrap(), Saved::Done(_));
        // Either it was Alice's until it was removed, or it has become Bob's in time.
        assert_eq!(removed.unwrap(), usize::from(!is_saved));
        assert_eq!(one.load(&key).await.unwrap().is_some(), is_saved);
        assert_eq!(two.remove_all(&BOB).await.unwrap(), usize::from(is_saved));
    }
    assert_eq!(server.ask("DBSIZE"), ":0");
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn a_server_that_hangs_is_an_error_within_a_second_and_works_again() {
    let server = Server::start();
    let store = open(&server);
    create(&store, KEY, &[], HOUR).await;
    server.hang();
    let errors = join_all((0..10).map(|_| failure(&store))).await;
    assert!(errors[0].0.ends_with("no answer within a second"), "{}", errors[0]);
    failure(&store).await;
    server.go_on();
    assert!(store.load(&KEY).await.unwrap().is_some());
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn the_first_call_after_a_restart_works() {
    let mut server = Server::start();
    let store = open(&server);
    create(&store, KEY, &[], HOUR).await;
    server.end();
    tokio::time::sleep(Duration::from_millis(50)).await;
    failure(&store).await;
    server.start_again();
    create(&store, KEY, &[], HOUR).await;
    // It goes down and up again while no call is under way.
    server.restart();
    tokio::time::sleep(Duration::from_millis(50)).await;
    create(&store, KEY, &[], HOUR).await;
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn a_replica_is_an_error_and_loses_no_session() {
    let server = Server::start();
    let store = open(&server);
    create(&store, KEY, &[ALICE], HOUR).await;
    assert_eq!(server.ask("REPLICAOF 127.0.0.1 1"), "+OK");
    for error in [
        store.remove(&KEY).await.unwrap_err(),
        store.remove_all(&ALICE).await.unwrap_err(),
        store.lease(&KEY, LEASE).await.unwrap_err(),
        store.save(&RecordKey([5; 32]), vec![], Rule::Create, &[], HOUR).await.unwrap_err(),
    ] {
        assert!(error.0.contains("the URL must lead to the primary"), "{error}");
    }
    assert_eq!(server.ask("REPLICAOF NO ONE"), "+OK");
    assert!(store.load(&KEY).await.unwrap().is_some());
    assert!(store.remove(&KEY).await.unwrap());
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn after_a_fail_over_the_next_call_goes_to_the_new_primary() {
    let (old, new) = (Server::start(), Server::start());
    let forwarder = Forwarder::start(old.port).await;
    let store = RedisStore::open(&forwarder.url()).unwrap();
    assert_eq!(store.lease(&KEY, LEASE).await.map(|it| it.is_some()), Ok(true));
    // The open connection still leads to the old one, which is up.
    forwarder.state().port = new.port;
    assert_eq!(old.ask(&format!("REPLICAOF 127.0.0.1 {}", new.port)), "+OK");
    let error = store.lease(&KEY, LEASE).await.unwrap_err();
    assert!(error.0.contains("the URL must lead to the primary"), "{error}");
    create(&store, KEY, &[ALICE], HOUR).await;
    assert_eq!(new.ask("DBSIZE"), ":2");
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn a_slow_network_gets_a_new_connection_under_load() {
    let server = Server::start();
    let forwarder = Forwarder::start(server.port).await;
    let store = Arc::new(RedisStore::open(&forwarder.url()).unwrap());
    forwarder.state().delay = HOUR;
    let started = Instant::now();
    let mut calls = Vec::new();
    while started.elapsed() < Duration::from_millis(3500) {
        if started.elapsed() > Duration::from_millis(1500) {
            forwarder.state().delay = Duration::from_millis(300);
        }
        let store = Arc::clone(&store);
        calls.push(tokio::spawn(async move { store.load(&KEY).await }));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The last silent attempt ends by 2.5 seconds, and the next one takes 0.3.
    let last = calls.split_off(calls.len() - 30);
    for call in join_all(last).await {
        assert_eq!(call.unwrap(), Ok(None));
    }
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn a_wrong_password_is_named_and_no_password_is_shown() {
    let server = Server::with(&["--requirepass", "right/one"]);
    let store = |user: &str| {
        let url = format!("redis://{user}127.0.0.1:{}", server.port);
        RedisStore::open(&Secret::new(url)).unwrap()
    };
    let right = store(":right%2Fone@");
    create(&right, KEY, &[], HOUR).await;
    let wrong = store("default:guessed@");
    let error = failure(&wrong).await.to_string();
    assert!(error.contains("Check the user and the password in its URL"), "{error}");
    let shown = format!("{error} {wrong:?} {right:?}");
    assert!(shown.contains(&format!("127.0.0.1:{}", server.port)), "{shown}");
    assert!(!shown.contains("guessed") && !shown.contains("right"), "{shown}");
    let error = failure(&store("")).await.to_string();
    assert!(error.contains("NOAUTH"), "{error}");
}

/// The commands that docs/sign-in.md names.
#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn a_user_with_the_documented_rights_suffices() {
    let guide = include_str!("../../../docs/sign-in.md");
    let list = guide.split("The user of the URL needs the commands").nth(1).unwrap();
    let commands = list.split(" on them").next().unwrap().split('`').skip(1).step_by(2);
    let commands: Vec<_> = commands.map(|name| format!("+{name}")).collect();
    let rights = ["--user", "app", "on", ">right", "~tollgate:1:*"];
    let rights = rights.into_iter().chain(commands.iter().map(String::as_str));
    let server = Server::with(&rights.collect::<Vec<_>>());
    let url = format!("redis://app:right@127.0.0.1:{}", server.port);
    contract::check(&RedisStore::open(&Secret::new(url)).unwrap()).await.unwrap();
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn a_socket_works() {
    let path = format!("{}/redis-{}.sock", env!("CARGO_TARGET_TMPDIR"), free_port());
    let _server = Server::with(&["--unixsocket", &path]);
    let store = RedisStore::open(&Secret::new(format!("unix://{path}"))).unwrap();
    create(&store, KEY, &[], HOUR).await;
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn tls_needs_a_certificate_of_an_authority_that_the_system_trusts() {
    const URL: &str = "TOLLGATE_TEST_REDIS_URL";
    if let Ok(url) = env::var(URL) {
        contract::check(&RedisStore::open(&Secret::new(url)).unwrap()).await.unwrap();
        return;
    }
    let [authority, certificate, key] = ["ca.pem", "server.pem", "server.key"]
        .map(|name| format!("{}/tests/gate/tls/{name}", env!("CARGO_MANIFEST_DIR")));
    let port = free_port();
    let _server = Server::with(&[
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
    ]);
    match RedisStore::open(&Secret::new(format!("rediss://localhost:{port}"))) {
        Ok(store) => {
            let error = failure(&store).await.to_string();
            assert!(error.contains("invalid peer certificate: UnknownIssuer"), "{error}");
        }
        // A system that trusts nobody.
        Err(error) => assert!(matches!(error, RedisStoreError::Tls(_)), "{error}"),
    }
    // The system is told by a variable of the process, so this test runs in another one, too.
    for scheme in ["rediss", "valkeys"] {
        let trusting = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact"])
            .arg("store::tls_needs_a_certificate_of_an_authority_that_the_system_trusts")
            .env("SSL_CERT_FILE", &authority)
            .env(URL, format!("{scheme}://localhost:{port}"))
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&trusting.stdout);
        assert!(trusting.status.success() && output.contains("1 passed"), "{output}");
    }
}

#[test]
fn an_invalid_url_is_an_error_without_the_url() {
    for url in [
        "",
        "localhost",
        "http://s3cret@host",
        "redis://",
        "redis://:s3cret@host/db",
        "redis://:s3cret@host:99999",
        "rediss://",
        "redis://:s3cret#1@host",
        "redis://host/0#insecure",
    ] {
        let error = RedisStore::open(&Secret::new(url)).unwrap_err();
        assert_eq!(error, RedisStoreError::Url, "{url}");
        assert!(!error.to_string().contains("s3cret"));
    }
}
