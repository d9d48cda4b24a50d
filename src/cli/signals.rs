//! What a signal does to a running service: SIGTERM and SIGINT stop it, SIGHUP makes it read again.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The three signals of a service.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    reload: Signal,
}

impl Signals {
    /// Takes them over from the system, which would end the program at once.
    ///
    /// # Errors
    /// The system refuses.
    pub(super) fn watch() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
        })
    }

    /// Cancels `stop` at the order to stop; until then does `reload` at each SIGHUP. Ends with `stop`.
    pub(super) async fn heed(mut self, stop: CancellationToken, reload: impl AsyncFn()) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                _ = self.reload.recv() => reload().await,
                () = stop.cancelled() => return,
            }
        }
        tracing::info!("stopping: running requests may finish");
        stop.cancel();
    }
}
