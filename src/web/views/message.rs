//! A page that only says something: refused, used, changed, not known yet, an error.

use super::{Frame, PageContext};
use crate::domain::audit::Seq;
use crate::domain::identity::ObjectGuid;
use crate::web::words::{Code, Notice, label};
use askama::Template;

/// Every answer that is no page of its own; the status is the handler's.
#[derive(Debug, Clone, Template)]
#[template(path = "message.html")]
#[allow(missing_docs, reason = "plain words")]
pub struct MessagePage {
    pub frame: Frame,
    pub title: String,
    pub happened: String,
    pub changed: String,
    pub next: String,
    pub code: String,
    /// The obvious next step.
    pub way: Way,
    /// A second one; `text` empty: none.
    pub second_way: Way,
    /// Not known yet: the script asks again until this is gone.
    pub pending: bool,
    /// Whole seconds to count down; empty where nobody has to wait.
    pub wait_seconds: String,
    /// What the person had typed (never a password); `text` empty: nothing.
    pub kept: Kept,
}

/// A link that looks like a button.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "plain words")]
pub struct Way {
    pub link: String,
    pub text: String,
}

/// Typed text that is given back.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "plain words")]
pub struct Kept {
    pub label: &'static str,
    pub text: String,
}

impl MessagePage {
    /// A notice; the next step is the search, or the start page where it is not known who is signed in.
    pub fn new(context: &PageContext<'_>, notice: &Notice) -> Self {
        let way = if context.audits() && !context.helps() {
            Way {
                link: "/audit".to_owned(),
                text: label::TO_LOG.to_owned(),
            }
        } else if context.operator.is_some() {
            Way {
                link: "/".to_owned(),
                text: label::TO_SEARCH.to_owned(),
            }
        } else {
            Way {
                link: "/".to_owned(),
                text: label::TO_START.to_owned(),
            }
        };
        Self {
            frame: Frame::new(notice.title.clone(), context),
            title: notice.title.clone(),
            happened: notice.happened.clone(),
            changed: notice.changed.clone(),
            next: notice.next.clone(),
            code: notice.code.as_str().to_owned(),
            way,
            second_way: Way::default(),
            pending: false,
            wait_seconds: String::new(),
            kept: Kept::default(),
        }
    }

    /// The next step is the account's page.
    #[must_use]
    pub fn about(mut self, guid: ObjectGuid) -> Self {
        self.second_way = std::mem::replace(
            &mut self.way,
            Way {
                link: format!("/accounts/{guid}"),
                text: label::TO_PERSON.to_owned(),
            },
        );
        self
    }

    /// The next step is to look what became of an attempt (504 and `GET /attempts/{seq}`). Asks by
    /// itself where scripts run, for as long as the notice says "not known yet".
    #[must_use]
    pub fn about_attempt(mut self, attempt: Seq) -> Self {
        self.pending = self.code == Code::NotKnownYet.as_str();
        if self.pending {
            self.second_way = std::mem::replace(
                &mut self.way,
                Way {
                    link: format!("/attempts/{}", attempt.0),
                    text: label::LOOK_NOW.to_owned(),
                },
            );
        }
        self
    }

    /// Gives back the reason that was typed.
    #[must_use]
    pub fn keeping_reason(mut self, reason: Option<&str>) -> Self {
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            self.kept = Kept {
                label: label::REASON_TYPED,
                text: reason.to_owned(),
            };
        }
        self
    }

    /// With a countdown (429, 503).
    #[must_use]
    pub fn with_wait(mut self, retry_after: std::time::Duration) -> Self {
        self.wait_seconds = retry_after.as_secs().max(1).to_string();
        self
    }
}
