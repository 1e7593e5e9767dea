//! Checks over gRPC, as Envoy sends them: envoy.service.auth.v3.Authorization/Check.

use std::time::Instant;

use bytes::Bytes;
use h2::client::SendRequest;
use prost::Message as _;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, LocalSet};

use crate::work::Work;
use messages::{
    AttributeContext, CheckRequest, CheckResponse, HeaderMap, HeaderValue, HttpRequest,
    HttpResponse, Request,
};

// The server's own, whose numbers of fields are tested with a real Envoy.
#[path = "../../../../../cli/src/serve/grpc/messages.rs"]
#[allow(dead_code, reason = "the server has more messages")]
mod messages;

const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
/// The length of a frame's flag and length.
const PREFIX_LEN: usize = 5;

/// The body of a call about a request for this path. The header fields are those that `envoy-grpc.yaml` lets
/// through.
pub(crate) fn check(path: &str, token: &str) -> Bytes {
    let field = |(key, value): (&'static str, String)| HeaderValue {
        key: Bytes::from_static(key.as_bytes()),
        value: Bytes::new(),
        raw_value: value.into(),
    };
    let mut fields = vec![
        (":authority", "gate".to_owned()),
        (":path", path.to_owned()),
        (":method", "GET".to_owned()),
        (":scheme", "http".to_owned()),
        ("x-request-id", "5d6a2a4e-7f0f-4f0e-9b55-3a0d3f3f2f6b".to_owned()),
    ];
    if !token.is_empty() {
        fields.push(("authorization", format!("Bearer {token}")));
    }
    let http = HttpRequest {
        method: Bytes::from_static(b"GET"),
        headers: Vec::new(),
        path: path.to_owned().into(),
        host: Bytes::from_static(b"gate"),
        header_map: Some(HeaderMap { headers: fields.into_iter().map(field).collect() }),
    };
    let request = Some(Request { http: Some(http) });
    let message = CheckRequest { attributes: Some(AttributeContext { request }) };
    let len = u32::try_from(message.encoded_len()).unwrap_or(u32::MAX);
    [&[0][..], &len.to_be_bytes(), &message.encode_to_vec()].concat().into()
}

/// Makes all calls over this many connections, with this many streams each.
pub(crate) async fn ask(
    work: &Work,
    address: &str,
    connections: usize,
    streams: usize,
) -> Result<(), String> {
    let tasks = LocalSet::new();
    let asking = tasks.run_until(async {
        let mut asking: Vec<JoinHandle<Result<(), String>>> = Vec::new();
        for _ in 0..connections {
            let client = open(address).await?;
            for _ in 0..streams {
                let (work, client) = (work.clone(), client.clone());
                asking.push(tokio::task::spawn_local(async move {
                    let mut client = client;
                    while let Some(request) = work.next() {
                        let begun = Instant::now();
                        let response = call(&mut client, request.bytes.clone()).await?;
                        let names = |user: &str| names(&response, user);
                        let checked = request.check(status(&response), names);
                        work.answered(begun.elapsed(), checked);
                    }
                    Ok(())
                }));
            }
        }
        for ended in asking {
            ended.await.map_err(|error| error.to_string())??;
        }
        Ok(())
    });
    asking.await
}

/// Opens connections, makes one call on each, and returns them.
pub(crate) async fn hold(
    work: &Work,
    address: &str,
    connections: usize,
) -> Result<Vec<impl Sized + use<>>, String> {
    let mut held = Vec::with_capacity(connections);
    while let Some(request) = work.next() {
        let mut client = open(address).await?;
        let begun = Instant::now();
        let response = call(&mut client, request.bytes.clone()).await?;
        let checked = request.check(status(&response), |user| names(&response, user));
        work.answered(begun.elapsed(), checked);
        held.push(client);
    }
    Ok(held)
}

async fn open(address: &str) -> Result<SendRequest<Bytes>, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let opened = h2::client::handshake(stream).await;
    let (client, connection) = opened.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    Ok(client)
}

async fn call(client: &mut SendRequest<Bytes>, body: Bytes) -> Result<CheckResponse, String> {
    let called = async {
        let request = http::Request::post(format!("http://tollgate{CHECK}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("grpc-timeout", "3000m")
            .body(())
            .map_err(|error| error.to_string())?;
        let failed = |error: h2::Error| error.to_string();
        *client = client.clone().ready().await.map_err(failed)?;
        let (response, mut sender) = client.send_request(request, false).map_err(failed)?;
        sender.send_data(body, true).map_err(failed)?;
        let (head, mut stream) = response.await.map_err(failed)?.into_parts();
        let mut message = Vec::new();
        while let Some(data) = stream.data().await {
            let data = data.map_err(failed)?;
            stream.flow_control().release_capacity(data.len()).map_err(failed)?;
            message.extend_from_slice(&data);
        }
        let trailers = stream.trailers().await.map_err(failed)?.unwrap_or(head.headers);
        match trailers.get("grpc-status").map(http::HeaderValue::as_bytes) {
            Some(b"0") => {}
            other => return Err(format!("grpc-status is {other:?}")),
        }
        let message = message.get(PREFIX_LEN..).unwrap_or_default();
        CheckResponse::decode(message).map_err(|error| error.to_string())
    };
    called.await.map_err(|error: String| format!("a call failed: {error}"))
}

/// The status that a proxy would answer with: 200 if the request passes.
fn status(response: &CheckResponse) -> u16 {
    match &response.http_response {
        Some(HttpResponse::Denied(denied)) => {
            let code = denied.status.as_ref().map_or(403, |status| status.code);
            u16::try_from(code).unwrap_or_default()
        }
        Some(HttpResponse::Ok(_)) if response.status.as_ref().is_some_and(|it| it.code == 0) => 200,
        _ => 0,
    }
}

/// Whether the headers of a permission name this user.
fn names(response: &CheckResponse, user: &str) -> bool {
    let Some(HttpResponse::Ok(ok)) = &response.http_response else { return false };
    let headers = ok.headers.iter().filter_map(|option| option.header.as_ref());
    headers.filter(|header| header.key == "x-auth-request-user").any(|header| header.value == user)
}
