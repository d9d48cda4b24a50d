//! What auditors do: look at the log, at one record, take it away as a file. Each look is recorded before
//! anything is shown. Whoever is no auditor hears that there is no such page.

use super::case::{Case, Details};
use super::session::CHECK_AFTER;
use super::{ActionError, App, Client};
use crate::domain::audit::{AuditAction, AuditSearch, Entry, Seq, Who};
use crate::store::{AuditPage, FoundRecord, KeptRecord, Session};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// Records on a page.
const ON_A_PAGE: u32 = 50;
/// Records that are read at once for a file.
const AT_ONCE: u32 = 500;

impl App {
    /// A page of the log.
    ///
    /// # Errors
    /// Not an auditor; the look is not recorded; the store cannot be read.
    pub async fn audit_log(
        &self,
        session: &Session,
        search: &AuditSearch,
        before: Option<Seq>,
        client: Client,
    ) -> Result<AuditPage, ActionError> {
        let case = self
            .auditor(AuditAction::ViewAudit, session, client)
            .await?;
        let page = self.store.find(search, before, ON_A_PAGE).await?;
        let case = match search.target {
            Some(guid) => case.on_guid(guid),
            None => case,
        };
        let mut entry = case.event();
        entry.details = what_was_asked(search, &page);
        if let Some(before) = before {
            entry.details.insert("before".to_owned(), before.0.into());
        }
        self.note_look(entry).await?;
        Ok(page)
    }

    /// One record with its proof; `None`: there is none with that number.
    ///
    /// # Errors
    /// As [`App::audit_log`].
    pub async fn audit_record(
        &self,
        session: &Session,
        seq: Seq,
        client: Client,
    ) -> Result<Option<KeptRecord>, ActionError> {
        let case = self
            .auditor(AuditAction::ViewAudit, session, client)
            .await?;
        let kept = self.store.kept(seq).await?;
        let mut entry = case.event();
        entry.details.insert("record".to_owned(), seq.0.into());
        self.note_look(entry).await?;
        Ok(kept)
    }

    /// The records that are asked for, all of them, newest first. That they are taken is on the disk before
    /// the first of them is given away.
    ///
    /// # Errors
    /// As [`App::audit_log`]; or as many are being taken as may be.
    pub async fn audit_export(
        &self,
        session: &Session,
        search: AuditSearch,
        client: Client,
    ) -> Result<AuditExport, ActionError> {
        let case = self
            .auditor(AuditAction::ExportAudit, session, client)
            .await?;
        let turn = Arc::clone(&self.shared.exports).try_acquire_owned();
        let turn = turn.map_err(|_| ActionError::Busy)?;
        let first = self.store.find(&search, None, AT_ONCE).await?;
        let mut entry = case.event();
        entry.details = what_was_asked(&search, &first);
        self.store.event_witnessed(entry).await?;
        Ok(AuditExport {
            app: self.clone(),
            session: session.clone(),
            client,
            asked: Instant::now(),
            search,
            page: Some(first),
            _turn: turn,
        })
    }

    /// The filters alone, without a look at the log.
    ///
    /// # Errors
    /// Not an auditor.
    pub async fn audit_form(&self, session: &Session, client: Client) -> Result<(), ActionError> {
        let auditor = self.auditor(AuditAction::ViewAudit, session, client);
        auditor.await.map(|_| ())
    }

    /// Records a look before anything is shown. One that is only counted, because it was the same a moment ago, is
    /// recorded later: then the store must be able to.
    pub(super) async fn note_look(&self, entry: Entry) -> Result<(), ActionError> {
        if self.store.event_seldom(entry).await?.is_none() {
            self.store.check_writable().await?;
        }
        Ok(())
    }

    /// What an auditor does; whoever is none is refused, on record.
    pub(super) async fn auditor(
        &self,
        action: AuditAction,
        session: &Session,
        client: Client,
    ) -> Result<Case, ActionError> {
        let case = Case::of(action, session, Some(client));
        if self.is_auditor(session, client).await? {
            return Ok(case);
        }
        self.store.event_seldom(case.refused("not_auditor")).await?;
        Err(ActionError::NotForThisPerson)
    }
}

/// Records on their way out, a piece at a time.
pub struct AuditExport {
    app: App,
    session: Session,
    client: Client,
    /// When it was last asked whether the session is an auditor's.
    asked: Instant,
    search: AuditSearch,
    /// What comes next; `None`: nothing.
    page: Option<AuditPage>,
    _turn: OwnedSemaphorePermit,
}

impl AuditExport {
    /// The next records, never none; `None` after the last.
    ///
    /// # Errors
    /// The store cannot be read, or the person is no auditor any more: what came so far is not all.
    pub async fn next(&mut self) -> Result<Option<Vec<FoundRecord>>, ActionError> {
        while let Some(page) = self.page.take() {
            if self.asked.elapsed() >= CHECK_AFTER {
                let stays = self.app.stays_auditor(&self.session, self.client);
                if !stays.await? {
                    return Err(ActionError::NotForThisPerson);
                }
                self.asked = Instant::now();
            }
            if let Some(next) = page.next {
                let page = self
                    .app
                    .store
                    .find(&self.search, Some(next), AT_ONCE)
                    .await?;
                self.page = Some(page);
            }
            if !page.records.is_empty() {
                return Ok(Some(page.records));
            }
        }
        Ok(None)
    }
}

/// Which filters were used. What was typed is recorded where the log has it, as part of somebody's name, as a
/// cause or as a rule; else it may be a password in the wrong box.
fn what_was_asked(search: &AuditSearch, page: &AuditPage) -> Details {
    let typed = |text: &str, meant: bool| if meant { text } else { "?" }.to_owned();
    let operator = search.operator.as_ref().map(|who| match who {
        Who::Sid(sid) => sid.to_string(),
        Who::Name(name) => typed(name, page.operator_known),
    });
    let text = search.text.as_deref();
    let found = !page.records.is_empty();
    [
        ("q", text.map(|q| typed(q, page.text_means_something))),
        ("action", search.action.map(|it| it.word().to_owned())),
        ("result", search.result.map(|it| it.word().to_owned())),
        ("code", search.code.as_deref().map(|it| typed(it, found))),
        ("rule", search.rule.as_deref().map(|it| typed(it, found))),
        ("operator", operator),
        ("target", search.target.map(|guid| guid.to_string())),
        ("from", search.from.map(|time| time.to_string())),
        ("to", search.to.map(|time| time.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
    .collect()
}
