//! A gateway on a microcontroller: an HTTP service that verifies the bearer token of each request,
//! without a heap and without an operating system.
#![no_std]
#![no_main]

mod access;
mod clock;
mod connection;
mod lan9118;
mod registers;
mod request;
mod response;
mod stack_report;

use smoltcp::iface::{Config, Interface, PollIngressSingleResult, SocketSet, SocketStorage};
use smoltcp::socket::tcp::{Socket, SocketBuffer};
use smoltcp::time::Duration;
use smoltcp::wire::{IpCidr, Ipv4Address, Ipv4Cidr};
use static_cell::ConstStaticCell;
use tollgate_firmware::console::print;
use tollgate_firmware::{board, stack};

use crate::access::Access;
use crate::clock::Clock;
use crate::connection::Connection;
use crate::lan9118::Lan9118;
use crate::request::MAX_HEAD_LEN;
use crate::stack_report::StackReport;

/// The address in QEMU's user network.
const ADDRESS: Ipv4Cidr = Ipv4Cidr::new(Ipv4Address::new(10, 0, 2, 15), 24);
const ROUTER: Ipv4Address = Ipv4Address::new(10, 0, 2, 2);

/// Concurrent connections. A slow client occupies one of them, not the whole service.
const CONNECTIONS: usize = 4;
/// Frames to receive before timeouts are checked again: a flood of frames must not delay timeouts.
const FRAMES: usize = 16;
/// Timeout for a client to acknowledge a response.
const SILENCE: Duration = Duration::from_secs(10);

/// All memory except the stack: 36 KiB.
struct Memory {
    frames: lan9118::Buffers,
    received: [[u8; connection::RECEIVE_LEN]; CONNECTIONS],
    sent: [[u8; response::MAX_LEN]; CONNECTIONS],
    head: [u8; MAX_HEAD_LEN],
    token: access::Memory,
}

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory {
    frames: lan9118::Buffers::new(),
    received: [[0; _]; _],
    sent: [[0; _]; _],
    head: [0; _],
    token: access::Memory::new(),
});

#[unsafe(no_mangle)]
fn program() -> ! {
    stack::fill();
    let Some(memory) = MEMORY.try_take() else { fail("the memory is taken") };
    let Some(access) = Access::new(&mut memory.token) else { fail("no keys") };
    let Some(device) = Lan9118::start(&mut memory.frames) else { fail("no Ethernet controller") };
    let mut storage = [const { SocketStorage::EMPTY }; CONNECTIONS];
    let mut sockets = SocketSet::new(&mut storage[..]);
    let buffers = memory.received.iter_mut().zip(&mut memory.sent);
    for (received, sent) in buffers {
        sockets.add(socket(received, sent));
    }
    serve(device, sockets, access, &mut memory.head)
}

fn socket<'m>(received: &'m mut [u8], sent: &'m mut [u8]) -> Socket<'m> {
    let mut socket = Socket::new(SocketBuffer::new(received), SocketBuffer::new(sent));
    socket.set_timeout(Some(SILENCE));
    // Send responses and the end of a connection at once.
    socket.set_nagle_enabled(false);
    socket.set_ack_delay(None);
    socket
}

fn serve(
    mut device: Lan9118<'_>,
    mut sockets: SocketSet<'_>,
    mut access: Access<'_>,
    head: &mut [u8; MAX_HEAD_LEN],
) -> ! {
    let mut clock = Clock::start();
    let mut interface = interface(&mut device, &mut clock);
    let mut connections = [const { Connection::new() }; CONNECTIONS];
    let mut report = StackReport::new();
    loop {
        let now = clock.now();
        interface.poll_maintenance(now);
        for _ in 0..FRAMES {
            let received = interface.poll_ingress_single(now, &mut device, &mut sockets);
            if received == PollIngressSingleResult::None {
                break;
            }
        }
        interface.poll_egress(now, &mut device, &mut sockets);
        for ((_, socket), connection) in sockets.iter_mut().zip(&mut connections) {
            let smoltcp::socket::Socket::Tcp(socket) = socket;
            connection.advance(socket, now, head, &mut access);
        }
        report.write_sometimes(now);
    }
}

fn interface(device: &mut Lan9118<'_>, clock: &mut Clock) -> Interface {
    let mut config = Config::new(device.address().into());
    // This board has no source of randomness, so sequence numbers can be guessed. A product uses its
    // random number generator here.
    config.random_seed = device.counter().into();
    let mut interface = Interface::new(config, device, clock.now());
    interface.update_ip_addrs(|addresses| {
        // Cannot fail: there is room for two.
        let _ = addresses.push(IpCidr::Ipv4(ADDRESS));
    });
    // Cannot fail: there is room for two of these as well.
    let _ = interface.routes_mut().add_default_ipv4_route(ROUTER);
    interface
}

fn fail(what: &str) -> ! {
    for text in ["error: ", what, "\n"] {
        print(text);
    }
    board::exit(false)
}
