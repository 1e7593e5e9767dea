//! What lives on when the configuration changes, or the server restarts.

use super::*;

/// Writes another table `[sign_in]`, and waits until it counts.
fn reload(gateway: &Gateway, name: &str, more: &str) {
    let reloaded = || gateway.server.log().matches("configuration reloaded").count();
    let before = reloaded();
    file(name, &config(&gateway.demo, "nginx", more));
    gateway.server.signal("HUP");
    wait_for("a reload", || (reloaded() > before).then_some(()));
}

#[test]
fn a_reload_signs_nobody_out() {
    let gateway = Gateway::start("reload.toml", "");
    let browser = gateway.signed_in("ada", "/");
    // An attempt that is under way, too.
    let started = gateway.page("/tollgate/sign-in", &[]);
    assert_eq!(started.status, 302);
    reload(&gateway, "reload.toml", "anyone = true\nscope = \"profile\"\n");
    assert_eq!(browser.check("GET", "/", &[]).status, 200);
    let state = started.header("location").unwrap().split("state=").nth(1).unwrap();
    let state = state.split('&').next().unwrap();
    let attempt = cookies(&started).remove(0);
    let callback = format!("/tollgate/callback?state={state}&error=access_denied");
    let issuer = gateway.demo.issuer().replace(':', "%3A").replace('/', "%2F");
    let page = gateway.page(&format!("{callback}&iss={issuer}"), &[("Cookie", &attempt)]);
    assert!(page.body.contains("provider-error"), "the attempt is known: {page:?}");
    // Who may sign in is judged anew at the next sign-in only.
    let require = "scope = \"profile\"\nrequire = { preferred_username = \"grace\" }\n";
    reload(&gateway, "reload.toml", require);
    assert_eq!(browser.check("GET", "/", &[]).status, 200);
    assert_eq!(gateway.sign_in("eve", "/").status, 403);
}

#[test]
fn another_store_takes_a_restart_and_the_log_says_so() {
    let warnings = |gateway: &Gateway| gateway.server.log().matches("after a restart").count();
    let gateway = Gateway::start("store.toml", "");
    reload(&gateway, "store.toml", "anyone = true\n[sign_in.session]\nidle_timeout = 60\n");
    assert_eq!(warnings(&gateway), 0);
    reload(&gateway, "store.toml", "anyone = true\n[sign_in.session]\nmax_sessions = 7\n");
    assert_eq!(warnings(&gateway), 1);
}

#[test]
fn a_wrong_reload_changes_nothing() {
    let gateway = Gateway::start("wrong_reload.toml", "");
    let browser = gateway.signed_in("ada", "/");
    file(
        "wrong_reload.toml",
        &config(&gateway.demo, "nginx", "prefix = \"/auth\"\nanyone = true\n"),
    );
    gateway.server.signal("HUP");
    gateway.server.logged_line("cannot reload");
    assert_eq!(browser.check("GET", "/", &[]).status, 200);
}

#[cfg(feature = "file")]
#[test]
fn a_restart_with_a_file_signs_nobody_out() {
    let folder = file("restart.toml", "").parent().unwrap().join("restart");
    std::fs::create_dir_all(&folder).unwrap();
    let store = folder.join("sessions.redb");
    let more = format!(
        "anyone = true\n[sign_in.session]\nstore = \"file\"\npath = \"{}\"\n",
        store.display()
    );
    let Gateway { demo, server, proxy } = Gateway::behind("nginx", "restart.toml", &more);
    let gateway = Gateway { demo, server, proxy };
    let cookie = gateway.signed_in("ada", "/").cookie;
    let Gateway { demo, server, proxy } = gateway;
    server.signal("TERM");
    assert_eq!(server.ended(), 0);
    let config = file("restart.toml", &config(&demo, "nginx", &more));
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    let gateway = Gateway { demo, server, proxy };
    gateway.wait_until_ready();
    assert_eq!(gateway.check("GET", "/", &[("Cookie", &cookie)]).status, 200);
}

#[cfg(feature = "file")]
#[test]
fn an_operator_counts_sessions_and_ends_those_of_a_user() {
    let store = file("operator.toml", "").parent().unwrap().join("operator.redb");
    let more = format!(
        "anyone = true\n[sign_in.session]\nstore = \"file\"\npath = \"{}\"\n",
        store.display()
    );
    let gateway = Gateway::behind("nginx", "operator.toml", &more);
    let [ada, grace] = ["ada", "grace"].map(|user| gateway.signed_in(user, "/").cookie);
    let answer = gateway.check("GET", "/", &[("Cookie", &ada)]);
    let subject = answer.header("x-auth-request-user").unwrap().to_owned();
    let Gateway { demo, server, proxy } = gateway;
    let config = file("operator.toml", &config(&demo, "nginx", &more));
    let config = config.to_str().unwrap();
    let sessions = |more: &[&str]| {
        crate::support::tollgate(&[&["sessions", "--config", config], more].concat(), "")
    };
    let busy = sessions(&[]);
    assert_eq!(busy.code, 2);
    assert!(busy.stderr.contains("is in use by another process"), "{}", busy.stderr);
    server.signal("TERM");
    assert_eq!(server.ended(), 0);
    assert_eq!(sessions(&[]).stdout, "2 sessions\n");
    assert_eq!(sessions(&["--end", &subject, "--json"]).json()["ended"], 1);
    assert_eq!(sessions(&["--end", "nobody"]).stdout, "ended 0 sessions\n");
    assert_eq!(sessions(&["--json"]).json()["sessions"], 1);
    let server = Server::start(&["--config", config]);
    let gateway = Gateway { demo, server, proxy };
    gateway.wait_until_ready();
    let status = |cookie: &str| gateway.check("GET", "/", &[("Cookie", cookie)]).status;
    assert_eq!((status(&ada), status(&grace)), (401, 200));
}

#[test]
fn sessions_in_memory_are_out_of_reach() {
    let (demo, _) = Server::demo();
    let config = file("out_of_reach.toml", &config(&demo, "nginx", "anyone = true\n"));
    let run = crate::support::tollgate(&["sessions", "--config", config.to_str().unwrap()], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("in the memory of the server"), "{}", run.stderr);
}
