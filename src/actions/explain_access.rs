//! Who may do what to an account, and why: for auditors. It asks the decision itself, and changes nothing.

use super::case::Case;
use super::{ActionError, App, Client};
use crate::domain::account::Account;
use crate::domain::audit::AuditAction;
use crate::domain::authorize::{Done, Explained, Grounds, explain};
use crate::domain::identity::{ObjectGuid, SignInName};
use crate::domain::limits::Usage;
use crate::domain::operator::Operator;
use crate::domain::rules::Occasion;
use crate::store::{Frozen, Session};
use std::collections::HashMap;
use std::net::IpAddr;

/// In place of what was typed and is nobody's name.
const NOT_SAID: &str = "?";

/// Of whom it is asked, and from where they would.
#[derive(Debug, Clone, Default)]
pub struct AccessQuestion {
    /// As typed, like a name at a sign-in; `None`: of nobody yet.
    pub operator: Option<String>,
    /// `None`: from wherever it may be.
    pub from: Option<IpAddr>,
}

/// What an auditor is shown of an account.
#[derive(Debug)]
pub struct AccessView {
    /// As just read.
    pub account: Account,
    /// About whom it was asked.
    pub answer: AccessAnswer,
}

/// What was found of the operator.
#[derive(Debug)]
pub enum AccessAnswer {
    /// It was asked of nobody yet.
    NotAsked,
    /// Nobody has that name, or several people have.
    Nobody,
    /// What they may do.
    Of(Box<Access>),
}

/// What one person may do to one account now.
#[derive(Debug)]
pub struct Access {
    /// As just read.
    pub operator: Operator,
    /// They are stopped.
    pub frozen: Option<Frozen>,
    /// What they did by each rule, by its name.
    pub used: HashMap<String, Usage>,
    /// Each action, with what each rule said.
    pub explained: Vec<Explained>,
}

impl App {
    /// What somebody may do to an account, for auditors; `None`: the account is not there, or outside the scope.
    ///
    /// # Errors
    /// Not an auditor; no DC; the look is not recorded.
    pub async fn explain_access(
        &self,
        session: &Session,
        guid: ObjectGuid,
        question: AccessQuestion,
        client: Client,
    ) -> Result<Option<AccessView>, ActionError> {
        let case = self
            .auditor(AuditAction::ViewAccount, session, client)
            .await?;
        let ground = self.ground().await?;
        let scope = std::slice::from_ref(&ground.scope);
        let name: Option<SignInName> = question
            .operator
            .as_deref()
            .and_then(|typed| typed.parse().ok());
        let operator = async {
            match &name {
                Some(name) => self.directory.resolve_sign_in(name).await,
                None => Ok(None),
            }
        };
        let (account, operator) = tokio::try_join!(self.directory.account(scope, guid), operator)?;
        let Some(account) = account else {
            let entry = case.on_guid(guid).refused("not_in_scope");
            self.note_look(entry).await?;
            return Ok(None);
        };
        let account = if ground.asks_for_lines() {
            self.directory.with_line(account).await?
        } else {
            account
        };
        let answer = match operator {
            Some(operator) => {
                let access = self.access(operator, &account, question.from).await?;
                AccessAnswer::Of(Box::new(access))
            }
            None if question.operator.is_some() => AccessAnswer::Nobody,
            None => AccessAnswer::NotAsked,
        };
        self.note_access(case, &account, &answer, question.from)
            .await?;
        Ok(Some(AccessView { account, answer }))
    }

    async fn access(
        &self,
        operator: Operator,
        account: &Account,
        from: Option<IpAddr>,
    ) -> Result<Access, ActionError> {
        let ground = self.ground().await?;
        let usage = self.store.usage(&operator.sid, Some(account.guid)).await?;
        let done = Done {
            frozen: usage.frozen.is_some(),
            used: usage.by_rule,
        };
        let now = self.clock.now();
        let grounds = Grounds {
            scope: &ground.scope,
            rules: &ground.rules,
            auditors: &ground.auditors,
            protection: &ground.protection,
            rights: &self.rights_when_known().await,
            done: &done,
            occasion: Occasion {
                at: Some(now),
                from,
                house: &ground.house,
            },
            now,
        };
        Ok(Access {
            explained: explain(&operator, account, &grounds),
            frozen: usage.frozen,
            used: done.used,
            operator,
        })
    }

    /// Whatever was typed and is nobody's name is not recorded: it may be a password in the wrong box.
    async fn note_access(
        &self,
        case: Case,
        account: &Account,
        answer: &AccessAnswer,
        from: Option<IpAddr>,
    ) -> Result<(), ActionError> {
        let mut entry = case.on(account).event();
        let of = match answer {
            AccessAnswer::NotAsked => None,
            AccessAnswer::Nobody => Some(NOT_SAID.to_owned()),
            AccessAnswer::Of(access) => Some(access.operator.sam.clone()),
        };
        if let Some(of) = of {
            entry.details.insert("access_of".to_owned(), of.into());
        }
        if let Some(from) = from {
            let from = from.to_string();
            entry.details.insert("from".to_owned(), from.into());
        }
        self.note_look(entry).await
    }
}
