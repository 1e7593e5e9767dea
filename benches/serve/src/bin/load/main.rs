//! Sends a fixed number of requests to a server, checks every answer, and prints figures as one line of JSON.
//! Or holds idle connections open: `--hold`.
//!
//! One thread, so that it takes at most one core from the server. Each connection, or each stream of HTTP/2,
//! waits for an answer before it sends the next request.

mod grpc;
mod http1;
mod requests;
mod work;

use std::io::Read as _;
use std::process::ExitCode;

use requests::Requests;
use work::Work;

const USAGE: &str = "\
usage: load http1|grpc ADDRESS PATH --requests FILE [--count N] [--connections N] [--streams N] [--hold]

FILE        a request on each line: its token, the status of the answer, and the user that it names, with
            tabs between them
--count     the number of requests [default: 1000]; they come from FILE, again and again
--streams   the requests under way on a connection of HTTP/2 [default: 1]
--hold      sends one request on each connection, prints a line, and keeps the connections until its input
            ends";

/// What the command line says.
struct Arguments {
    is_grpc: bool,
    address: String,
    path: String,
    requests: String,
    count: usize,
    connections: usize,
    streams: usize,
    is_holding: bool,
}

impl Arguments {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let is_grpc = match arguments.next()?.as_str() {
            "http1" => false,
            "grpc" => true,
            _ => return None,
        };
        let (address, path) = (arguments.next()?, arguments.next()?);
        let (count, connections, streams) = (1000, 1, 1);
        let requests = String::new();
        let is_holding = false;
        let mut parsed =
            Self { is_grpc, address, path, requests, count, connections, streams, is_holding };
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--requests" => parsed.requests = arguments.next()?,
                "--count" => parsed.count = arguments.next()?.parse().ok()?,
                "--connections" => parsed.connections = arguments.next()?.parse().ok()?,
                "--streams" => parsed.streams = arguments.next()?.parse().ok()?,
                "--hold" => parsed.is_holding = true,
                _ => return None,
            }
        }
        (!parsed.requests.is_empty()).then_some(parsed)
    }
}

fn main() -> ExitCode {
    let Some(arguments) = Arguments::parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let done = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(run(&arguments)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), String> {
    let requests = match arguments.is_grpc {
        true => Requests::read(&arguments.requests, |token| grpc::check(&arguments.path, token)),
        false => Requests::read(&arguments.requests, |token| http1::head(&arguments.path, token)),
    }?;
    // Each connection has its share, so that all of them are in use before they are held.
    let count = match arguments.is_holding {
        true => arguments.connections,
        false => arguments.count,
    };
    let work = Work::new(requests, count);
    let connections = arguments.connections;
    let held: Held = match arguments.is_grpc {
        true if arguments.is_holding => {
            Box::new(grpc::hold(&work, &arguments.address, connections).await?)
        }
        true => {
            Box::new(grpc::ask(&work, &arguments.address, connections, arguments.streams).await?)
        }
        false if arguments.is_holding => {
            Box::new(http1::hold(&work, &arguments.address, connections).await?)
        }
        false => Box::new(http1::ask(&work, &arguments.address, connections).await?),
    };
    println!("{}", work.report());
    if arguments.is_holding {
        // The caller looks at the server now.
        let _ = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
    }
    drop(held);
    Ok(())
}

/// Open connections.
type Held = Box<dyn std::any::Any>;
