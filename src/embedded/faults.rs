//! What no real domain controller does on demand: hang, drop a connection before or after a write,
//! answer nonsense, be slow, or have its content changed between two messages. Tests arm it.

use super::admin::Admin;
use super::answer::LdapCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Which messages a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// A new TCP connection, before TLS.
    Connect,
    /// Any message.
    Message,
    /// A bind.
    Bind,
    /// A search.
    Search,
    /// A modify.
    Modify,
}

/// What is done instead of, or before, the usual.
#[derive(Clone)]
pub enum Doing {
    /// Nothing is done and nothing is answered; the connection stays open.
    Hang,
    /// The connection is closed, nothing is done.
    DropBefore,
    /// It is done, then the connection is closed without an answer.
    DropAfter,
    /// It is done, the answer never comes, the connection stays open.
    Swallow,
    /// It is not done; this is answered. `0x…` of the Windows error goes into the text.
    Answer(LdapCode, u32),
    /// It is not done; bytes are answered that are not LDAP.
    Rubbish,
    /// It is done; the answer names a message that nobody sent.
    WrongMessageId,
    /// It is done; the answer comes late.
    Delay(Duration),
    /// The directory is changed first, then it is done as usual.
    First(Arc<dyn Fn(&Admin) + Send + Sync>),
}

impl Doing {
    /// Changes the directory just before a message is looked at.
    pub fn first(change: impl Fn(&Admin) + Send + Sync + 'static) -> Self {
        Self::First(Arc::new(change))
    }
}

/// A fault, and when it happens: by default once, at the next message of its kind.
#[derive(Clone)]
pub struct Fault {
    on: On,
    skip: u32,
    left: Option<u32>,
    doing: Doing,
}

impl Fault {
    /// At the next such message, once.
    pub fn new(on: On, doing: Doing) -> Self {
        Self {
            on,
            skip: 0,
            left: Some(1),
            doing,
        }
    }

    /// Lets `messages` of the kind pass first.
    #[must_use]
    pub fn after(mut self, messages: u32) -> Self {
        self.skip = messages;
        self
    }

    /// Happens this often.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// Happens from then on until the faults are cleared.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.left = None;
        self
    }
}

/// The faults that are armed on a directory. Cheap to clone.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    /// Arms a fault. Of several that fit a message, the one armed first happens.
    pub fn arm(&self, fault: Fault) {
        self.armed().push(fault);
    }

    /// Like SIGSTOP: connections are taken and no byte is answered, until [`Faults::clear`].
    pub fn freeze(&self) {
        self.arm(Fault::new(On::Connect, Doing::Hang).forever());
        self.arm(Fault::new(On::Message, Doing::Hang).forever());
    }

    /// Disarms everything. What hangs stays unanswered; what comes next is answered.
    pub fn clear(&self) {
        self.armed().clear();
    }

    /// Faults that have not happened (often enough) yet.
    pub fn pending(&self) -> usize {
        self.armed().len()
    }

    /// What happens to the next message of this kind.
    pub(super) fn next(&self, kind: On) -> Option<Doing> {
        let mut armed = self.armed();
        let fits = |on| on == kind || (on == On::Message && kind != On::Connect);
        let mut happens = None;
        for fault in armed.iter_mut().filter(|fault| fits(fault.on)) {
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if happens.is_none() {
                fault.left = fault.left.map(|left| left.saturating_sub(1));
                happens = Some(fault.doing.clone());
            }
        }
        armed.retain(|fault| fault.left != Some(0));
        happens
    }

    fn armed(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hangs(faults: &Faults, kind: On) -> bool {
        matches!(faults.next(kind), Some(Doing::Hang))
    }

    #[test]
    fn a_fault_happens_once_at_the_next_message_of_its_kind() {
        let faults = Faults::default();
        faults.arm(Fault::new(On::Modify, Doing::Hang));
        assert!(!hangs(&faults, On::Search));
        assert!(hangs(&faults, On::Modify));
        assert!(!hangs(&faults, On::Modify));
        assert_eq!(faults.pending(), 0);
    }

    #[test]
    fn a_fault_can_wait_and_can_stay() {
        let faults = Faults::default();
        faults.arm(Fault::new(On::Message, Doing::Hang).after(2).forever());
        let seen: Vec<_> = (0..5).map(|_| hangs(&faults, On::Search)).collect();
        assert_eq!(seen, [false, false, true, true, true]);
        assert!(!hangs(&faults, On::Connect));
        faults.clear();
        assert!(!hangs(&faults, On::Search));
    }
}
