//! Search, and the people helped last.

use super::ground::{Asking, Ground, Unheard};
use super::{ActionError, App, Client, Found};
use crate::directory::{Among, Hit, Scope, SearchText, Wanted};
use crate::domain::account::Account;
use crate::domain::authorize::{Refusal, decide, in_force, may_ask, may_see};
use crate::domain::identity::Dn;
use crate::domain::operator::Operator;
use crate::domain::rules::{Action, ByRules, Subject, Target, own_ou};
use crate::domain::time::Filetime;
use crate::store::Session;
use futures_util::future::try_join_all;
use std::collections::HashSet;

/// Bases that are searched one by one; beyond, everybody below the scope is looked at.
const MOST_BASES: usize = 16;
/// People on the start page.
const RECENT: u32 = 5;

impl App {
    /// Searches for those whom the rules show to the operator now.
    ///
    /// # Errors
    /// No DC, the session ended, or the person is no operator.
    pub async fn find(
        &self,
        session: &Session,
        text: &SearchText,
        client: Client,
    ) -> Result<Found, ActionError> {
        let asking = self.asking_or_end(session, client).await?;
        let grounds = asking.grounds();
        may_ask(&asking.operator, &grounds).map_err(ActionError::Refused)?;
        let may_see = |subject: &Subject<'_>| may_see(&asking.operator, *subject, &grounds).is_ok();
        let wanted = Wanted {
            scopes: &scopes(&asking.operator, &asking.ground),
            text,
            groups: &asking.ground.groups,
            lines: asking.ground.asks_for_lines(),
            may_see: &may_see,
        };
        let found = self.directory.search(&wanted).await?;
        Ok(Found {
            hits: found.hits,
            more: found.more,
            sleeping: asleep(&asking),
        })
    }

    /// The people that this operator helped last, newest first; those who are gone, or whom no rule shows any
    /// more, are left out.
    ///
    /// # Errors
    /// No DC, the store cannot be read, the session ended, or the person is no operator.
    pub async fn recent(&self, session: &Session, client: Client) -> Result<Vec<Hit>, ActionError> {
        let guids = self.store.recent(&session.operator, RECENT).await?;
        if guids.is_empty() {
            return self.nobody_yet(session).await;
        }
        let asking = self.asking_or_end(session, client).await?;
        let grounds = asking.grounds();
        may_ask(&asking.operator, &grounds).map_err(ActionError::Refused)?;
        let scope = std::slice::from_ref(&asking.ground.scope);
        let reads = guids
            .into_iter()
            .map(|guid| self.directory.account(scope, guid));
        let mut accounts: Vec<Account> = try_join_all(reads).await?.into_iter().flatten().collect();
        if asking.ground.asks_for_lines() {
            self.directory.with_lines(&mut accounts).await?;
        }
        let seen =
            |account: &Account| decide(Action::View, &asking.operator, account, &grounds).is_ok();
        accounts.retain(seen);
        Ok(accounts.into_iter().map(|a| hit(a, asking.now)).collect())
    }

    /// Who helped nobody yet needs no directory for that; somebody who is stopped is told so all the same.
    async fn nobody_yet(&self, session: &Session) -> Result<Vec<Hit>, ActionError> {
        operates(session)?;
        let usage = self.store.usage(&session.operator, None).await?;
        match usage.frozen {
            Some(_) => Err(ActionError::Refused(Refusal::Frozen)),
            None => Ok(Vec::new()),
        }
    }

    async fn asking_or_end(
        &self,
        session: &Session,
        client: Client,
    ) -> Result<Asking, ActionError> {
        operates(session)?;
        match self.asking(session, client).await? {
            Ok(asking) => Ok(asking),
            Err(Unheard::NoOperator) => Err(ActionError::NotForThisPerson),
            Err(Unheard::Unfit(why)) => {
                self.end_sessions(session, why, Some(client)).await?;
                Err(ActionError::SessionEnded(why))
            }
        }
    }
}

/// Where the rules that are about this operator let them look, so that the directory reads little else.
fn scopes(operator: &Operator, ground: &Ground) -> Vec<Scope> {
    let whole = || ground.scope.clone();
    let within = |base: Dn| {
        let inside = base == ground.scope || base.is_below(&ground.scope);
        inside.then_some(base)
    };
    let rules = ground
        .rules
        .iter()
        .filter(|rule| rule.allows() && rule.is_about(operator));
    let scopes = rules.flat_map(|rule| &rule.targets).filter_map(|target| {
        let (base, among) = match target {
            Target::Below(base) => (base.clone(), Among::Everybody),
            Target::OwnOu => (within(own_ou(&operator.dn)?)?, Among::Everybody),
            Target::In(group) => (whole(), Among::Members(vec![group.clone()])),
            Target::DirectReports => (whole(), Among::ReportsTo(operator.dn.clone())),
            Target::Reports => (whole(), Among::Everybody),
        };
        Some(Scope { base, among })
    });
    let scopes: Vec<Scope> = scopes.collect();
    let bases: HashSet<&Dn> = scopes.iter().map(|scope| &scope.base).collect();
    if bases.len() > MOST_BASES {
        return vec![Scope::everybody(whole())];
    }
    scopes
}

/// Why all that a rule would show is not shown now: none of the operator's rules holds at this hour, or from here.
fn asleep(asking: &Asking) -> Option<ByRules> {
    in_force(&asking.operator, &asking.grounds()).err()
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
