//! What the directory saw, independently of what anybody says they did: binds, modifies and
//! resets, in order. The oldest are forgotten beyond a bound; the counts are not.

use super::answer::LdapCode;
use super::bind::BindOutcome;
use super::modify::PasswordKind;
use crate::domain::identity::{ObjectGuid, Sid};
use jiff::Timestamp;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Events that are kept.
const KEPT: usize = 20_000;

/// A bind that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenBind {
    /// When.
    pub time: Timestamp,
    /// The name as it was sent.
    pub name: String,
    /// The account that it means.
    pub account: Option<ObjectGuid>,
    /// What it came to.
    pub outcome: BindOutcome,
}

/// A modify that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenModify {
    /// When.
    pub time: Timestamp,
    /// Who was signed in.
    pub by: Sid,
    /// The object, where there is one.
    pub target: Option<ObjectGuid>,
    /// The DN as it was sent.
    pub dn: String,
    /// The attributes that it named.
    pub attributes: Vec<String>,
    /// `None`: carried out; else the refusal.
    pub refused: Option<LdapCode>,
    /// A password was written.
    pub password: Option<PasswordKind>,
    /// `pwdLastSet` became 0.
    pub must_change: bool,
    /// `lockoutTime` was written.
    pub unlock: bool,
}

/// An object that somebody tried to make, delete or rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenObject {
    /// When.
    pub time: Timestamp,
    /// Who was signed in.
    pub by: Sid,
    /// What was tried.
    pub change: ObjectChange,
    /// The DN as it was sent.
    pub dn: String,
    /// The object, where it was carried out.
    pub object: Option<ObjectGuid>,
    /// `None`: carried out; else the refusal.
    pub refused: Option<LdapCode>,
}

/// What is done to an object as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectChange {
    /// Made.
    Add,
    /// Deleted.
    Delete,
    /// Renamed or moved.
    Rename,
}

#[derive(Default)]
struct Book {
    objects: VecDeque<SeenObject>,
    binds: VecDeque<SeenBind>,
    modifies: VecDeque<SeenModify>,
    resets: u64,
    searches: u64,
    connections: u64,
}

/// The witness of a directory. Cheap to clone.
#[derive(Clone, Default)]
pub struct Witness(Arc<Mutex<Book>>);

impl Witness {
    /// The binds that were tried.
    pub fn binds(&self) -> Vec<SeenBind> {
        self.book().binds.iter().cloned().collect()
    }

    /// The binds that were tried for one account, under whatever name.
    pub fn binds_of(&self, account: ObjectGuid) -> Vec<SeenBind> {
        self.binds()
            .into_iter()
            .filter(|bind| bind.account == Some(account))
            .collect()
    }

    /// The modifies that were tried.
    pub fn modifies(&self) -> Vec<SeenModify> {
        self.book().modifies.iter().cloned().collect()
    }

    /// The objects that somebody tried to make, delete or rename.
    pub fn objects(&self) -> Vec<SeenObject> {
        self.book().objects.iter().cloned().collect()
    }

    /// The resets that were carried out.
    pub fn resets(&self) -> Vec<SeenModify> {
        self.modifies()
            .into_iter()
            .filter(SeenModify::is_reset)
            .collect()
    }

    /// The resets that were carried out on one account.
    pub fn resets_of(&self, target: ObjectGuid) -> Vec<SeenModify> {
        self.resets()
            .into_iter()
            .filter(|reset| reset.target == Some(target))
            .collect()
    }

    /// How many resets were carried out in all.
    pub fn reset_count(&self) -> u64 {
        self.book().resets
    }

    /// How many searches were asked for in all.
    pub fn search_count(&self) -> u64 {
        self.book().searches
    }

    /// How many TCP connections were accepted in all.
    pub fn connection_count(&self) -> u64 {
        self.book().connections
    }

    /// Forgets everything seen so far.
    pub fn clear(&self) {
        *self.book() = Book::default();
    }

    pub(super) fn saw_bind(&self, bind: SeenBind) {
        push(&mut self.book().binds, bind);
    }

    pub(super) fn saw_modify(&self, modify: SeenModify) {
        let mut book = self.book();
        book.resets += u64::from(modify.is_reset());
        push(&mut book.modifies, modify);
    }

    pub(super) fn saw_object(&self, object: SeenObject) {
        push(&mut self.book().objects, object);
    }

    pub(super) fn saw_search(&self) {
        self.book().searches += 1;
    }

    pub(super) fn saw_connection(&self) {
        self.book().connections += 1;
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SeenModify {
    /// Whether a password was reset by it.
    pub fn is_reset(&self) -> bool {
        self.refused.is_none() && self.password == Some(PasswordKind::Reset)
    }
}

fn push<T>(events: &mut VecDeque<T>, event: T) {
    if events.len() >= KEPT {
        events.pop_front();
    }
    events.push_back(event);
}
