//! [`Arrivals`]: waits until the requests of a connection are complete.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Version};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::http2;
use crate::serve::limits::Limits;

/// How many times the maximum length of a head the incomplete requests of a connection may take together.
const MAX_INCOMPLETE: usize = 8;

/// What a header field takes beside its name and its value, in bytes, rounded up.
const FIELD_OVERHEAD: usize = 128;

/// An extension of requests: incomplete ones have left no room for this one, so its body is missing.
#[derive(Clone, Copy, Debug)]
pub(in crate::serve) struct NoRoom;

/// The requests of a connection that are not complete yet.
///
/// A request of HTTP/1.1 is complete with its head, since nothing reads its body. A request of HTTP/2 has a message.
/// Until it is complete, its connection counts as waiting, so that a client cannot keep its place by sending
/// slowly.
pub(in crate::serve) struct Arrivals {
    most: usize,
    patience: Duration,
    /// The number of bytes that incomplete requests may still take.
    room: Arc<Semaphore>,
}

impl Arrivals {
    pub(in crate::serve) fn new(limits: &Limits) -> Self {
        let room = limits.max_header_bytes.saturating_mul(MAX_INCOMPLETE);
        Self {
            most: http2::most_body_bytes(limits),
            patience: limits.idle_timeout,
            room: Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// Waits until a request is complete. If it is too long or too slow, only its beginning is left, which is no
    /// complete message.
    pub(in crate::serve) async fn next(&self, request: Request<Incoming>) -> Request<Body> {
        if request.version() != Version::HTTP_2 {
            return request.map(Body::new);
        }
        let (mut head, body) = request.into_parts();
        if body.is_end_stream() {
            return Request::from_parts(head, Body::empty());
        }
        let body = self.body(&head.headers, body).await.unwrap_or_else(|no_room| {
            head.extensions.insert(no_room);
            Bytes::new()
        });
        Request::from_parts(head, Body::from(body))
    }

    async fn body(&self, head: &HeaderMap, mut body: Incoming) -> Result<Bytes, NoRoom> {
        let texts =
            head.iter().map(|(name, value)| name.as_str().len().saturating_add(value.len()));
        let overhead = head.len().saturating_mul(FIELD_OVERHEAD);
        let mut taken = self.take(texts.sum::<usize>().saturating_add(overhead))?;
        let mut beginning = BytesMut::new();
        let rest = async {
            while let Some(Ok(frame)) = body.frame().await {
                // Trailers end a body.
                let Ok(data) = frame.into_data() else { break };
                taken.merge(self.take(data.len())?);
                beginning.extend_from_slice(&data);
                if beginning.len() >= self.most {
                    break;
                }
            }
            Ok(())
        };
        timeout(self.patience, rest).await.unwrap_or(Ok(()))?;
        Ok(beginning.freeze())
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, NoRoom> {
        let bytes = u32::try_from(bytes).map_err(|_| NoRoom)?;
        Arc::clone(&self.room).try_acquire_many_owned(bytes).map_err(|_| NoRoom)
    }
}
