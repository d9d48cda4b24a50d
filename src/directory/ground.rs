//! The names of the rules and of the protection → SIDs and DNs, as the directory has them now.

use super::groups_below::leading_to;
use super::lookup;
use super::reading::{ReadFailure, Reading};
use super::roster::SECURITY;
use super::{Directory, DirectoryError, DomainFacts};
use crate::domain::account::ProtectionContext;
use crate::domain::ground::{Ground, OfTheDomain};
use crate::domain::identity::{Dn, Sid};
use crate::domain::rules::{Rule, Target, TargetName, Written, WrittenRule};
use futures_util::future::try_join_all;
use std::collections::HashSet;
use std::sync::Arc;

/// What an object that a rule names by DN may be.
const CONTAINERS: [&str; 4] = ["organizationalunit", "container", "builtindomain", "domain"];

impl Directory {
    /// What every decision stands on. Somebody has to ask again now and then: groups and OUs come and go.
    ///
    /// # Errors
    /// [`DirectoryError`]; [`DirectoryError::NoSuchName`] where something that the settings name is not there: then
    /// nothing can be decided at all, as the rule that names it may be the one that denies.
    pub async fn ground(&self, written: &Written) -> Result<Ground, DirectoryError> {
        let facts = self.domain_facts().await?;
        let work = |reading| ground(reading, &facts, written);
        self.0.servers.read(work).await
    }
}

async fn ground(
    reading: Reading,
    facts: &DomainFacts,
    written: &Written,
) -> Result<Ground, ReadFailure> {
    let names = Names {
        reading: &reading,
        facts,
        scope: &written.user_ou,
    };
    let rules = try_join_all(written.rules.iter().map(|rule| names.rule(rule))).await?;
    let protected = names
        .groups(&written.protected_groups, "protect.groups")
        .await?;
    let accounts = names.accounts(&written.protected_accounts).await?;
    let auditors = names.groups(&written.auditors, "audit.auditors").await?;
    let reached = Ground::groups_of(&rules);
    let of = OfTheDomain {
        domain: &facts.sid,
        service_account: &facts.service_account,
        domain_rights: &facts.domain_rights,
    };
    Ok(Ground {
        groups: leading_to(&reading, &facts.head, &reached).await?,
        scope: written.user_ou.clone(),
        rules,
        protection: ProtectionContext::new(protected, accounts, of),
        auditors: auditors.into_iter().collect::<HashSet<Sid>>(),
        house: written.house.clone(),
    })
}

struct Names<'a> {
    reading: &'a Reading,
    facts: &'a DomainFacts,
    scope: &'a Dn,
}

impl Names<'_> {
    async fn rule(&self, rule: &WrittenRule) -> Result<Arc<Rule>, ReadFailure> {
        let of = |key: &str| match (rule.name.as_str(), key) {
            (WrittenRule::ARTICLE, "operators") => "ad.reset_group".to_owned(),
            (WrittenRule::ARTICLE, _) => "ad.user_ou".to_owned(),
            (name, key) => format!("{key} of rule {name}"),
        };
        Ok(Arc::new(Rule {
            name: rule.name.clone(),
            effect: rule.effect,
            operators: self.groups(&rule.operators, &of("operators")).await?,
            targets: self.targets(&rule.targets, &of("targets")).await?,
            except: self.targets(&rule.except, &of("except")).await?,
            actions: rule.actions.clone(),
            hours: rule.hours.clone(),
            networks: rule.networks.clone(),
            terms: rule.terms.clone(),
            limits: rule.limits,
            also_operators_of: rule.also_operators_of.clone(),
        }))
    }

    async fn groups(&self, names: &[String], what: &str) -> Result<Vec<Sid>, ReadFailure> {
        try_join_all(names.iter().map(|name| self.group(name, what))).await
    }

    async fn group(&self, name: &str, what: &str) -> Result<Sid, ReadFailure> {
        let beside = self.reading.beside();
        let found = lookup::security_group(&beside, &self.facts.head, name).await?;
        Ok(found.ok_or_else(|| DirectoryError::NoGroup {
            what: what.to_owned(),
            name: name.to_owned(),
        })?)
    }

    async fn accounts(&self, names: &[String]) -> Result<Vec<Sid>, ReadFailure> {
        let account = async |name: &String| {
            let found = lookup::account_sid(self.reading, &self.facts.head, name).await?;
            Ok(found.ok_or_else(|| DirectoryError::NoSuchName {
                what: "protect.accounts".to_owned(),
                name: name.clone(),
            })?)
        };
        try_join_all(names.iter().map(account)).await
    }

    async fn targets(&self, names: &[TargetName], what: &str) -> Result<Vec<Target>, ReadFailure> {
        try_join_all(names.iter().map(|name| self.target(name, what))).await
    }

    async fn target(&self, name: &TargetName, what: &str) -> Result<Target, ReadFailure> {
        match name {
            TargetName::OwnOu => Ok(Target::OwnOu),
            TargetName::DirectReports => Ok(Target::DirectReports),
            TargetName::Reports => Ok(Target::Reports),
            TargetName::Group(name) => self.group(name, what).await.map(Target::In),
            TargetName::Dn(dn) => {
                let found = self.object(dn).await?;
                Ok(found.ok_or_else(|| DirectoryError::NoSuchName {
                    what: what.to_owned(),
                    name: dn.as_str().to_owned(),
                })?)
            }
        }
    }

    /// A security group, or a container within the scope. Its DN is taken as the directory writes it: AD finds an object also
    /// by names that it folds more than we do, and a rule that denies must not miss it.
    async fn object(&self, dn: &Dn) -> Result<Option<Target>, ReadFailure> {
        let asked = &["distinguishedName", "objectClass", "objectSid", "groupType"];
        let base = dn.as_str().to_owned();
        let Some(entry) = self.reading.object(base, asked, Vec::new()).await? else {
            return Ok(None);
        };
        let classes = super::account::object_classes(&entry)?;
        let is = |name: &str| classes.iter().any(|class| class == name);
        if is("group") {
            let is_security = entry.bits("groupType")? & SECURITY != 0;
            let sid = entry.sid("objectSid")?.filter(|_| is_security);
            return Ok(sid.map(Target::In));
        }
        let own: Option<Dn> = entry.dn("distinguishedName")?;
        let within = own.filter(|dn| dn == self.scope || dn.is_below(self.scope));
        let is_container = CONTAINERS.iter().any(|name| is(name));
        Ok(within.filter(|_| is_container).map(Target::Below))
    }
}
