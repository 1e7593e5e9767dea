//! Those who have no session and try to get one, or to fill the memory of the server.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;
use tollgate_tests::random::Random;

use crate::browser::{ATTEMPT, Jar, SESSION, Tab, Visit, authorization_request, callback, page};
use crate::sessions::{App, identifier, is_no_sign_in};

/// How many sign-ins to begin before a pause.
const AT_ONCE: usize = 20;

/// Runs all of them until the soak ends.
pub async fn all(app: Arc<App>) {
    let mut tasks = JoinSet::new();
    for seed in 0..2 {
        tasks.spawn(never_finishing(Arc::clone(&app), seed));
        tasks.spawn(forging(Arc::clone(&app), seed));
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            app.world.tally.wrong("an intruder", error);
        }
    }
}

/// Begins sign-ins and finishes none. Sometimes the browser has kept more attempts than fit.
async fn never_finishing(app: Arc<App>, seed: u64) {
    let (kind, tally) = ("a sign-in that is never finished", &app.world.tally);
    let mut random = Random::new(seed, 0);
    let mut tab = Tab::new(&app.addresses[0]);
    while app.world.goes_on() {
        let mut jar = Jar::default();
        for _ in 0..AT_ONCE {
            let request = page("GET", "/tollgate/sign-in", &jar.cookie(), "", "");
            let begun = tab.ask(tally, &request).await;
            let begun = begun.and_then(|answer| {
                jar.take(&answer);
                authorization_request(&answer, &app.provider.url).map(drop)
            });
            tally.is_right_or(kind, begun);
            if random.below(2) == 0 {
                jar = Jar::default();
            }
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Forges callbacks and cookies.
async fn forging(app: Arc<App>, seed: u64) {
    let tally = &app.world.tally;
    let mut random = Random::new(seed, 1);
    let mut tab = Tab::new(&app.addresses[0]);
    while app.world.goes_on() {
        let (kind, ended) = match random.below(5) {
            0 => {
                let kind = "an identifier from nowhere";
                let cookie = format!("{SESSION}={}", identifier(&mut random));
                let asked = tab.ask(tally, &Visit::Page.request(&cookie)).await;
                (
                    kind,
                    asked.and_then(|answer| match Visit::Page.requires_sign_in(&answer) {
                        true => Ok(()),
                        false => Err(format!("sign-in is not required: {answer:?}")),
                    }),
                )
            }
            1 => {
                let kind = "a callback of no attempt";
                let (state, name) = (identifier(&mut random), identifier(&mut random));
                let target = format!("/tollgate/callback?code=code.1&state={state}");
                let name = name.get(..8).unwrap_or_default();
                let cookie = format!("{ATTEMPT}{name}={}", identifier(&mut random));
                let asked = tab.ask(tally, &page("GET", &target, &cookie, "", "")).await;
                (kind, asked.and_then(|answer| is_no_sign_in(&answer)))
            }
            2 => {
                let kind = "a malformed callback";
                let query =
                    random.one(&["", "code=a", "state=a&state=b&code=c", "%ff=%00&state=%"]);
                let target = format!("/tollgate/callback?{query}");
                let asked = tab.ask(tally, &page("GET", &target, "", "", "")).await;
                (kind, asked.and_then(|answer| is_no_sign_in(&answer)))
            }
            3 => ("a host that is not the app's", foreign_host(&app, &mut tab).await),
            _ => ("another user's code", stolen_code(&app, &mut tab).await),
        };
        tally.is_right_or(kind, ended);
        sleep(Duration::from_millis(random.number() % 20)).await;
    }
}

async fn foreign_host(app: &App, tab: &mut Tab) -> Result<(), String> {
    let request = page("GET", "/tollgate/sign-in", "", "", "");
    let request = request.replace("X-Forwarded-Host: localhost", "X-Forwarded-Host: evil.example");
    let answer = tab.ask(&app.world.tally, &request).await?;
    match answer.status == 421 && answer.header("set-cookie").is_none() {
        true => Ok(()),
        false => Err(format!("not misdirected: {answer:?}")),
    }
}

/// Begins a sign-in, and answers it with the code of another one.
async fn stolen_code(app: &App, tab: &mut Tab) -> Result<(), String> {
    let mut requests = Vec::new();
    let mut jar = Jar::default();
    for _ in 0..2 {
        let request = page("GET", "/tollgate/sign-in", "", "", "");
        let begun = tab.ask(&app.world.tally, &request).await?;
        jar = Jar::default();
        jar.take(&begun);
        requests.push(authorization_request(&begun, &app.provider.url)?);
    }
    let [of_victim, of_thief] = requests.as_slice() else { return Ok(()) };
    let authorized = app.provider.grants(|grants| grants.authorize(of_victim, "victim", 60));
    let (family, code) = authorized?;
    let target = callback(of_thief, &code, &app.provider.url);
    let answer = tab.ask(&app.world.tally, &page("GET", &target, &jar.cookie(), "", "")).await?;
    app.provider.grants(|grants| grants.forget(family));
    is_no_sign_in(&answer)
}
