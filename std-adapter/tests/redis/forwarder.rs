//! What is between the store and redis: a name that leads elsewhere after a fail-over, and a slow network.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tollgate::sign_in::Secret;

/// Forwards connections to redis.
pub(crate) struct Forwarder {
    port: u16,
    state: Arc<Mutex<State>>,
}

pub(crate) struct State {
    /// Where new connections lead.
    pub(crate) port: u16,
    /// How long a new connection is silent.
    pub(crate) delay: Duration,
}

impl Forwarder {
    pub(crate) async fn start(port: u16) -> Self {
        let state = Arc::new(Mutex::new(State { port, delay: Duration::ZERO }));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let this = Self { port: listener.local_addr().unwrap().port(), state: Arc::clone(&state) };
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (port, delay) = {
                    let state = state.lock().unwrap();
                    (state.port, state.delay)
                };
                tokio::spawn(async move {
                    sleep(delay).await;
                    let mut far = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        this
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn url(&self) -> Secret {
        Secret::new(format!("redis://127.0.0.1:{}", self.port))
    }
}
