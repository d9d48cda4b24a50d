//! The audit log, for auditors: a page of records with its filters.

use super::{Frame, PageContext};
use crate::domain::audit::{Actions, AuditResult, Detail, Record, Seq};
use crate::domain::identity::ObjectGuid;
use crate::store::{AuditPage, FoundRecord, Standing};
use crate::web::words::{self, Code, Part, When, label, shown};
use askama::Template;
use jiff::civil::Date;

/// The filters as they stand in the address; all of them as typed, so that nothing typed is lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "plain words")]
pub struct AuditFilters {
    pub q: String,
    pub action: Option<Actions>,
    pub result: Option<AuditResult>,
    /// The record's word for why.
    pub code: String,
    pub rule: String,
    pub operator: String,
    pub target: Option<ObjectGuid>,
    pub from: String,
    pub to: String,
}

/// What is the matter with a field: a sentence and its code.
pub type Complaint = Option<(&'static str, Code)>;

/// The fields that cannot be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "plain words")]
pub struct AuditComplaints {
    pub q: Complaint,
    pub from: Complaint,
    pub to: Complaint,
}

/// `GET /audit`.
#[derive(Debug, Clone, Template)]
#[template(path = "audit.html")]
#[allow(missing_docs, reason = "plain words")]
pub struct AuditLogPage {
    pub frame: Frame,
    pub heading: String,
    pub q: String,
    pub q_wrong: Wrong,
    pub actions: Vec<Choice>,
    pub results: Vec<Choice>,
    pub code: String,
    pub rule: String,
    pub operator: String,
    /// Of the person whose history it is, or empty.
    pub target: String,
    pub from: String,
    pub from_wrong: Wrong,
    pub to: String,
    pub to_wrong: Wrong,
    /// Whether anything is filtered.
    pub filtered: bool,
    /// Whether more is than the text: then those fields are shown.
    pub narrowed: bool,
    /// "The newest 50 records", "No records match"; empty beside a wrong field.
    pub count: String,
    /// What else there is to say of what was looked through. Empty: nothing.
    pub hint: String,
    /// What is in archives, and the command that reads them. Empty: nothing that is asked for.
    pub archived: String,
    pub archived_command: String,
    pub rows: Vec<AuditRow>,
    /// Some of the rows cannot be relied on, and are marked.
    pub tampered: bool,
    /// Addresses; empty: there is no such page.
    pub older: String,
    pub newest: String,
    pub csv: String,
}

/// A field that cannot be used.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "plain words")]
pub struct Wrong {
    pub text: &'static str,
    pub code: &'static str,
}

/// One of a list to choose from.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct Choice {
    pub value: &'static str,
    pub text: &'static str,
    pub chosen: bool,
}

/// One record in the table.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "plain words")]
pub struct AuditRow {
    pub number: String,
    pub link: String,
    /// RFC 3339, for machines.
    pub time: String,
    pub when: String,
    pub sentence: String,
    /// "3 others like it were counted", or empty.
    pub note: String,
    pub who: String,
    pub who_link: String,
    pub whom: String,
    pub whom_link: String,
    pub state: &'static str,
    /// "stop", "heed" or "calm".
    pub tone: &'static str,
    pub icon: &'static str,
    /// Why, in a few words; empty: nothing to say.
    pub cause: String,
}

impl AuditFilters {
    /// The address of a page with these filters.
    pub fn address(&self, path: &str, before: Option<Seq>) -> String {
        let target = self.target.map(|guid| guid.to_string()).unwrap_or_default();
        let before = before.map(|seq| seq.0.to_string()).unwrap_or_default();
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("q", self.q.as_str()),
            ("action", self.action.map_or("", Actions::word)),
            ("result", self.result.map_or("", AuditResult::word)),
            ("code", self.code.as_str()),
            ("rule", self.rule.as_str()),
            ("operator", self.operator.as_str()),
            ("target", target.as_str()),
            ("from", self.from.as_str()),
            ("to", self.to.as_str()),
            ("page", before.as_str()),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        }
    }
}

impl AuditFilters {
    /// The command that finds the same in archives, whose newest record is of `until`. A part of a name is no
    /// filter there, so it finds more.
    fn command(&self, until: Date) -> String {
        // Days are written so that their order is that of their text.
        let last = until.to_string();
        let until = if self.to.is_empty() || last < self.to {
            last
        } else {
            self.to.clone()
        };
        let target = self.target.map(|guid| guid.to_string()).unwrap_or_default();
        let mut command = "keyward audit list".to_owned();
        for (name, value) in [
            ("operator", self.operator.as_str()),
            ("target", target.as_str()),
            ("action", self.action.map_or("", Actions::word)),
            ("result", self.result.map_or("", AuditResult::word)),
            ("code", self.code.as_str()),
            ("rule", self.rule.as_str()),
            ("since", self.from.as_str()),
            ("until", until.as_str()),
        ] {
            if !value.is_empty() {
                // One that begins as an option does would be taken for one.
                let between = if value.starts_with('-') { "=" } else { " " };
                let value = quoted(value);
                command.extend([" --", name, between, value.as_str()]);
            }
        }
        command
    }
}

/// As a shell takes it for one word.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", shown(value).replace('\'', r"'\''"))
    }
}

impl AuditLogPage {
    /// What was found.
    pub fn found(
        context: &PageContext<'_>,
        filters: &AuditFilters,
        before: Option<Seq>,
        found: &AuditPage,
    ) -> Self {
        let when = context.when();
        let rows = found.records.iter().map(|it| AuditRow::new(it, &when));
        Self {
            count: words::audit_count(found.records.len(), part(before, found.next)),
            hint: hint(found),
            archived: found
                .archived
                .map(|it| words::archived(it, &when))
                .unwrap_or_default(),
            archived_command: found
                .archived
                .map(|it| filters.command(when.date(it.until)))
                .unwrap_or_default(),
            rows: rows.collect(),
            tampered: found
                .records
                .iter()
                .any(|it| it.standing != Standing::AsWritten),
            older: found
                .next
                .map(|next| filters.address("/audit", Some(next)))
                .unwrap_or_default(),
            newest: before
                .map(|_| filters.address("/audit", None))
                .unwrap_or_default(),
            csv: filters.address("/audit.csv", None),
            ..Self::empty(context, filters)
        }
    }

    /// The filters again, with what is the matter (422).
    pub fn refused(
        context: &PageContext<'_>,
        filters: &AuditFilters,
        complaints: AuditComplaints,
    ) -> Self {
        let wrong = |complaint: Complaint| {
            complaint
                .map(|(text, code)| Wrong {
                    text,
                    code: code.as_str(),
                })
                .unwrap_or_default()
        };
        Self {
            q_wrong: wrong(complaints.q),
            from_wrong: wrong(complaints.from),
            to_wrong: wrong(complaints.to),
            ..Self::empty(context, filters)
        }
    }

    fn empty(context: &PageContext<'_>, filters: &AuditFilters) -> Self {
        let heading = if filters.target.is_some() {
            label::AUDIT_OF_A_PERSON
        } else if filters.operator.is_empty() {
            label::AUDIT_LOG
        } else {
            label::AUDIT_OF_AN_OPERATOR
        };
        let mut actions = vec![Choice::any(filters.action.is_none())];
        actions.extend(Actions::all().map(|action| Choice {
            value: action.word(),
            text: words::audit_actions(action),
            chosen: filters.action == Some(action),
        }));
        let mut results = vec![Choice::any(filters.result.is_none())];
        results.extend(AuditResult::ALL.iter().map(|result| Choice {
            value: result.word(),
            text: words::audit_result(*result),
            chosen: filters.result == Some(*result),
        }));
        Self {
            frame: Frame::new(heading, context),
            heading: heading.to_owned(),
            q: filters.q.clone(),
            q_wrong: Wrong::default(),
            actions,
            results,
            code: filters.code.clone(),
            rule: filters.rule.clone(),
            operator: filters.operator.clone(),
            target: filters
                .target
                .map(|guid| guid.to_string())
                .unwrap_or_default(),
            from: filters.from.clone(),
            from_wrong: Wrong::default(),
            to: filters.to.clone(),
            to_wrong: Wrong::default(),
            filtered: *filters != AuditFilters::default(),
            narrowed: AuditFilters {
                q: String::new(),
                target: None,
                ..filters.clone()
            } != AuditFilters::default(),
            count: String::new(),
            hint: String::new(),
            archived: String::new(),
            archived_command: String::new(),
            rows: Vec::new(),
            tampered: false,
            older: String::new(),
            newest: String::new(),
            csv: String::new(),
        }
    }
}

impl Choice {
    fn any(chosen: bool) -> Self {
        Self {
            value: "",
            text: label::ANY,
            chosen,
        }
    }
}

impl AuditRow {
    fn new(found: &FoundRecord, when: &When) -> Self {
        let number = found.seq.0.to_string();
        let row = Self {
            link: format!("/audit/{number}"),
            number,
            ..found
                .record
                .as_ref()
                .map_or_else(Self::no_record, |record| Self::of(record, when))
        };
        if found.standing == Standing::AsWritten {
            return row;
        }
        // In place of how it ended, which is not to be relied on either.
        Self {
            state: label::MARKED,
            cause: words::audit_standing(found.standing).to_owned(),
            tone: "stop",
            icon: "stop",
            ..row
        }
    }

    fn no_record() -> Self {
        Self {
            sentence: label::NO_RECORD.to_owned(),
            ..Self::default()
        }
    }

    fn of(record: &Record, when: &When) -> Self {
        let entry = &record.entry;
        let operator = entry.operator.as_ref();
        let sid = operator.and_then(|it| it.sid.as_ref());
        let target = entry.target.as_ref();
        let number = |detail| entry.details.get(detail).and_then(Detail::as_u64);
        let notes = [
            number("seconds_ago").map(words::earlier),
            number("suppressed").map(words::repeated),
        ];
        let (tone, icon) = tone_of(entry.result);
        Self {
            time: format!("{:.0}", record.time),
            when: when.exact(record.time),
            sentence: words::audit_sentence(entry),
            note: notes.into_iter().flatten().collect::<Vec<_>>().join("; "),
            who: operator.map(|it| shown(&it.name)).unwrap_or_default(),
            who_link: sid
                .map(|sid| format!("/audit?operator={sid}"))
                .unwrap_or_default(),
            whom: target
                .map(|it| {
                    it.name
                        .as_deref()
                        .map_or_else(|| it.guid.to_string(), shown)
                })
                .unwrap_or_default(),
            whom_link: target
                .map(|it| format!("/audit?target={}", it.guid))
                .unwrap_or_default(),
            state: words::audit_state(entry.phase, entry.result),
            tone,
            icon,
            cause: entry
                .code
                .as_deref()
                .map(|code| {
                    words::cause(code).map_or_else(|| shown(code), |it| it.short.to_owned())
                })
                .unwrap_or_default(),
            ..Self::default()
        }
    }
}

/// The class of a result's colour, and the icon beside its word.
pub(super) fn tone_of(result: Option<AuditResult>) -> (&'static str, &'static str) {
    match result {
        Some(AuditResult::Ok) => ("calm", "check"),
        Some(AuditResult::Refused) => ("stop", "stop"),
        Some(AuditResult::Failed) => ("stop", "info"),
        Some(AuditResult::Unknown) => ("heed", "info"),
        None => ("calm", "clock"),
    }
}

fn part(before: Option<Seq>, next: Option<Seq>) -> Part {
    match (before, next) {
        (Some(_), _) => Part::Older,
        (None, Some(_)) => Part::Newest,
        (None, None) => Part::Whole,
    }
}

fn hint(found: &AuditPage) -> String {
    let more_names = found.more_names.then(|| label::MORE_NAMES.to_owned());
    let cut = found.next.filter(|_| found.cut);
    let cut = cut.map(|seq| words::looked_down_to(seq.0));
    let parts: Vec<String> = [more_names, cut].into_iter().flatten().collect();
    parts.join(" ")
}
