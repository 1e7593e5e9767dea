//! Well-behaved clients of gRPC: checks as Envoy makes them, several at a time on one connection.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use h2::client::SendRequest;
use prost::Message as _;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tollgate_tests::random::Random;

use crate::clients::{TRIES, World, judge, view};
use crate::http::{Answer, Connection, PATIENCE};
use crate::keys::View;
use crate::requests::{FOR_TOKENS, FORGED_USER, Request};
use messages::{
    AttributeContext, CheckRequest, CheckResponse, HeaderMap, HeaderValue, HeaderValueOption,
    HttpRequest, HttpResponse, OVERWRITE_IF_EXISTS_OR_ADD,
};

// The server's own, whose numbers of fields are tested with a real Envoy.
#[path = "../../../cli/src/serve/grpc/messages.rs"]
#[allow(dead_code, reason = "the server has more messages")]
mod messages;

const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
/// The maximum number of calls at a time.
const AT_ONCE: usize = 8;

/// Why a call has no answer.
enum NoAnswer {
    /// The connection was closed before the answer began: retry, as Envoy does.
    Closed,
    Wrong(String),
}

/// Makes calls on a connection that it keeps for a while. Every other client uses the Unix socket.
pub async fn steady(world: Arc<World>, seed: u64) {
    let address = if seed.is_multiple_of(2) { &world.address } else { &world.unix };
    let mut random = Random::new(seed, 0);
    let mut client = None;
    while world.goes_on() {
        let count = 1 + random.below(AT_ONCE);
        let requests = (0..count).map(|_| world.pick(&mut random)).collect();
        ask(&world, address, &mut client, requests).await;
        if random.below(64) == 0 {
            client = None;
        }
        // Lets the server run if there is only one core.
        sleep(Duration::from_millis(random.number() % 8)).await;
    }
}

/// Makes calls at the same time, and checks every answer.
async fn ask(
    world: &World,
    address: &str,
    client: &mut Option<SendRequest<Bytes>>,
    mut requests: Vec<Request>,
) {
    for _ in 0..TRIES {
        let Some(first) = requests.first() else { return };
        let open = match client.take() {
            Some(open) => open,
            None => match connect(address).await {
                Ok(Some(open)) => open,
                // The server made room for another connection.
                Ok(None) => continue,
                Err(error) => {
                    world.tally.wrong(first.kind, format_args!("no connection: {error}"));
                    return;
                }
            },
        };
        let mut calls = JoinSet::new();
        for request in std::mem::take(&mut requests) {
            let before = view(&request);
            calls.spawn(answered(open.clone(), request, before));
        }
        while let Some(ended) = calls.join_next().await {
            match ended {
                Ok((request, before, Ok(answer))) => {
                    let kind = match answer.status {
                        200 => "a check over gRPC, which passes",
                        _ => "a check over gRPC, which is refused",
                    };
                    judge(world, &request, kind, before, &answer);
                }
                Ok((request, _, Err(NoAnswer::Closed))) => {
                    world.tally.right("(retried on another connection)");
                    requests.push(request);
                }
                Ok((request, _, Err(NoAnswer::Wrong(how)))) => {
                    world.tally.wrong(request.kind, format_args!("over gRPC: {how}"));
                }
                Err(error) => world.tally.wrong("a client of gRPC", error),
            }
        }
        if requests.is_empty() {
            *client = Some(open);
        }
    }
    if let Some(first) = requests.first() {
        world.tally.wrong(first.kind, format_args!("not answered on {TRIES} connections"));
    }
}

/// Opens a connection. Returns nothing if the server closes it at once.
async fn connect(address: &str) -> io::Result<Option<SendRequest<Bytes>>> {
    let stream = Connection::open_any(address).await?.stream;
    let Ok((client, connection)) = h2::client::handshake(stream).await else { return Ok(None) };
    // Its calls learn how it ends.
    tokio::spawn(connection);
    Ok(Some(client))
}

async fn answered(
    client: SendRequest<Bytes>,
    request: Request,
    before: Option<View>,
) -> (Request, Option<View>, Result<Answer, NoAnswer>) {
    let called = timeout(PATIENCE, call(client, body(&request))).await;
    let late = || NoAnswer::Wrong("no answer in time".to_owned());
    (request, before, called.unwrap_or_else(|_| Err(late())))
}

/// Makes a call, and reads its answer as that of `/auth`.
async fn call(client: SendRequest<Bytes>, body: Bytes) -> Result<Answer, NoAnswer> {
    let head = http::Request::post(format!("http://tollgate{CHECK}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .map_err(wrong)?;
    let mut client = client.ready().await.map_err(before_answer)?;
    let (response, mut sender) = client.send_request(head, false).map_err(before_answer)?;
    // The response says how it ends.
    let _ = sender.send_data(body, true);
    let (head, mut stream) = response.await.map_err(before_answer)?.into_parts();
    let mut frame = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data.map_err(wrong)?;
        stream.flow_control().release_capacity(data.len()).map_err(wrong)?;
        frame.extend_from_slice(&data);
    }
    let trailers = stream.trailers().await.map_err(wrong)?;
    let status = trailers.as_ref().and_then(|trailers| trailers.get("grpc-status"));
    if head.status != 200 || status.is_none_or(|status| status != "0") {
        return Err(wrong(format!("{head:?} with the trailers {trailers:?}")));
    }
    read(&frame).map_err(wrong)
}

/// A connection may end at any time between two answers.
fn before_answer(error: h2::Error) -> NoAnswer {
    let is_goodbye = error.is_go_away() && error.reason() == Some(Reason::NO_ERROR);
    let is_refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    match error.is_io() || is_goodbye || is_refused {
        true => NoAnswer::Closed,
        false => wrong(error),
    }
}

fn wrong(how: impl ToString) -> NoAnswer {
    NoAnswer::Wrong(how.to_string())
}

/// The frame of a check with the request's headers, as `encode_raw_headers` has Envoy write them.
fn body(request: &Request) -> Bytes {
    let values = request.authorization.iter().map(|value| ("authorization", value.as_str()));
    let fields = [(":path", FOR_TOKENS), (":method", "GET"), FORGED_USER].into_iter().chain(values);
    let headers = fields.map(|(key, value)| HeaderValue {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: Bytes::new(),
        raw_value: Bytes::copy_from_slice(value.as_bytes()),
    });
    let http = HttpRequest {
        method: Bytes::from_static(b"GET"),
        headers: Vec::new(),
        path: Bytes::from_static(FOR_TOKENS.as_bytes()),
        host: Bytes::from_static(b"gate"),
        header_map: Some(HeaderMap { headers: headers.collect() }),
    };
    let request = Some(messages::Request { http: Some(http) });
    let message = CheckRequest { attributes: Some(AttributeContext { request }) }.encode_to_vec();
    let len = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0][..], &len.to_be_bytes(), &message].concat().into()
}

/// Reads a frame with a `CheckResponse` as what Envoy makes of it.
fn read(frame: &[u8]) -> Result<Answer, String> {
    let message = match frame.split_first_chunk() {
        Some((&[0, a, b, c, d], message))
            if usize::try_from(u32::from_be_bytes([a, b, c, d])) == Ok(message.len()) =>
        {
            message
        }
        _ => return Err(format!("not one message: {frame:?}")),
    };
    let response = CheckResponse::decode(message).map_err(|error| error.to_string())?;
    let code = response.status.ok_or("no status, so that every request passes")?.code;
    match (code, response.http_response) {
        (0, Some(HttpResponse::Ok(ok))) if ok.headers_to_remove.is_empty() => {
            Ok(Answer::new(200, replaced(ok.headers)?, Vec::new()))
        }
        (1.., Some(HttpResponse::Denied(denied))) => {
            let status = denied.status.map_or(403, |status| status.code);
            let status = u16::try_from(status).map_err(|error| error.to_string())?;
            Ok(Answer::new(status, replaced(denied.headers)?, denied.body.into_bytes()))
        }
        _ => Err(format!("the code {code} does not fit the response")),
    }
}

/// The headers, each of which must replace those of its name.
fn replaced(headers: Vec<HeaderValueOption>) -> Result<Vec<(String, String)>, String> {
    let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string());
    let headers = headers.into_iter().map(|option| match option.header {
        Some(header) if option.append_action == OVERWRITE_IF_EXISTS_OR_ADD => {
            Ok((text(header.key)?, text(header.value)?))
        }
        _ => Err("a header is added beside those of its name".to_owned()),
    });
    headers.collect()
}
