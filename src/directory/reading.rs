//! Reads on one server: a search or a base read until the deadline of the whole read.

use super::connection::{Cause, Connection, Lost};
use super::decode::{Entry, Malformed};
use super::diagnostics;
use super::error::DirectoryError;
use super::server::Server;
use crate::domain::account::DcName;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapDerefAliases, LdapFilter, LdapOp, LdapResultCode, LdapSearchRequest, LdapSearchScope,
};
use std::sync::Arc;
use tokio::time::Instant;

/// A read in progress on one server. [`Servers`](super::servers::Servers) makes it, and makes
/// another one elsewhere if this one fails.
#[derive(Clone)]
pub(super) struct Reading {
    server: Arc<Server>,
    connection: Connection,
    deadline: Instant,
}

/// Why a read did not work here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReadFailure {
    /// No answer: worth another try.
    Lost(Lost),
    /// An answer, and it is an error.
    Directory(DirectoryError),
}

/// What to search for.
pub(super) struct Search<'a> {
    pub base: String,
    pub scope: LdapSearchScope,
    pub filter: LdapFilter,
    pub attributes: &'a [&'a str],
    /// Entries at most; more than that are reported as such.
    pub limit: u16,
    pub controls: Vec<LdapControl>,
}

/// Entries and whether there were more.
pub(super) struct Found {
    pub entries: Vec<Entry>,
    pub more: bool,
}

/// Entries of one page, and what leads to the next one (empty: that was the last; RFC 2696).
pub(super) struct Page {
    pub entries: Vec<Entry>,
    pub cookie: Vec<u8>,
}

impl Reading {
    pub(super) fn new(server: Arc<Server>, connection: Connection, deadline: Instant) -> Self {
        Self {
            server,
            connection,
            deadline,
        }
    }

    /// The server that is read.
    pub(super) fn dc(&self) -> &DcName {
        &self.server.name
    }

    /// The connection, for a search with deadlines of its own.
    pub(super) fn connection(&self) -> Connection {
        self.connection.clone()
    }

    /// The same server over another connection, where one is open: two reads at once.
    pub(super) fn beside(&self) -> Self {
        let spare = self.server.spare();
        Self {
            connection: spare.unwrap_or_else(|| self.connection.clone()),
            ..self.clone()
        }
    }

    /// Searches; `None` where the base does not exist. Continuation references are not followed:
    /// they would be followed without signing in.
    pub(super) async fn search(&self, search: Search<'_>) -> Result<Option<Found>, ReadFailure> {
        let limit = usize::from(search.limit);
        let op = LdapOp::SearchRequest(LdapSearchRequest {
            base: search.base,
            scope: search.scope,
            aliases: LdapDerefAliases::Never,
            sizelimit: i32::from(search.limit) + 1,
            timelimit: 0,
            typesonly: false,
            filter: search.filter,
            attrs: search.attributes.iter().map(ToString::to_string).collect(),
        });
        let answer = self
            .connection
            .run(op, search.controls, limit, self.deadline)
            .await?;
        let mut more = answer.more;
        if let Some(result) = &answer.result {
            match result.code {
                LdapResultCode::Success => {}
                LdapResultCode::SizeLimitExceeded => more = true,
                LdapResultCode::NoSuchObject => return Ok(None),
                _ => return Err(diagnostics::read_error(result).into()),
            }
        }
        let entries = answer.entries.into_iter().map(Entry::from).collect();
        Ok(Some(Found { entries, more }))
    }

    /// One page of a search, of `limit` entries at most; `None` where the base does not exist. The
    /// cookie is good for the same connection: for another [`Reading::page`] of this very reading.
    pub(super) async fn page(
        &self,
        search: Search<'_>,
        cookie: Vec<u8>,
    ) -> Result<Option<Page>, ReadFailure> {
        let limit = usize::from(search.limit);
        let mut controls = search.controls;
        controls.push(LdapControl::SimplePagedResults {
            size: i64::from(search.limit),
            cookie,
        });
        let op = LdapOp::SearchRequest(LdapSearchRequest {
            base: search.base,
            scope: search.scope,
            aliases: LdapDerefAliases::Never,
            sizelimit: 0,
            timelimit: 0,
            typesonly: false,
            filter: search.filter,
            attrs: search.attributes.iter().map(ToString::to_string).collect(),
        });
        let answer = self
            .connection
            .run(op, controls, limit, self.deadline)
            .await?;
        // A server that sends more than a page was asked for is not believed.
        let result = answer.result.ok_or(DirectoryError::Protocol)?;
        match result.code {
            LdapResultCode::Success => {}
            LdapResultCode::NoSuchObject => return Ok(None),
            _ => return Err(diagnostics::read_error(&result).into()),
        }
        let cookie = answer
            .controls
            .into_iter()
            .find_map(|control| match control {
                LdapControl::SimplePagedResults { cookie, .. } => Some(cookie),
                _ => None,
            });
        Ok(Some(Page {
            entries: answer.entries.into_iter().map(Entry::from).collect(),
            cookie: cookie.unwrap_or_default(),
        }))
    }

    /// Everything that a search finds, page by page; [`DirectoryError::Protocol`] beyond `most` entries.
    pub(super) async fn whole(
        &self,
        search: impl Fn() -> Search<'static>,
        most: usize,
    ) -> Result<Vec<Entry>, ReadFailure> {
        let (mut all, mut cookie) = (Vec::new(), Vec::new());
        loop {
            let page = self.page(search(), cookie).await?;
            let page = page.ok_or(DirectoryError::Protocol)?;
            all.extend(page.entries);
            if page.cookie.is_empty() {
                return Ok(all);
            }
            if all.len() > most {
                return Err(DirectoryError::Protocol.into());
            }
            cookie = page.cookie;
        }
    }

    /// Reads one object; `None` where there is none, or none that the service account may see.
    pub(super) async fn object(
        &self,
        base: String,
        attributes: &[&str],
        controls: Vec<LdapControl>,
    ) -> Result<Option<Entry>, ReadFailure> {
        let found = self
            .search(Search {
                base,
                scope: LdapSearchScope::Base,
                filter: LdapFilter::Present("objectClass".to_owned()),
                attributes,
                limit: 1,
                controls,
            })
            .await?;
        Ok(found.and_then(|found| found.entries.into_iter().next()))
    }
}

impl ReadFailure {
    /// As the error of a read that is not made again.
    pub(super) fn into_error(self) -> DirectoryError {
        match self {
            Self::Directory(error) => error,
            Self::Lost(lost) if lost.cause == Cause::Malformed => DirectoryError::Protocol,
            Self::Lost(_) => DirectoryError::Unreachable { tried: 1 },
        }
    }
}

impl From<Lost> for ReadFailure {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

impl From<DirectoryError> for ReadFailure {
    fn from(error: DirectoryError) -> Self {
        Self::Directory(error)
    }
}

impl From<Malformed> for ReadFailure {
    fn from(malformed: Malformed) -> Self {
        tracing::warn!(
            attribute = malformed.attribute,
            "an attribute does not have the form that the schema gives it"
        );
        Self::Directory(DirectoryError::Protocol)
    }
}
