//! What a decision stands on, read at its moment: rules and protection as the directory has them, the operator, the
//! account, and what the operator did already.

use super::session::Unfit;
use super::session::fit;
use super::{ActionError, ActionSettings, App, Client};
use crate::directory::DomainFacts;
use crate::domain::account::Account;
use crate::domain::authorize::{Done, Grounds};
use crate::domain::ground;
use crate::domain::identity::ObjectGuid;
use crate::domain::least_privilege::LeastPrivilege;
use crate::domain::limits::Quota;
use crate::domain::operator::Operator;
use crate::domain::rules::{Occasion, Rule};
use crate::store::Session;
use jiff::Timestamp;
use std::ops::Deref;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Rules and protection as the directory stands now, and what they were made from.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) facts: Arc<DomainFacts>,
    settings: Arc<ActionSettings>,
    stand: ground::Ground,
}

impl Deref for Ground {
    type Target = ground::Ground;

    fn deref(&self) -> &ground::Ground {
        &self.stand
    }
}

/// An operator who asks, with all that the decision needs besides an account.
pub(super) struct Asking {
    pub(super) operator: Operator,
    pub(super) ground: Arc<Ground>,
    pub(super) done: Done,
    /// Somebody reset the account a short while ago: once more needs a reason.
    pub(super) again: bool,
    pub(super) rights: LeastPrivilege,
    pub(super) now: Timestamp,
    client: Client,
}

impl Asking {
    /// What the attempt is held against when it is recorded.
    pub(super) fn quota(&self, rule: &Rule) -> Quota {
        Quota {
            limits: rule.limits,
            again_after: self.ground.settings.again_after,
            burst: self.ground.settings.burst,
        }
    }

    /// For the decision.
    pub(super) fn grounds(&self) -> Grounds<'_> {
        Grounds {
            scope: &self.ground.scope,
            rules: &self.ground.rules,
            auditors: &self.ground.auditors,
            protection: &self.ground.protection,
            rights: &self.rights,
            done: &self.done,
            occasion: Occasion {
                at: Some(self.now),
                from: Some(self.client.address),
                house: &self.ground.house,
            },
            now: self.now,
        }
    }
}

/// Why somebody cannot even ask.
pub(super) enum Unheard {
    /// Not any more.
    Unfit(Unfit),
    /// They read the log, and help nobody.
    NoOperator,
}

impl App {
    /// Kept for as long as the directory keeps its facts (minutes), and the settings stay.
    ///
    /// # Errors
    /// No DC, or something that the settings name does not exist: then nothing is decided at all.
    pub(super) async fn ground(&self) -> Result<Arc<Ground>, ActionError> {
        let settings = self.settings();
        let facts = self.directory.domain_facts().await?;
        if let Some(ground) = self.kept_ground(&facts, &settings) {
            return Ok(ground);
        }
        let _turn = self.shared.ground_turn.lock().await;
        if let Some(ground) = self.kept_ground(&facts, &settings) {
            return Ok(ground);
        }
        let stand = self.directory.ground(&settings.rules).await?;
        let ground = Arc::new(Ground {
            facts,
            settings,
            stand,
        });
        *self
            .shared
            .ground
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ground));
        Ok(ground)
    }

    /// The same, for a decision: what rules deny and except by is looked for at this moment.
    ///
    /// # Errors
    /// As [`ground`](Self::ground).
    pub(super) async fn standing_ground(&self) -> Result<Arc<Ground>, ActionError> {
        let ground = self.ground().await?;
        if self.directory.stands(&ground).await? {
            return Ok(ground);
        }
        self.forget_ground(&ground);
        self.ground().await
    }

    fn forget_ground(&self, ground: &Arc<Ground>) {
        let kept = self.shared.ground.lock();
        let mut kept = kept.unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, ground)) {
            *kept = None;
        }
    }

    fn kept_ground(
        &self,
        facts: &Arc<DomainFacts>,
        settings: &Arc<ActionSettings>,
    ) -> Option<Arc<Ground>> {
        let kept = self.shared.ground.lock();
        let kept = kept.unwrap_or_else(PoisonError::into_inner).clone();
        kept.filter(|ground| {
            Arc::ptr_eq(&ground.facts, facts) && Arc::ptr_eq(&ground.settings, settings)
        })
    }

    /// The operator of a session as they are now.
    ///
    /// # Errors
    /// No DC, or the store cannot be read.
    pub(super) async fn asking(
        &self,
        session: &Session,
        client: Client,
    ) -> Result<Result<Asking, Unheard>, ActionError> {
        let ground = self.standing_ground().await?;
        let operator = self.directory.operator(&session.operator).await?;
        self.heard(operator, session, client, (ground, None)).await
    }

    /// The same, and the account below the scope, with its line of managers where a rule asks for it. All of it is
    /// read now; apart from the GUID no fact about the account comes from the browser.
    ///
    /// # Errors
    /// As there.
    pub(super) async fn asking_about(
        &self,
        session: &Session,
        guid: ObjectGuid,
        client: Client,
    ) -> Result<Result<(Asking, Option<Account>), Unheard>, ActionError> {
        let ground = self.standing_ground().await?;
        let scope = std::slice::from_ref(&ground.scope);
        let (operator, account) = tokio::try_join!(
            self.directory.operator(&session.operator),
            self.directory.account(scope, guid),
        )?;
        let account = match account {
            Some(account) if ground.asks_for_lines() => {
                Some(self.directory.with_line(account).await?)
            }
            account => account,
        };
        let asking = self
            .heard(operator, session, client, (ground, Some(guid)))
            .await?;
        Ok(asking.map(|asking| (asking, account)))
    }

    async fn heard(
        &self,
        operator: Option<Operator>,
        session: &Session,
        client: Client,
        (ground, guid): (Arc<Ground>, Option<ObjectGuid>),
    ) -> Result<Result<Asking, Unheard>, ActionError> {
        let now = self.clock.now();
        let (operator, roles) = match fit(operator, session, &ground, now) {
            Ok(fit) => fit,
            Err(why) => return Ok(Err(Unheard::Unfit(why))),
        };
        if !roles.is_operator() {
            return Ok(Err(Unheard::NoOperator));
        }
        let usage = self.store.usage(&operator.sid, guid).await?;
        Ok(Ok(Asking {
            again: is_soon(&ground.settings, usage.target_reset_ago),
            done: Done {
                frozen: usage.frozen.is_some(),
                used: usage.by_rule,
            },
            rights: self.rights_when_known().await,
            operator,
            ground,
            now,
            client,
        }))
    }
}

/// Whether a person was reset so short a time ago that a second time needs a reason.
fn is_soon(settings: &ActionSettings, ago: Option<Duration>) -> bool {
    let after = settings.again_after;
    after.zip(ago).is_some_and(|(after, ago)| ago < after)
}
