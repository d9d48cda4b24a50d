//! Searches that bring more than one answer can hold, page by page (RFC 2696, MS-ADTS
//! 3.1.1.3.4.1.1). The cookie is good on the connection that it came over, so a search has one of its own.

use super::connection::{Connection, Limit};
use super::decode::Entry;
use super::diagnostics;
use super::error::DirectoryError;
use super::reading::ReadFailure;
use super::servers::Servers;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapDerefAliases, LdapFilter, LdapOp, LdapResultCode, LdapSearchRequest, LdapSearchResultEntry,
    LdapSearchScope,
};
use std::time::Duration;
use tokio::time::Instant;

/// Entries on a page. AD gives 1000 at most (`MaxPageSize`); twice as many would not be read faster.
const PAGE: u16 = 500;
/// A page of objects that each have the longest access list there is (64 KiB; MS-DTYP 2.4.5).
const PAGE_BYTES: usize = 500 * 72 * 1024;
/// A page may take that long at least. Some servers find all objects before they send the first
/// page; and AD itself gives a search up only after two minutes.
const PATIENCE: Duration = Duration::from_mins(1);

/// What to read.
pub(super) struct Paged {
    pub base: String,
    pub scope: LdapSearchScope,
    pub filter: LdapFilter,
    pub attributes: &'static [&'static str],
    pub controls: Vec<LdapControl>,
    /// The name of the base in an error.
    pub what: &'static str,
}

/// A search in progress.
pub(super) struct Pages {
    connection: Connection,
    patience: Duration,
    paged: Paged,
    cookie: Vec<u8>,
    over: bool,
    estimate: Option<u64>,
}

/// How long a page may take: as long as four operations, and never less than [`PATIENCE`].
pub(super) fn patience(servers: &Servers) -> Duration {
    PATIENCE.max(servers.operation_timeout().saturating_mul(4))
}

impl Pages {
    /// Asks nothing yet.
    pub(super) fn new(connection: Connection, patience: Duration, paged: Paged) -> Self {
        Self {
            connection,
            patience,
            paged,
            cookie: Vec::new(),
            over: false,
            estimate: None,
        }
    }

    /// Whether the last page was read.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// How many entries there are in all, where the server says so (AD does not).
    pub(super) fn estimate(&self) -> Option<u64> {
        self.estimate
    }

    /// The next page; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<LdapSearchResultEntry>>, ReadFailure> {
        if self.over {
            return Ok(None);
        }
        let deadline = Instant::now() + self.patience;
        let limit = Limit {
            entries: usize::from(PAGE),
            bytes: PAGE_BYTES,
        };
        let answer = self
            .connection
            .run(self.request(), self.controls(), limit, deadline)
            .await?;
        let result = answer.result.ok_or(DirectoryError::Protocol)?;
        match result.code {
            LdapResultCode::Success => {}
            LdapResultCode::NoSuchObject => {
                return Err(DirectoryError::NotFound {
                    what: self.paged.what,
                }
                .into());
            }
            _ => return Err(diagnostics::read_error(&result).into()),
        }
        self.note(answer.controls);
        Ok(Some(answer.entries))
    }

    /// All pages at once, for what is known to be small.
    pub(super) async fn all(mut self) -> Result<Vec<Entry>, ReadFailure> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await? {
            all.extend(page.into_iter().map(Entry::from));
        }
        Ok(all)
    }

    fn request(&self) -> LdapOp {
        LdapOp::SearchRequest(LdapSearchRequest {
            base: self.paged.base.clone(),
            scope: self.paged.scope.clone(),
            aliases: LdapDerefAliases::Never,
            sizelimit: 0,
            timelimit: 0,
            typesonly: false,
            filter: self.paged.filter.clone(),
            attrs: self
                .paged
                .attributes
                .iter()
                .map(ToString::to_string)
                .collect(),
        })
    }

    fn controls(&self) -> Vec<LdapControl> {
        let mut controls = self.paged.controls.clone();
        controls.push(LdapControl::SimplePagedResults {
            size: i64::from(PAGE),
            cookie: self.cookie.clone(),
        });
        controls
    }

    /// No cookie: that was the last page.
    fn note(&mut self, controls: Vec<LdapControl>) {
        self.cookie.clear();
        for control in controls {
            if let LdapControl::SimplePagedResults { size, cookie } = control {
                self.cookie = cookie;
                self.estimate = u64::try_from(size).ok().filter(|size| *size > 0);
            }
        }
        self.over = self.cookie.is_empty();
    }
}
