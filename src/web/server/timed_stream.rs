//! A connection whose reads and writes cannot stand still: the timers that hyper does not have.
//!
//! What a silence means depends on the [`Stage`]: before and between requests it may last for a
//! while, within a header the whole header has one deadline, and while a request is worked on its
//! body has a deadline elsewhere (`body`). Somebody slow in a header is told so (408).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::guests::{Guest, Stage};
use super::limits::Limits;

const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A stream with deadlines.
pub struct TimedStream<S> {
    inner: S,
    guest: Arc<Guest>,
    limits: Limits,
    read_deadline: Pin<Box<Sleep>>,
    armed_for: Stage,
    write_deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> TimedStream<S> {
    /// Watches over `inner`.
    pub fn new(inner: S, guest: Arc<Guest>, limits: Limits) -> Self {
        Self {
            inner,
            guest,
            limits,
            read_deadline: Box::pin(sleep_until(Instant::now() + limits.header)),
            armed_for: Stage::Fresh,
            write_deadline: None,
        }
    }

    /// Sets the deadline that belongs to the stage, once per stage.
    fn arm(&mut self, stage: Stage) {
        if self.armed_for != stage {
            self.armed_for = stage;
            let patience = match stage {
                Stage::Idle => self.limits.idle,
                Stage::Fresh | Stage::Header | Stage::Busy => self.limits.header,
            };
            self.read_deadline.as_mut().reset(Instant::now() + patience);
        }
    }
}

impl<S: AsyncWrite + Unpin> TimedStream<S> {
    /// Tells somebody who is slow in a header; whether it arrives does not matter any more.
    fn say_too_slow(&mut self, cx: &mut Context<'_>) {
        if Pin::new(&mut self.inner)
            .poll_write(cx, REQUEST_TIMEOUT)
            .is_ready()
        {
            drop(Pin::new(&mut self.inner).poll_flush(cx));
        }
    }

    /// Passes a write's answer on, unless writing has stood still for too long.
    fn watch_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        answer: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if answer.is_ready() {
            self.write_deadline = None;
            return answer;
        }
        let patience = self.limits.write;
        let deadline = self
            .write_deadline
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + patience)));
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let answer = Pin::new(&mut this.inner).poll_read(cx, buffer);
        let stage = this.guest.stage();
        this.arm(stage);
        if answer.is_ready() {
            let came = buffer.filled().len() > before;
            if came && matches!(stage, Stage::Fresh | Stage::Idle) {
                this.guest.set_stage(Stage::Header);
                this.arm(Stage::Header);
            }
            return answer;
        }
        if stage == Stage::Busy {
            return Poll::Pending;
        }
        ready!(this.read_deadline.as_mut().poll(cx));
        if stage == Stage::Header {
            this.say_too_slow(cx);
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let answer = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watch_write(cx, answer)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let answer = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.watch_write(cx, answer)
    }
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let answer = Pin::new(&mut self.inner).poll_flush(cx);
        self.watch_write(cx, answer)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let answer = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.watch_write(cx, answer)
    }
}
