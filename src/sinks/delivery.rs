//! Brings one sink everything, in order, from where it is on: again and again until it is taken.

use super::back_off::BackOff;
use super::batch::Batch;
use super::outlet::Outlet;
use super::problem::SinkProblem;
use crate::store::{RequiredSink, SinkPosition, Store, StoreError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// How far a sink is is noted no more often, unless it is so many records further.
const NOTE_EVERY: Duration = Duration::from_secs(1);
/// What is sent again after a crash stays small, however often one comes.
const NOTE_AFTER: u64 = 100;
/// How long delivering goes on after the order to stop.
const LAST_DELIVERIES: Duration = Duration::from_secs(3);
/// A look into the database.
const READING: Duration = Duration::from_secs(10);

/// A sink that was there for so long is tried again soon when it goes away.
const STEADY: Duration = Duration::from_secs(2);

/// The way to one sink.
pub(super) struct Delivery<'a> {
    name: &'a str,
    required: Option<&'a RequiredSink>,
    outlet: Outlet,
    store: &'a Store,
    grown: watch::Receiver<()>,
    /// Everything before it was handed over.
    at: SinkPosition,
    /// A batch that was not taken: it is sent again as it is.
    pending: Option<Batch>,
    /// Lines in a batch: fewer than there could be once some were too much for it.
    most: usize,
    noted: SinkPosition,
    noted_at: Instant,
    back_off: BackOff,
    there_since: Option<Instant>,
    away_since: Option<Instant>,
    /// Why it is away, as it was said last.
    told: Option<SinkProblem>,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(
        name: &'a str,
        required: Option<&'a RequiredSink>,
        outlet: Outlet,
        store: &'a Store,
    ) -> Self {
        Self {
            name,
            required,
            outlet,
            store,
            grown: store.grown(),
            at: SinkPosition::default(),
            pending: None,
            most: usize::MAX,
            noted: SinkPosition::default(),
            noted_at: Instant::now(),
            back_off: BackOff::new(required.is_some()),
            there_since: None,
            away_since: None,
            told: None,
        }
    }

    /// Delivers until `stop`, and then for a moment what is left. Whether that was everything.
    pub(super) async fn keep(mut self, stop: &CancellationToken) -> bool {
        let late = async {
            stop.cancelled().await;
            sleep(LAST_DELIVERIES).await;
        };
        tokio::select! {
            () = self.deliver(stop) => {}
            () = late => {}
        }
        let settled = self.outlet.settled(self.at);
        if settled != self.noted
            && let Err(error) = self.store.note_sink_now(self.name, settled).await
        {
            tracing::warn!(sink = self.name, %error, "how far a sink is was not noted; it gets the last records again");
        }
        let length = within(self.store.reader().length()).await;
        length.is_ok_and(|length| self.at.next >= length)
    }

    async fn deliver(&mut self, stop: &CancellationToken) {
        while let Err(error) = self.find_place().await {
            self.failed(&SinkProblem::Store(error), stop).await;
            if stop.is_cancelled() {
                return;
            }
        }
        loop {
            match self.step().await {
                Ok(true) => {}
                Ok(false) | Err(_) if stop.is_cancelled() => return,
                Ok(false) => self.idle(stop).await,
                Err(problem) => self.failed(&problem, stop).await,
            }
        }
    }

    async fn find_place(&mut self) -> Result<(), StoreError> {
        let reader = self.store.reader();
        let positions = within(reader.sink_positions()).await?;
        self.noted = positions.get(self.name).copied().unwrap_or_default();
        self.at = self.noted;
        // Read after it: both only grow.
        let records = within(reader.length()).await?;
        let newest = within(reader.newest_checkpoint()).await?;
        let checkpoint = newest.map_or(0, |newest| newest.size);
        if self.at.next > records || self.at.checkpoint > checkpoint {
            let noted = self.at.next;
            tracing::warn!(
                sink = self.name,
                noted,
                records,
                "somebody changed in the database how far an audit sink is: beyond the log's end; it gets everything that the database has"
            );
            self.at = SinkPosition::default();
        }
        Ok(())
    }

    /// Brings the next batch; `false`: there is none.
    async fn step(&mut self) -> Result<bool, SinkProblem> {
        self.grown.borrow_and_update();
        let batch = match self.pending.take() {
            Some(batch) => batch,
            None => within(Batch::after(self.store.reader(), self.at, self.most))
                .await
                .map_err(SinkProblem::Store)?,
        };
        if batch.is_empty() && !self.outlet.is_closed() && self.away_since.is_none() {
            return Ok(false);
        }
        if let Err(problem) = self.outlet.take(&batch, self.at).await {
            return self.refused(batch, problem);
        }
        let is_more = !batch.is_empty();
        if batch.items.len() >= self.most {
            self.most = self.most.saturating_add(1);
        }
        self.at = batch.after;
        self.is_there();
        self.note_sometimes();
        Ok(is_more)
    }

    /// Of what is too much at once, half is sent next; a line alone waits for somebody to mend it.
    fn refused(&mut self, batch: Batch, problem: SinkProblem) -> Result<bool, SinkProblem> {
        if !problem.is_too_much() {
            // An empty one is read anew: meanwhile there may be something to send.
            self.pending = Some(batch).filter(|batch| !batch.is_empty());
            return Err(problem);
        }
        match batch.halved(self.at) {
            Ok(half) => {
                self.most = half.items.len();
                self.pending = Some(half);
                Ok(true)
            }
            Err(alone) => {
                let problem = alone
                    .items
                    .first()
                    .map_or(problem, |item| SinkProblem::TooLarge {
                        item: item.kind,
                        bytes: item.line.len() + 1,
                    });
                self.pending = Some(alone);
                Err(problem)
            }
        }
    }

    fn is_there(&mut self) {
        self.there_since.get_or_insert_with(Instant::now);
        if let Some(required) = self.required {
            required.took(self.at.next);
        }
        self.told = None;
        if let Some(since) = self.away_since.take() {
            let seconds = since.elapsed().as_secs();
            tracing::info!(
                sink = self.name,
                away_seconds = seconds,
                "an audit sink takes records again"
            );
        }
    }

    /// Says so once, and waits before the next try: longer each time where it was not there for a while between.
    async fn failed(&mut self, problem: &SinkProblem, stop: &CancellationToken) {
        if let Some(required) = self.required {
            required.is_away();
        }
        self.away_since.get_or_insert_with(Instant::now);
        let is_new = self.told.as_ref() != Some(problem);
        if self.told.is_none() || problem.is_lasting() && is_new {
            self.told = Some(problem.clone());
            tracing::warn!(sink = self.name, %problem, "an audit sink takes no records; it gets them once it does");
        }
        let resume = self.outlet.rewind(self.at);
        if resume != self.at {
            self.at = resume;
            self.pending = None;
        }
        let there = self.there_since.take();
        if there.is_some_and(|since| since.elapsed() >= STEADY) {
            self.back_off.reset();
        }
        let wait = self.back_off.wait(problem.asked_to_wait());
        tokio::select! {
            () = sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }

    /// Until there is something to do.
    async fn idle(&mut self, stop: &CancellationToken) {
        let note_at = self.next_note();
        let lost = tokio::select! {
            // The store is gone with the whole service; then `stop` comes.
            Ok(()) = self.grown.changed() => None,
            problem = self.outlet.lost() => Some(problem),
            () = until(note_at) => None,
            () = stop.cancelled() => None,
        };
        self.note_sometimes();
        if let Some(problem) = lost {
            self.failed(&problem, stop).await;
        }
    }

    /// When there is something to note though nothing is sent: what waits for its turn, or what is settled by time alone.
    fn next_note(&mut self) -> Option<Instant> {
        if self.outlet.settled(self.at) == self.noted {
            return self.outlet.settles_at();
        }
        Some((self.noted_at + NOTE_EVERY).max(Instant::now() + NOTE_EVERY / 4))
    }

    fn note_sometimes(&mut self) {
        let settled = self.outlet.settled(self.at);
        let is_far = settled.next.abs_diff(self.noted.next) >= NOTE_AFTER;
        if settled != self.noted && (is_far || self.noted_at.elapsed() >= NOTE_EVERY) {
            self.store.note_sink(self.name, settled);
            self.noted = settled;
            self.noted_at = Instant::now();
        }
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

async fn within<T>(look: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    timeout(READING, look)
        .await
        .unwrap_or(Err(StoreError::Timeout))
}

#[cfg(test)]
mod tests {
    use super::super::syslog::SyslogOutlet;
    use super::*;
    use crate::domain::audit::{AuditAction, Entry};
    use crate::domain::time::Clock;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn what_a_syslog_server_got_counts_as_taken_when_its_time_is_over_though_nothing_follows()
    {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("k.db");
        let store = Store::open(&database, Clock::system()).await.unwrap();
        for _ in 0..3 {
            store.event(Entry::new(AuditAction::SignOut)).await.unwrap();
        }
        let records = store.reader().length().await.unwrap();
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let outlet = SyslogOutlet::over_tcp(server.local_addr().unwrap().port())
            .remembering(Duration::from_secs(2));
        let delivery = Delivery::new("collector", None, Outlet::Syslog(outlet), &store);
        let stop = CancellationToken::new();
        let began = Instant::now();
        let noted = async {
            loop {
                let positions = store.reader().sink_positions().await.unwrap();
                if positions
                    .get("collector")
                    .is_some_and(|at| at.next == records)
                {
                    return;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            _ = delivery.keep(&stop) => panic!("nobody stopped it"),
            noted = timeout(Duration::from_secs(20), noted) => noted.expect("noted by itself"),
        }
        assert!(began.elapsed() >= Duration::from_secs(2), "not before");
        store.close().await;
    }
}
