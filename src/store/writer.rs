//! The one task that writes. It owns the connection, so a caller that gives up cannot leave it in
//! a transaction; what waits in the queue together is committed together, by one fsync.

use super::log::Log;
use super::{StoreError, WriteProblem};
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Writes that may wait; more of them are turned away.
const QUEUE: usize = 256;
/// Writes in one transaction.
const GROUP: usize = 64;

/// Told when the group is committed, or why it is not.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// What one write came to, before the commit.
struct Done {
    failed: Option<StoreError>,
    answer: Answer,
}

/// One write; it gets the log in an open transaction, or the reason why there is none.
type Job = Box<
    dyn for<'a> FnOnce(Result<&'a mut Log, StoreError>) -> BoxFuture<'a, Done> + Send + 'static,
>;

/// The way to the writing task. It ends when the last of these is gone.
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    task: TaskTracker,
    ending: CancellationToken,
}

impl Writer {
    /// Starts the task.
    pub(super) fn start(log: Log) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let task = TaskTracker::new();
        let ending = CancellationToken::new();
        task.spawn(write_all(log, jobs, ending.clone()));
        task.close();
        Self {
            queue,
            task,
            ending,
        }
    }

    /// Nothing more is taken; the task does what waits, and ends whether or not that can be written.
    pub(super) fn end(&self) {
        self.ending.cancel();
    }

    /// Returns when the task has closed the database; it must have been told to [end](Self::end).
    pub(super) async fn ended(&self) {
        self.task.wait().await;
    }

    /// Does `work` in a transaction and returns when that is on the disk.
    ///
    /// Work whose caller has gone before its turn is not done at all.
    pub(super) async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'a> FnOnce(&'a mut Log) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    {
        const CLOSED: StoreError = StoreError::NotWritable(WriteProblem::Closed);
        let (reply, answer) = oneshot::channel();
        let job = answered(reply, work);
        self.queue.send(job).await.map_err(|_| CLOSED)?;
        answer.await.map_err(|_| CLOSED)?
    }

    /// Leaves `work` to be done later; nobody hears how it ends. For notes that may be lost.
    pub(super) fn post<W>(&self, work: W)
    where
        W: for<'a> FnOnce(&'a mut Log) -> BoxFuture<'a, Result<(), StoreError>> + Send + 'static,
    {
        if self.queue.try_send(unanswered(work)).is_err() {
            tracing::debug!("a note for the store was dropped: its queue is full");
        }
    }
}

fn answered<T, W>(reply: oneshot::Sender<Result<T, StoreError>>, work: W) -> Job
where
    T: Send + 'static,
    W: for<'a> FnOnce(&'a mut Log) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
{
    job(move |log| {
        Box::pin(async move {
            let result = match log {
                Ok(_) if reply.is_closed() => return nobody_waits(),
                Ok(log) => work(log).await,
                Err(error) => Err(error),
            };
            Done {
                failed: result.as_ref().err().copied(),
                answer: Box::new(move |committed| {
                    // The caller may be gone by now; then the settling finds the record.
                    drop(reply.send(committed.and(result)));
                }),
            }
        })
    })
}

fn unanswered<W>(work: W) -> Job
where
    W: for<'a> FnOnce(&'a mut Log) -> BoxFuture<'a, Result<(), StoreError>> + Send + 'static,
{
    job(move |log| {
        Box::pin(async move {
            let result = match log {
                Ok(log) => work(log).await,
                Err(error) => Err(error),
            };
            Done {
                failed: result.err(),
                answer: Box::new(|_| ()),
            }
        })
    })
}

fn nobody_waits() -> Done {
    Done {
        failed: None,
        answer: Box::new(|_| ()),
    }
}

/// Gives the closure its higher-ranked type.
fn job<J>(job: J) -> Job
where
    J: for<'a> FnOnce(Result<&'a mut Log, StoreError>) -> BoxFuture<'a, Done> + Send + 'static,
{
    Box::new(job)
}

async fn write_all(mut log: Log, mut jobs: mpsc::Receiver<Job>, ending: CancellationToken) {
    loop {
        let first = tokio::select! {
            biased;
            () = ending.cancelled(), if !jobs.is_closed() => {
                jobs.close();
                continue;
            }
            first = jobs.recv() => first,
        };
        let Some(first) = first else {
            break;
        };
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        commit_together(&mut log, group).await;
    }
    log.close().await;
}

/// Runs a group in one transaction. One failure fails all of them: a failure means that the disk
/// or the file is in trouble, never that a caller asked for something odd.
async fn commit_together(log: &mut Log, group: Vec<Job>) {
    let mut state = log.begin().await;
    let mut answers = Vec::with_capacity(group.len());
    for job in group {
        let turn = match state {
            Ok(()) => Ok(&mut *log),
            Err(error) => Err(error),
        };
        let done = job(turn).await;
        if let (Ok(()), Some(error)) = (state, done.failed) {
            state = Err(error);
        }
        answers.push(done.answer);
    }
    if state.is_ok() {
        state = log.commit().await;
    }
    if let Err(error) = state {
        tracing::error!(error = %error, "the store could not write");
        log.roll_back().await;
    }
    for answer in answers {
        answer(state);
    }
}
