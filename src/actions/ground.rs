//! What every decision stands on: the domain's facts, the rules, the protected groups, by SID.

use super::{ActionError, App};
use crate::directory::{DirectoryError, DomainFacts};
use crate::domain::account::ProtectionContext;
use crate::domain::ground::{self, OfTheDomain};
use crate::domain::identity::{Dn, Sid};
use crate::domain::operator::Operator;
use crate::domain::roles::Roles;
use crate::domain::rules::Rule;
use futures_util::future::try_join_all;
use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

/// Rules and protection as the directory stands now; groups are SIDs here, never names.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) facts: Arc<DomainFacts>,
    pub(super) rules: Vec<Rule>,
    pub(super) bases: Vec<Dn>,
    pub(super) protection: ProtectionContext,
    auditors: HashSet<Sid>,
}

impl Ground {
    /// What a person may do in Keyward; `None`: nothing.
    pub(super) fn roles(&self, person: &Operator) -> Option<Roles> {
        Roles::of(person, &self.rules, &self.auditors)
    }
}

impl App {
    /// Kept for as long as the directory keeps its facts (minutes).
    ///
    /// # Errors
    /// No DC, or a group of the settings does not exist: then nothing is decided at all.
    pub(super) async fn ground(&self) -> Result<Arc<Ground>, ActionError> {
        let facts = self.directory.domain_facts().await?;
        let kept = self
            .shared
            .ground
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(ground) = kept
            && Arc::ptr_eq(&ground.facts, &facts)
        {
            return Ok(ground);
        }
        let ground = Arc::new(self.survey(facts).await?);
        *self
            .shared
            .ground
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ground));
        Ok(ground)
    }

    async fn survey(&self, facts: Arc<DomainFacts>) -> Result<Ground, ActionError> {
        let settings = &self.shared.settings;
        let protected = settings
            .protected_groups
            .iter()
            .map(|name| self.group(name, "protect.groups"));
        let auditors = settings
            .auditors
            .iter()
            .map(|name| self.group(name, "audit.auditors"));
        let (reset_group, further, auditors) = futures_util::future::try_join3(
            self.group(&settings.reset_group, "ad.reset_group"),
            try_join_all(protected),
            try_join_all(auditors),
        )
        .await?;
        let of = OfTheDomain {
            domain: &facts.sid,
            service_account: &facts.service_account,
            domain_rights: &facts.domain_rights,
        };
        let stand = ground::Ground::new(&settings.user_ou, &reset_group, further, auditors, &of);
        Ok(Ground {
            rules: stand.rules,
            bases: stand.bases,
            protection: stand.protection,
            auditors: stand.auditors,
            facts,
        })
    }

    async fn group(&self, name: &str, what: &'static str) -> Result<Sid, DirectoryError> {
        self.directory
            .group_sid(name)
            .await?
            .ok_or_else(|| DirectoryError::NoGroup {
                what,
                name: name.to_owned(),
            })
    }
}
