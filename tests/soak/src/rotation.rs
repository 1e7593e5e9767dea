//! Rotates the keys and makes the issuer fail, while the server reloads its configuration.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::clients::World;
use crate::http::Connection;
use crate::issuer::{FAULTS, Issuer, Mode, Outages};
use crate::keys::{Key, Standing};
use crate::requests::{Due, Request, check};
use crate::server::{Server, wait_for};

/// The duration of an outage.
const OUTAGE: Duration = Duration::from_millis(1500);

pub struct Rotation {
    issuer: Issuer,
    server: Arc<Server>,
    world: Arc<World>,
    stable: [Arc<Key>; 2],
    done: Done,
}

/// Counts the events.
#[derive(Default)]
pub struct Done {
    pub rotations: u64,
    pub reloads: u64,
    pub outages: Outages,
}

impl Rotation {
    pub fn new(
        issuer: Issuer,
        server: Arc<Server>,
        world: Arc<World>,
        stable: [Arc<Key>; 2],
    ) -> Self {
        let outages = FAULTS.iter().map(|mode| (*mode, 0)).collect();
        let done = Done { outages, ..Done::default() };
        Self { issuer, server, world, stable, done }
    }

    /// Runs until the soak ends.
    pub async fn run(mut self) -> Result<Done, String> {
        let mut current: Option<Arc<Key>> = None;
        while self.world.goes_on() {
            let number = self.done.rotations;
            let next = Key::rotating(number);
            let request = Request::by_key("a rotating key", &next, &self.world.issuer);
            self.world.add_rotating(request.clone());

            // Publish it while the issuer fails, so that the server cannot know it.
            let faults = self.done.outages.len();
            let turn = usize::try_from(number).unwrap_or_default() % faults;
            let (fault, count) = &mut self.done.outages[turn];
            *count += 1;
            self.issuer.set_mode(*fault);
            self.publish([current.as_ref(), Some(&next)]);
            self.reload().await?;
            sleep(OUTAGE).await;

            next.set(Standing::Changing);
            self.issuer.set_mode(Mode::Good);
            self.reload().await?;
            self.settle(&request, Standing::Known).await?;
            next.set(Standing::Known);

            if let Some(old) = current.replace(Arc::clone(&next)) {
                old.set(Standing::Changing);
                self.publish([None, Some(&next)]);
                self.reload().await?;
                let request = Request::by_key("a withdrawn key", &old, &self.world.issuer);
                self.settle(&request, Standing::Unknown).await?;
                old.set(Standing::Unknown);
            }
            self.done.rotations += 1;
        }
        Ok(self.done)
    }

    fn publish(&self, rotating: [Option<&Arc<Key>>; 2]) {
        let keys = self.stable.iter().chain(rotating.into_iter().flatten());
        self.issuer.publish(keys.map(|key| key.jwk()));
    }

    async fn reload(&mut self) -> Result<(), String> {
        self.done.reloads += 1;
        self.server.reload().await
    }

    /// Waits until the answers match the standing of the key.
    async fn settle(&self, request: &Request, standing: Standing) -> Result<(), String> {
        wait_for(request.kind, async || {
            let mut connection = Connection::open(&self.world.address).await.ok()?;
            connection.send(&request.bytes).await.ok()?;
            // The server may have closed the connection to make room for another.
            let answer = connection.answer().await.ok()?;
            let issuer = &self.world.issuer;
            let checked = check(&request.due, Standing::Changing, &answer, issuer);
            self.world.tally.is_right_or(request.kind, checked);
            match &request.due {
                Due::ByKey(_) => check(&request.due, standing, &answer, issuer).ok(),
                _ => None,
            }
        })
        .await
    }
}
