//! What the last proof said of the service account's rights, and that every change is on record.

use super::App;
use super::case::Case;
use crate::domain::audit::{AuditAction, AuditResult};
use crate::domain::least_privilege::LeastPrivilege;
use std::time::Duration;
use tokio::time::timeout;

/// How long a write, or a page that offers one, waits for the first proof after the start: longer than a proof of an ordinary
/// domain takes, shorter than a person's patience.
const PATIENCE: Duration = Duration::from_secs(3);

impl App {
    /// As the last proof said.
    pub fn rights(&self) -> LeastPrivilege {
        self.shared.rights.borrow().clone()
    }

    /// Takes over what a proof said. A change of the verdict is recorded.
    pub async fn rights_were_proven(&self, rights: LeastPrivilege) {
        let before = self.shared.rights.send_replace(rights.clone());
        if same_verdict(&before, &rights) {
            return;
        }
        let mut entry = Case::of_service(AuditAction::RightsProven).event();
        entry.result = Some(match &rights {
            LeastPrivilege::Proven { .. } | LeastPrivilege::ExcessAllowed(_) => AuditResult::Ok,
            LeastPrivilege::Excess(_) => AuditResult::Refused,
            LeastPrivilege::NotProvenYet => AuditResult::Unknown,
        });
        if let Some(excess) = rights.excess() {
            let findings = u64::try_from(excess.findings).unwrap_or(u64::MAX);
            entry.code = Some("excess_rights".to_owned());
            entry.details.insert("findings".to_owned(), findings.into());
            let first = excess.first.clone();
            entry.details.insert("first".to_owned(), first.into());
        }
        if let Err(error) = self.store.event(entry).await {
            tracing::warn!(error = %error, "the verdict on the service account's rights could not be recorded");
        }
    }

    /// As the last proof said; waits a little for the first one.
    pub(super) async fn rights_when_known(&self) -> LeastPrivilege {
        let mut rights = self.shared.rights.subscribe();
        let known = rights.wait_for(|rights| *rights != LeastPrivilege::NotProvenYet);
        match timeout(PATIENCE, known).await {
            Ok(Ok(rights)) => rights.clone(),
            _ => LeastPrivilege::NotProvenYet,
        }
    }
}

/// Whether two proofs said the same, whenever they were made.
fn same_verdict(one: &LeastPrivilege, other: &LeastPrivilege) -> bool {
    use LeastPrivilege::{Excess, ExcessAllowed, NotProvenYet, Proven};
    match (one, other) {
        (NotProvenYet, NotProvenYet) | (Proven { .. }, Proven { .. }) => true,
        (Excess(one), Excess(other)) | (ExcessAllowed(one), ExcessAllowed(other)) => {
            (one.findings, &one.first) == (other.findings, &other.first)
        }
        _ => false,
    }
}
