//! A client of gRPC.

use bytes::Bytes;
use prost::Message;
use tokio::net::TcpStream;

use super::messages::{
    AttributeContext, CheckRequest, CheckResponse, HeaderMap, HeaderValue, HeaderValueOption,
    HealthCheckRequest, HealthCheckResponse, HttpRequest, HttpResponse, OVERWRITE_IF_EXISTS_OR_ADD,
    Request,
};
use crate::server::Server;

pub(super) const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
pub(super) const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// A response with its trailers.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    trailers: http::HeaderMap,
}

impl Response {
    pub(super) fn trailer(&self, name: &str) -> Option<&str> {
        self.trailers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Makes a call.
pub(super) fn call(
    server: &Server,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Response {
    let mut request =
        http::Request::post(format!("http://{}{path}", server.address)).header("te", "trailers");
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", "application/grpc");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(server, request.body(()).unwrap(), Some(body))
}

/// Asks over HTTP/2.
pub(super) fn get(server: &Server, target: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = http::Request::get(format!("http://{}{target}", server.address));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(server, request.body(()).unwrap(), None)
}

fn send(server: &Server, request: http::Request<()>, body: Option<Vec<u8>>) -> Response {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = TcpStream::connect(&server.address).await.unwrap();
        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let mut client = client.ready().await.unwrap();
        let (response, mut sender) = client.send_request(request, body.is_none()).unwrap();
        if let Some(body) = body {
            // The server may answer before it has read everything.
            let _ = sender.send_data(body.into(), true);
        }
        let (head, mut stream) = response.await.unwrap().into_parts();
        let mut body = Vec::new();
        while let Some(data) = stream.data().await {
            body.extend_from_slice(&data.unwrap());
        }
        let trailers = stream.trailers().await.unwrap().unwrap_or(head.headers);
        Response { status: head.status.as_u16(), body, trailers }
    })
}

pub(super) fn framed(message: &[u8]) -> Vec<u8> {
    let len = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &len, message].concat()
}

/// The health of a service, or the error of gRPC.
pub(super) fn health(server: &Server, service: &str) -> Result<i32, String> {
    let request = HealthCheckRequest { service: Bytes::copy_from_slice(service.as_bytes()) };
    let response = call(server, HEALTH, &[], framed(&request.encode_to_vec()));
    match response.trailer("grpc-status").unwrap() {
        "0" => Ok(HealthCheckResponse::decode(&response.body[5..]).unwrap().status),
        error => Err(error.to_owned()),
    }
}

/// A check.
pub(super) struct Check {
    http: HttpRequest,
    timeout: String,
}

impl Check {
    pub(super) fn new(method: &str, path: &str) -> Self {
        let text = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let http = HttpRequest { method: text(method), path: text(path), ..HttpRequest::default() };
        Self { http, timeout: "30S".to_owned() }
    }

    /// An entry of `headers`.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        let [key, value] = [name, value].map(|text| Bytes::copy_from_slice(text.as_bytes()));
        self.http.headers.push(HeaderValue { key, value, raw_value: Bytes::new() });
        self
    }

    /// An entry of `header_map`.
    pub(super) fn raw_header(mut self, name: &str, value: &str) -> Self {
        let [key, raw_value] = [name, value].map(|text| Bytes::copy_from_slice(text.as_bytes()));
        let map = self.http.header_map.get_or_insert_with(HeaderMap::default);
        map.headers.push(HeaderValue { key, value: Bytes::new(), raw_value });
        self
    }

    pub(super) fn timeout(mut self, timeout: &str) -> Self {
        self.timeout = timeout.to_owned();
        self
    }

    /// The body of the call.
    pub(super) fn encoded(self) -> Vec<u8> {
        let request = Some(Request { http: Some(self.http) });
        framed(&CheckRequest { attributes: Some(AttributeContext { request }) }.encode_to_vec())
    }

    pub(super) fn ask(self, server: &Server) -> Reply {
        let timeout = self.timeout.clone();
        Reply::of(call(server, CHECK, &[("grpc-timeout", &timeout)], self.encoded()))
    }
}

/// The answer to a check.
pub(super) struct Reply(CheckResponse);

impl Reply {
    /// Reads a response, which must not be an error of gRPC.
    pub(super) fn of(response: Response) -> Self {
        assert_eq!((response.status, response.trailer("grpc-status")), (200, Some("0")));
        assert_eq!(
            response.body.len(),
            5 + usize::from(response.body[4]) + 256 * usize::from(response.body[3])
        );
        Self(CheckResponse::decode(&response.body[5..]).unwrap())
    }

    /// The code of gRPC in the message.
    pub(super) fn code(&self) -> i32 {
        self.0.status.as_ref().unwrap().code
    }

    /// The HTTP status of a refusal.
    pub(super) fn status(&self) -> u16 {
        match self.0.http_response.as_ref().unwrap() {
            HttpResponse::Denied(denied) => {
                denied.status.as_ref().unwrap().code.try_into().unwrap()
            }
            HttpResponse::Ok(_) => panic!("the request passes"),
        }
    }

    pub(super) fn body(&self) -> &str {
        match self.0.http_response.as_ref().unwrap() {
            HttpResponse::Denied(denied) => &denied.body,
            HttpResponse::Ok(_) => panic!("the request passes"),
        }
    }

    /// The value of a header that replaces all others of its name.
    pub(super) fn overwritten(&self, name: &str) -> Option<String> {
        let headers: &[HeaderValueOption] = match self.0.http_response.as_ref().unwrap() {
            HttpResponse::Denied(denied) => &denied.headers,
            HttpResponse::Ok(ok) => &ok.headers,
        };
        let option = headers.iter().find(|option| option.header.as_ref().unwrap().key == name)?;
        assert_eq!(option.append_action, OVERWRITE_IF_EXISTS_OR_ADD);
        let value = option.header.as_ref().unwrap().value.to_vec();
        Some(String::from_utf8(value).unwrap())
    }

    /// The names of the headers to remove.
    pub(super) fn removed(&self) -> Vec<String> {
        match self.0.http_response.as_ref().unwrap() {
            HttpResponse::Ok(ok) => {
                let names = ok.headers_to_remove.iter();
                names.map(|name| String::from_utf8(name.to_vec()).unwrap()).collect()
            }
            HttpResponse::Denied(_) => panic!("the request is refused"),
        }
    }
}
