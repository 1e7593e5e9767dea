//! The limits of HTTP/2 connections.

use hyper::server::conn::http2;
use hyper_util::rt::TokioExecutor;

use crate::serve::grpc;
use crate::serve::limits::Limits;

/// The maximum number of requests in flight. Proxies open another connection for more.
pub(super) const MAX_STREAMS: u32 = 128;

/// The maximum number of streams that a client has reset before the server has seen their requests (CVE-2023-44487).
const MAX_RESETS_BY_CLIENT: usize = 20;

/// The maximum number of streams that the server has reset because of the client's errors (RUSTSEC-2024-0003).
const MAX_RESETS_BY_SERVER: usize = 128;

/// How many bytes of responses a stream buffers. Refusals take a few hundred.
const MAX_SEND_BUFFER: usize = 64 * 1024;

/// The smallest window that RFC 9113 §6.9.2 allows a connection.
const LEAST_WINDOW: u32 = 65_535;

/// A builder of connections with limits. A connection that exceeds one is told so (GOAWAY) and closed.
///
/// Header lists are as long as the heads of HTTP/1.1. The number of CONTINUATION frames follows from that
/// (CVE-2024-27316).
pub(super) fn builder(limits: &Limits) -> http2::Builder<TokioExecutor> {
    let most = u32::try_from(limits.max_header_bytes).unwrap_or(u32::MAX);
    let message = u32::try_from(most_body_bytes(limits)).unwrap_or(u32::MAX);
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(most)
        .max_pending_accept_reset_streams(MAX_RESETS_BY_CLIENT)
        .max_local_error_reset_streams(MAX_RESETS_BY_SERVER)
        .initial_stream_window_size(message)
        .initial_connection_window_size(message.saturating_mul(2).max(LEAST_WINDOW))
        .max_send_buf_size(MAX_SEND_BUFFER);
    builder
}

/// The maximum length of a body: of a message that is as long as a head of HTTP/1.1.
pub(super) const fn most_body_bytes(limits: &Limits) -> usize {
    limits.max_header_bytes.saturating_add(grpc::PREFIX_LEN)
}
