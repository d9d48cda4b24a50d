//! "Whose password?": the search box, the people helped last, the people found.

use super::{Frame, PageContext, Said};
use crate::actions::Found;
use crate::actions::{Hit, InvalidSearch};
use crate::domain::authorize::Refusal;
use crate::domain::rules::Action;
use crate::web::words::{self, initials, label, people, search, shown};
use askama::Template;

/// `GET /` and `GET /?q=…`.
#[derive(Debug, Clone, Template)]
#[template(path = "search.html")]
#[allow(missing_docs, reason = "plain words")]
pub struct SearchPage {
    pub frame: Frame,
    /// The text as typed.
    pub query: String,
    pub results: Results,
}

/// The results alone, for typing: `GET /search?q=…`.
#[derive(Debug, Clone, Template)]
#[template(path = "results.html")]
#[allow(missing_docs, reason = "plain words")]
pub struct ResultsFragment {
    pub results: Results,
}

/// What stands below the box.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "plain words")]
pub struct Results {
    /// "12 people", "Helped last": the heading of the list, read out when it changes.
    pub heading: String,
    /// A sentence under it: nothing found, narrow it down, too short. Empty: none.
    pub hint: String,
    /// In place of people: why nobody is shown to this operator.
    pub notice: Option<Said>,
    pub people: Vec<Person>,
}

/// One person in the list.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct Person {
    /// `/accounts/…`
    pub link: String,
    pub initials: String,
    pub name: String,
    /// "Sales · Leeds", or empty.
    pub place: String,
    pub account: String,
    pub chips: Vec<Chip>,
}

/// A state at a glance: an icon and a word.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct Chip {
    pub icon: &'static str,
    pub word: &'static str,
    /// "stop", "heed" or "calm": the class of its colour.
    pub tone: &'static str,
}

impl SearchPage {
    /// Before anything is typed: the people whom this operator helped last, newest first.
    pub fn recent(context: &PageContext<'_>, recent: &[Hit]) -> Self {
        Self::with(context, "", Results::recent(recent))
    }

    /// What was found for `query`.
    pub fn found(context: &PageContext<'_>, query: &str, found: &Found) -> Self {
        let results = Results::found(found, context.help_contact());
        Self::with(context, query, results)
    }

    /// The operator may look at nobody (403).
    pub fn refused(context: &PageContext<'_>, query: &str, why: Refusal) -> Self {
        let results = Results::refused(why, context.help_contact());
        Self::with(context, query, results)
    }

    /// `query` cannot be searched for.
    pub fn not_searchable(context: &PageContext<'_>, query: &str, problem: InvalidSearch) -> Self {
        Self::with(context, query, Results::not_searchable(problem))
    }

    fn with(context: &PageContext<'_>, query: &str, results: Results) -> Self {
        Self {
            frame: Frame::new(label::WHOSE, context),
            query: query.to_owned(),
            results,
        }
    }
}

impl Results {
    /// The people helped last; nothing at all where there are none.
    pub fn recent(recent: &[Hit]) -> Self {
        let heading = if recent.is_empty() {
            ""
        } else {
            label::HELPED_LAST
        };
        Self {
            heading: heading.to_owned(),
            hint: String::new(),
            notice: None,
            people: recent.iter().map(Person::new).collect(),
        }
    }

    /// A search's result.
    pub fn found(found: &Found, help_contact: Option<&str>) -> Self {
        let asleep = found
            .sleeping
            .and_then(|why| words::asleep(why, help_contact));
        if let Some(notice) = asleep {
            return Self::saying(Said::without_changes(notice));
        }
        let hint = match (found.hits.len(), found.more) {
            (0, _) => label::NOBODY_LIKE_THAT,
            (_, true) => label::NARROW_DOWN,
            (_, false) => "",
        };
        Self {
            heading: people(found.hits.len(), found.more),
            hint: hint.to_owned(),
            notice: None,
            people: found.hits.iter().map(Person::new).collect(),
        }
    }

    /// A hint in place of results.
    pub fn not_searchable(problem: InvalidSearch) -> Self {
        let (hint, _) = search(problem);
        Self {
            hint: hint.to_owned(),
            ..Self::default()
        }
    }

    /// Why nobody is shown at all.
    pub fn refused(why: Refusal, help_contact: Option<&str>) -> Self {
        let notice = words::refusal(why, Action::View, "", help_contact);
        Self::saying(Said::without_changes(notice))
    }

    fn saying(notice: Said) -> Self {
        Self {
            notice: Some(notice),
            ..Self::default()
        }
    }
}

impl Person {
    fn new(hit: &Hit) -> Self {
        let place: Vec<String> = [&hit.department, &hit.office]
            .into_iter()
            .flatten()
            .map(|part| shown(part))
            .collect();
        Self {
            link: format!("/accounts/{}", hit.guid),
            initials: initials(&hit.name),
            name: shown(&hit.name),
            place: place.join(" · "),
            account: shown(&hit.sam),
            chips: Chip::of(hit),
        }
    }
}

impl Chip {
    fn of(hit: &Hit) -> Vec<Self> {
        let locked = Self {
            icon: "lock",
            word: label::LOCKED,
            tone: "stop",
        };
        let disabled = Self {
            icon: "stop",
            word: label::DISABLED,
            tone: "stop",
        };
        let expired = Self {
            icon: "clock",
            word: label::EXPIRED,
            tone: "heed",
        };
        let must_change = Self {
            icon: "key",
            word: label::MUST_CHANGE,
            tone: "heed",
        };
        let protected = Self {
            icon: "shield",
            word: label::PROTECTED_CHIP,
            tone: "calm",
        };
        [
            (hit.flags.locked(), locked),
            (hit.flags.disabled(), disabled),
            (hit.expired, expired),
            (hit.must_change, must_change),
            (hit.admin_count || !hit.kind_is_person, protected),
        ]
        .into_iter()
        .filter_map(|(holds, chip)| holds.then_some(chip))
        .collect()
    }
}
