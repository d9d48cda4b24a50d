//! What the writing task holds: the connection, the next number, the clocks. Only it appends.

use super::kept_note::Keeper;
use super::names::Names;
use super::numbers::number_of;
use super::session_seal::SessionKey;
use super::steady::{JumpWatch, Steady};
use super::{Flaw, StoreError, WriteProblem, checkpoints, file, lock, search, start, tree};
use crate::domain::audit::checkpoint::CheckpointKey;
use crate::domain::audit::tree::{Edge, Hash};
use crate::domain::audit::{Entry, Phase, Record, Seq};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use std::collections::HashSet;
use std::path::PathBuf;
use tokio::sync::watch;

/// The log, open for appending.
pub(super) struct Log {
    pub(super) connection: SqliteConnection,
    pub(super) steady: Steady,
    pub(super) sessions: SessionKey,
    path: PathBuf,
    /// The tree as far as it is appended; `None` after a failure, until it was read again.
    edge: Option<Edge>,
    /// The tree of the last commit: what the database says after a failure must go on from it.
    committed: Option<Edge>,
    key: CheckpointKey,
    /// Signs beside `key` while that is new.
    key_before: Option<CheckpointKey>,
    watch: JumpWatch,
    names: Names,
    /// Attempts of this process that have no outcome yet: of these nobody need be asked.
    pub(super) begun: HashSet<Seq>,
    /// What the start found out, before anything else is recorded.
    first: Vec<Entry>,
    /// What of it this transaction has.
    telling: Vec<Entry>,
    grown: watch::Sender<()>,
    /// Whether this transaction adds a record or a checkpoint.
    pub(super) grows: bool,
    /// Signed in this transaction.
    pub(super) signed: Option<String>,
    lock: lock::Lock,
    keeper: Keeper,
}

impl Log {
    /// Over a connection that [`file::open_writer`] made.
    pub(super) fn new(
        connection: SqliteConnection,
        path: PathBuf,
        steady: Steady,
        watch: JumpWatch,
        (lock, key, keeper): (lock::Lock, CheckpointKey, Keeper),
    ) -> Self {
        Self {
            connection,
            steady,
            sessions: SessionKey::new(key.for_sessions()),
            path,
            edge: None,
            committed: None,
            key,
            key_before: None,
            watch,
            names: Names::default(),
            begun: HashSet::new(),
            first: Vec::new(),
            telling: Vec::new(),
            grown: watch::Sender::default(),
            grows: false,
            signed: None,
            lock,
            keeper,
        }
    }

    /// These events come before everything else.
    pub(super) fn record_first(&mut self, events: Vec<Entry>) {
        self.first = events;
    }

    /// Changes with each commit that added something.
    pub(super) fn grown(&self) -> watch::Receiver<()> {
        self.grown.subscribe()
    }

    /// What the wall clock says.
    pub(super) fn wall(&self) -> jiff::Timestamp {
        self.watch.wall()
    }

    /// The tree; there is one in every transaction.
    pub(super) fn edge(&self) -> Result<&Edge, StoreError> {
        self.edge
            .as_ref()
            .ok_or(StoreError::NotWritable(WriteProblem::Closed))
    }

    /// A signed checkpoint.
    pub(super) fn sign(&self, size: u64, root: Hash) -> Result<String, StoreError> {
        self.key
            .sign(size, root, self.key_before.as_ref())
            .map_err(|_| StoreError::Unusable(Flaw::KeyUnusable))
    }

    /// Lists the key among those that the log was signed with.
    pub(super) async fn list_key(&mut self) -> Result<(), StoreError> {
        checkpoints::note_verifier(&mut self.connection, &self.key).await
    }

    /// The key before this one signs as well, from now on.
    pub(super) fn vouched_for_by(&mut self, key: Option<CheckpointKey>) {
        self.key_before = key;
    }

    /// Opens a transaction. A connection that is in an unknown state is made again first.
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        match self.start().await {
            Ok(()) => {}
            Err(StoreError::NotWritable(WriteProblem::Locked)) => {
                return Err(StoreError::NotWritable(WriteProblem::Locked));
            }
            Err(_) => {
                self.connection = file::connect(&self.path).await?;
                self.start().await?;
            }
        }
        self.lock.check_in_place()?;
        if self.edge.is_none() {
            let edge = tree::edge(&mut self.connection).await?;
            if let Some(committed) = &self.committed {
                tree::check_begins_with(&mut self.connection, committed, &edge).await?;
            }
            self.edge = Some(edge);
        }
        Ok(())
    }

    async fn start(&mut self) -> Result<(), StoreError> {
        sqlx::query("BEGIN IMMEDIATE")
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// On the disk when this returns.
    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        sqlx::query("COMMIT").execute(&mut self.connection).await?;
        if let Some(note) = self.signed.take() {
            self.keeper.keep(note);
        }
        self.telling.clear();
        if let Some(edge) = &self.edge {
            // Where a note was missing, there is none until that is on record.
            if self.first.is_empty() {
                self.lock.note_length(number_of(Seq(edge.size()))?);
            }
            self.committed = Some(edge.clone());
        }
        if std::mem::take(&mut self.grows) {
            self.grown.send_replace(());
        }
        Ok(())
    }

    /// Takes everything back since [`Log::begin`].
    pub(super) async fn roll_back(&mut self) {
        self.edge = None;
        self.grows = false;
        self.signed = None;
        self.names = Names::default();
        // Some of them may be on the disk; from here on the log is asked.
        self.begun.clear();
        self.first.append(&mut self.telling);
        let rolled_back = sqlx::query("ROLLBACK").execute(&mut self.connection).await;
        if rolled_back.is_err() {
            // SQLite ends some transactions by itself when the disk is full; `begin` finds out.
            tracing::debug!("there was no transaction to roll back");
        }
    }

    /// Appends one record; a jump of the wall clock is recorded before it.
    pub(super) async fn append(&mut self, entry: Entry) -> Result<Seq, StoreError> {
        let (now, jump) = self.watch.look();
        while let Some(event) = self.first.first().cloned() {
            self.insert(now, event).await?;
            self.telling.push(self.first.remove(0));
        }
        if let Some(jump) = jump {
            self.insert(now, start::clock_jumped(jump)).await?;
        }
        self.insert(now, entry).await
    }

    async fn insert(&mut self, now: jiff::Timestamp, entry: Entry) -> Result<Seq, StoreError> {
        let record = Record {
            seq: Seq(self.edge()?.size()),
            time: now,
            entry,
        };
        let seq = record.seq;
        let is_attempt = record.entry.phase == Phase::Attempt;
        let line = record.to_line();
        search::insert(&mut self.connection, &mut self.names, &record, &line).await?;
        let Some(edge) = &mut self.edge else {
            return Err(StoreError::NotWritable(WriteProblem::Closed));
        };
        tree::append(&mut self.connection, edge, &line).await?;
        self.grows = true;
        if is_attempt {
            self.begun.insert(seq);
            sqlx::query("INSERT INTO open_attempt (seq) VALUES (?)")
                .bind(number_of(seq)?)
                .execute(&mut self.connection)
                .await?;
        }
        Ok(seq)
    }

    /// Signs a checkpoint of what has none yet, moves everything into the main file and closes it.
    pub(super) async fn close(mut self) {
        if let Err(error) = self.last_checkpoint().await {
            self.roll_back().await;
            tracing::warn!(%error, "the last records have no checkpoint; the next start signs one");
        }
        let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut self.connection)
            .await;
        if emptied.is_err() || self.connection.close().await.is_err() {
            tracing::warn!("the store was not closed cleanly; nothing is lost");
        }
        self.keeper.end().await;
    }

    async fn last_checkpoint(&mut self) -> Result<(), StoreError> {
        self.begin().await?;
        self.sign_checkpoint().await?;
        self.commit().await
    }
}
