//! What is around every page: the installation, the signed-in operator, the assets' addresses.

use crate::domain::least_privilege::LeastPrivilege;
use crate::domain::roles::Roles;
use crate::web::assets;
use crate::web::words::{Notice, When, shown};
use jiff::{Timestamp, tz::TimeZone};

/// What is the same on each page of one installation; made once from the settings.
#[derive(Debug, Clone)]
pub struct House {
    /// `[web] organisation`.
    pub organisation: Option<String>,
    /// `[web] help_contact`: whom to ask, e.g. "the service desk, extension 4711".
    pub help_contact: Option<String>,
    /// `[web] time_zone`, else the machine's.
    pub time_zone: TimeZone,
    /// Plain HTTP beyond loopback (`danger_allow_plain_http`): a banner on each page.
    pub plain_http: bool,
    /// `keyward demo`: a quiet line on each page.
    pub demo: bool,
}

/// The operator, for the page's head and its sign-out form.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The operator's name.
    pub name: String,
    /// Token of the sign-out form.
    pub sign_out_csrf: String,
    /// What they may do here.
    pub roles: Roles,
}

/// What a handler hands to each view.
#[derive(Debug, Clone)]
pub struct PageContext<'a> {
    /// The installation.
    pub house: &'a House,
    /// `None` before the sign-in.
    pub operator: Option<SignedIn>,
    /// The time now.
    pub now: Timestamp,
    /// What the last proof said of the service account: rights too many are a banner.
    pub rights: LeastPrivilege,
}

impl PageContext<'_> {
    /// The time now in the installation's zone.
    pub fn when(&self) -> When {
        When::new(self.now, &self.house.time_zone)
    }

    /// Whether whoever looks at the page may read the audit log.
    pub fn audits(&self) -> bool {
        self.operator
            .as_ref()
            .is_some_and(|it| it.roles.is_auditor())
    }

    /// Whether they help people.
    pub fn helps(&self) -> bool {
        self.operator
            .as_ref()
            .is_some_and(|it| it.roles.is_operator())
    }

    /// Whom to ask.
    pub fn help_contact(&self) -> Option<&str> {
        self.house.help_contact.as_deref()
    }
}

/// The part of a view that `templates/base.html` shows.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "a view is strings and booleans"
)]
pub struct Frame {
    pub title: String,
    /// `[web] organisation`, or empty.
    pub organisation: String,
    /// The operator's name; empty when nobody is signed in.
    pub operator: String,
    pub sign_out_csrf: String,
    /// May read the audit log.
    pub audits: bool,
    /// Helps people.
    pub helps: bool,
    pub plain_http: bool,
    /// The service account may do too much, and nothing is done.
    pub excess: bool,
    /// It may do too much, and works all the same.
    pub excess_allowed: bool,
    pub demo: bool,
    pub style: &'static str,
    pub script: &'static str,
    pub mark: &'static str,
}

impl Frame {
    /// The frame of a page with this title (the heading, without markup).
    pub fn new(title: impl Into<String>, context: &PageContext<'_>) -> Self {
        let house = context.house;
        let (operator, sign_out_csrf) = match &context.operator {
            Some(signed_in) => (shown(&signed_in.name), signed_in.sign_out_csrf.clone()),
            None => (String::new(), String::new()),
        };
        Self {
            title: shortened(title.into()),
            organisation: house.organisation.clone().unwrap_or_default(),
            operator,
            sign_out_csrf,
            audits: context.audits(),
            helps: context.helps(),
            plain_http: house.plain_http,
            excess: matches!(context.rights, LeastPrivilege::Excess(_)),
            excess_allowed: matches!(context.rights, LeastPrivilege::ExcessAllowed(_)),
            demo: house.demo,
            style: assets::style(),
            script: assets::script(),
            mark: assets::mark(),
        }
    }
}

/// A notice within a page.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct Said {
    pub title: String,
    pub happened: String,
    pub next: String,
    pub code: &'static str,
}

impl Said {
    /// Where nothing was to be changed.
    pub(super) fn without_changes(notice: Notice) -> Self {
        Self {
            title: notice.title,
            happened: notice.happened,
            next: notice.next,
            code: notice.code.as_str(),
        }
    }

    /// At the form that it is about: whether anything was changed and what to do go together.
    pub(super) fn at_form(notice: &Notice) -> Self {
        Self {
            title: notice.title.clone(),
            happened: notice.happened.clone(),
            next: format!("{} {}", notice.changed, notice.next)
                .trim_start()
                .to_owned(),
            code: notice.code.as_str(),
        }
    }
}

/// A tab shows a few words; directory names may have hundreds of letters. A character that is
/// escaped counts as much as its escape.
fn shortened(title: String) -> String {
    const LONGEST: usize = 56;
    let mut length = 0;
    let short: String = title
        .chars()
        .take_while(|character| {
            length += if matches!(character, '<' | '>' | '&' | '"' | '\'') {
                5
            } else {
                1
            };
            length <= LONGEST
        })
        .collect();
    if short.len() < title.len() {
        short + "…"
    } else {
        title
    }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_long_title_is_cut_and_a_short_one_is_not() {
        assert_eq!(
            shortened("Alice Able's new password".to_owned()),
            "Alice Able's new password"
        );
        assert_eq!(shortened("ä".repeat(57)), "ä".repeat(56) + "…");
        assert_eq!(shortened("\"".repeat(50)), "\"".repeat(11) + "…");
    }
}
