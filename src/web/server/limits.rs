//! How long and how much: the bounds of every connection and request.

use std::time::Duration;

/// All limits of the server; the defaults are the product's, tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one client (an IPv6 client is its /64), proxies and loopback apart.
    pub per_client: usize,
    /// Requests worked on at once; more are told to come back.
    pub requests: usize,
    /// Bodies that are being read at once, before their requests are worked on.
    pub bodies: usize,
    /// The same from one client, also behind a trusted proxy.
    pub bodies_per_client: usize,
    /// TLS handshake.
    pub handshake: Duration,
    /// From the first byte of a request (or from the start) to the end of its header.
    pub header: Duration,
    /// The whole body.
    pub body: Duration,
    /// Silence between two requests.
    pub idle: Duration,
    /// A write that makes no progress.
    pub write: Duration,
    /// An answer that is made while it is taken, however slowly somebody takes it.
    pub answer: Duration,
    /// Bytes of a request's header; hyper's smallest buffer is 8 KiB.
    pub header_bytes: usize,
    /// Bytes of a body.
    pub body_bytes: usize,
    /// How long running requests may take after the order to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            per_client: 64,
            requests: 256,
            bodies: 128,
            bodies_per_client: 16,
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(10),
            body: Duration::from_secs(15),
            idle: Duration::from_mins(1),
            write: Duration::from_secs(20),
            answer: Duration::from_mins(30),
            header_bytes: 16 * 1024,
            body_bytes: 64 * 1024,
            drain: Duration::from_secs(30),
        }
    }
}
