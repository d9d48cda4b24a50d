//! The sign-in page, alone or with a notice (401, 403, 429, 503).

use super::{Frame, PageContext, Said};
use crate::web::words::{Notice, label};
use askama::Template;
use std::time::Duration;

/// `GET /sign-in` and every answer to `POST /sign-in` but the 303.
#[derive(Debug, Clone, Template)]
#[template(path = "sign_in.html")]
#[allow(missing_docs, reason = "plain words")]
pub struct SignInPage {
    pub frame: Frame,
    pub csrf: String,
    /// The name as typed: it is kept, the password is not.
    pub username: String,
    pub problem: Option<Said>,
    /// Whole seconds to count down; empty where nobody has to wait.
    pub wait_seconds: String,
}

impl SignInPage {
    /// The empty form.
    pub fn new(context: &PageContext<'_>, csrf: impl Into<String>) -> Self {
        Self {
            frame: Frame::new(label::SIGN_IN, context),
            csrf: csrf.into(),
            username: String::new(),
            problem: None,
            wait_seconds: String::new(),
        }
    }

    /// The form again, with the name as typed and what is the matter.
    #[must_use]
    pub fn with_notice(mut self, notice: &Notice, username: &str) -> Self {
        username.clone_into(&mut self.username);
        self.problem = Some(Said::at_form(notice));
        self
    }

    /// With a countdown (429).
    #[must_use]
    pub fn with_wait(mut self, retry_after: Duration) -> Self {
        self.wait_seconds = retry_after.as_secs().max(1).to_string();
        self
    }
}
