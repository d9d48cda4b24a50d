//! Search, and the people helped last.

use super::{ActionError, App, Found};
use crate::directory::{Hit, Scope, SearchText, Wanted};
use crate::domain::account::Account;
use crate::domain::membership::Groups;
use crate::domain::time::Filetime;
use crate::store::Session;
use futures_util::future::try_join_all;

/// People on the start page.
const RECENT: u32 = 5;

impl App {
    /// Searches below the bases of the rules.
    ///
    /// # Errors
    /// No DC, or the person is no operator.
    pub async fn find(&self, session: &Session, text: &SearchText) -> Result<Found, ActionError> {
        operates(session)?;
        let ground = self.ground().await?;
        let scopes: Vec<Scope> = ground.bases.iter().cloned().map(Scope::everybody).collect();
        let wanted = Wanted {
            scopes: &scopes,
            text,
            groups: &Groups::default(),
            lines: false,
            may_see: &|_| true,
        };
        let found = self.directory.search(&wanted).await?;
        Ok(Found {
            hits: found.hits,
            more: found.more,
        })
    }

    /// The people that this operator helped last, newest first; those who are gone are left out.
    ///
    /// # Errors
    /// No DC, the store cannot be read, or the person is no operator.
    pub async fn recent(&self, session: &Session) -> Result<Vec<Hit>, ActionError> {
        operates(session)?;
        let guids = self.store.recent(&session.operator, RECENT).await?;
        if guids.is_empty() {
            return Ok(Vec::new());
        }
        let ground = self.ground().await?;
        let reads = guids
            .into_iter()
            .map(|guid| self.directory.account(&ground.bases, guid));
        let accounts = try_join_all(reads).await?;
        let now = self.clock.now();
        Ok(accounts
            .into_iter()
            .flatten()
            .map(|a| hit(a, now))
            .collect())
    }
}

/// Auditors who are no operators see nobody.
fn operates(session: &Session) -> Result<(), ActionError> {
    if session.roles.is_operator() {
        Ok(())
    } else {
        Err(ActionError::NotForThisPerson)
    }
}

fn hit(account: Account, now: jiff::Timestamp) -> Hit {
    let expired = account
        .account_expires
        .timestamp()
        .is_some_and(|end| end <= now);
    Hit {
        guid: account.guid,
        name: account.name,
        sam: account.sam,
        department: account.department,
        office: account.office,
        flags: account.flags,
        must_change: account.password_last_set == Filetime(0),
        expired,
        admin_count: account.admin_count,
        kind_is_person: true,
    }
}
