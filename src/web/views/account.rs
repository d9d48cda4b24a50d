//! A person: who it is, how things stand, and the one action that is likely to help.

use super::{Frame, PageContext, Said};
use crate::actions::AccountView;
use crate::domain::account::Account;
use crate::domain::authorize::{Refusal, of_rights};
use crate::domain::preflight::{Obstacle, Preflight, Recommendation};
use crate::domain::rules::{Action, MustChange, PasswordKind, Rule, Terms};
use crate::web::words::{
    self, Change, Notice, Tone, When, cannot_help, initials, isolated, label, obstacle,
    protection_reason, shown, standing,
};
use askama::Template;
use std::sync::Arc;

/// `GET /accounts/{guid}`, and the 422 answers to its forms.
#[derive(Debug, Clone, Template)]
#[template(path = "account.html")]
#[allow(missing_docs, reason = "plain words")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "a view is strings and booleans"
)]
pub struct AccountPage {
    pub frame: Frame,
    pub guid: String,
    pub name: String,
    pub initials: String,
    /// "Team assistant", or empty.
    pub job: String,
    /// Department, office, manager, mail, account: what tells two people of one name apart.
    pub facts: Vec<Fact>,
    pub standing: Vec<StandingLine>,
    /// Something that was just done, e.g. an unlock. Empty: nothing.
    pub note: String,
    /// A notice at the form: a missing reason, the policy (422).
    pub problem: Option<Said>,
    /// The problem is the reason: it stands at that field.
    pub reason_unfit: bool,
    /// Why there is no button at all, and whom to ask.
    pub blocked: Option<Said>,
    pub reset_offered: bool,
    /// Why only the unlock is offered; shown only then.
    pub reset_why_not: String,
    pub unlock_offered: bool,
    /// The unlock is the highlighted action, the reset the second choice.
    pub unlock_first: bool,
    /// The reset is not the highlighted action.
    pub reset_second: bool,
    /// "Reset Alice Able's password"
    pub reset_button: String,
    /// "Unlock Alice Able's account"
    pub unlock_button: String,
    /// What a reset does, before it is done: one line each.
    pub consequences: Vec<String>,
    pub reset_csrf: String,
    pub unlock_csrf: String,
    pub reset_reason_wanted: bool,
    pub reset_reason_required: bool,
    pub unlock_reason_wanted: bool,
    pub unlock_reason_required: bool,
    pub reason_hint: String,
    /// The same for the reset, which may be one of several.
    pub reset_reason_hint: String,
    pub reason: String,
    /// The operator may type the new password.
    pub password_offered: bool,
    /// What was typed breaks a rule of the domain.
    pub password_unfit: bool,
    pub must_change_offered: bool,
    pub must_change: bool,
    /// The reset's own check box for unlocking.
    pub unlock_with_reset_offered: bool,
    pub unlock_with_reset: bool,
    /// Of this person's records, for auditors; empty for others.
    pub history: String,
    /// Who may help this person, and why; likewise.
    pub access: String,
}

/// A term and its value.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct Fact {
    pub term: &'static str,
    /// The value; a line may break between its parts.
    pub parts: Vec<String>,
    /// A long value: wants more room.
    pub wide: bool,
}

/// One sentence of how things stand.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct StandingLine {
    pub icon: &'static str,
    /// "stop", "heed" or "calm".
    pub tone: &'static str,
    pub text: String,
}

/// The forms' tokens and what the settings say of both; what a rule says is in the view.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "plain words")]
pub struct AccountForms {
    pub reset_csrf: String,
    pub unlock_csrf: String,
    /// `[reset] reason_hint`.
    pub reason_hint: Option<String>,
    /// `[password] must_change`: how the check box starts.
    pub must_change: bool,
}

/// What was in the form that is shown again.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "plain words")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "what was ticked, and in which form"
)]
pub struct Asked {
    pub reason: String,
    pub must_change: bool,
    pub unlock: bool,
    /// It was the unlock form; the check boxes mean nothing.
    pub only_unlock: bool,
    /// A password was typed; it is never given back.
    pub typed: bool,
}

impl AccountPage {
    /// The page for an account as just read.
    pub fn new(context: &PageContext<'_>, view: &AccountView, forms: AccountForms) -> Self {
        let account = &view.account;
        let preflight = &view.preflight;
        let name = isolated(&account.name);
        let blocked = blocked(view, context.help_contact());
        let helps = |what: &Obstacle| *what == Obstacle::NotLocked;
        let reset_offered =
            blocked.is_none() && view.reset.is_ok() && preflight.obstacles.iter().all(helps);
        let unlock_offered = blocked.is_none() && view.unlock.is_ok() && preflight.unlock_due;
        let unlock_first = unlock_offered
            && (!reset_offered || preflight.recommendation == Recommendation::Unlock);
        let (reset, unlock) = (terms(&view.reset), terms(&view.unlock));
        let reason_hint = forms
            .reason_hint
            .map_or_else(|| label::REASON_HINT.to_owned(), |hint| shown(&hint));
        Self {
            frame: Frame::new(name.clone(), context),
            guid: account.guid.to_string(),
            name: shown(&account.name),
            initials: initials(&account.name),
            job: account.title.as_deref().map(shown).unwrap_or_default(),
            facts: facts(account),
            standing: standing_lines(preflight, &context.when()),
            note: String::new(),
            problem: None,
            reason_unfit: false,
            blocked,
            reset_offered,
            reset_why_not: reset_why_not(view),
            unlock_offered,
            unlock_first,
            reset_second: unlock_first,
            reset_button: words::reset_button(&name),
            unlock_button: words::unlock_button(&name),
            consequences: words::consequences(
                &name,
                reset.password,
                change(preflight, reset.must_change, forms.must_change),
                preflight.unlock_due,
            ),
            reset_csrf: forms.reset_csrf,
            unlock_csrf: forms.unlock_csrf,
            reset_reason_wanted: reset.reason.is_asked_for() || view.again,
            reset_reason_required: reset.reason.required || view.again,
            unlock_reason_wanted: unlock.reason.is_asked_for(),
            unlock_reason_required: unlock.reason.required,
            reset_reason_hint: if view.again {
                words::again(&reason_hint)
            } else {
                reason_hint.clone()
            },
            reason_hint,
            reason: String::new(),
            password_offered: reset.password == PasswordKind::Typed,
            password_unfit: false,
            must_change_offered: preflight.must_change_works
                && reset.must_change == MustChange::Default,
            must_change: forms.must_change,
            unlock_with_reset_offered: preflight.unlock_due,
            unlock_with_reset: preflight.unlock_due,
            history: for_auditors(context, || format!("/audit?target={}", account.guid)),
            access: for_auditors(context, || format!("/accounts/{}/access", account.guid)),
        }
    }

    /// The form again, as it was filled in, with what is the matter (422).
    #[must_use]
    pub fn with_notice(mut self, notice: &Notice, asked: Asked) -> Self {
        let again = notice.code == words::Code::ReasonForAgain;
        self.reason_unfit = again
            || matches!(
                notice.code,
                words::Code::ReasonMissing | words::Code::ReasonUnfit
            );
        self.reset_reason_wanted |= again;
        self.reset_reason_required |= again;
        self.password_unfit = asked.typed && notice.code == words::Code::Policy;
        self.problem = Some(Said::at_form(notice));
        self.reason = asked.reason;
        if !asked.only_unlock {
            self.must_change = asked.must_change;
            self.unlock_with_reset = asked.unlock;
            self.unlock_first = false;
            self.reset_second = false;
        }
        self
    }

    /// With the news that the account was just unlocked; only where it is not locked any more.
    #[must_use]
    pub fn just_unlocked(mut self, view: &AccountView) -> Self {
        if !view.account.flags.locked() {
            self.note = words::unlocked(&isolated(&view.account.name));
            self.reset_second = true;
        }
        self
    }
}

/// What the rule asks that decides; nothing where none does.
fn terms(decision: &Result<Arc<Rule>, Refusal>) -> Terms {
    let rule = decision.as_ref().ok();
    rule.map(|rule| rule.terms.clone()).unwrap_or_default()
}

fn change(preflight: &Preflight, by_rule: MustChange, ticked: bool) -> Change {
    match by_rule {
        _ if !preflight.must_change_works => Change::WithoutEffect,
        MustChange::Default => Change::Chosen(ticked),
        MustChange::Never => Change::Never,
        MustChange::Always => Change::Always,
    }
}

/// Said where the unlock alone is offered.
fn reset_why_not(view: &AccountView) -> String {
    let by_rules = match &view.reset {
        Err(why @ Refusal::ByRules(_)) => {
            let reset = Action::ResetPassword;
            Some(words::refusal(*why, reset, &view.account.name, None).happened)
        }
        _ => None,
    };
    let obstacles = view.preflight.obstacles.first();
    let stands = || obstacles.map(|what| obstacle(*what).0.to_owned());
    by_rules.or_else(stands).unwrap_or_default()
}

fn for_auditors(context: &PageContext<'_>, address: impl FnOnce() -> String) -> String {
    if context.audits() {
        address()
    } else {
        String::new()
    }
}

/// Why there is no button at all.
fn blocked(view: &AccountView, help_contact: Option<&str>) -> Option<Said> {
    let rights = match of_rights(&view.rights) {
        Some(Refusal::ExcessRights) => Some((words::EXCESS_RIGHTS, cannot_help(help_contact))),
        Some(_) => Some((words::RIGHTS_NOT_PROVEN, words::TRY_SOON.to_owned())),
        None => None,
    };
    if let Some(((sentence, code), next)) = rights {
        return Some(Said {
            title: label::NOTHING_NOW.to_owned(),
            happened: sentence.to_owned(),
            next,
            code: code.as_str(),
        });
    }
    if let Some(refusal) = by_rules(view) {
        let name = &view.account.name;
        let notice = words::refusal(refusal, Action::ResetPassword, name, help_contact);
        return Some(Said {
            title: notice.title,
            happened: notice.happened,
            next: notice.next,
            code: notice.code.as_str(),
        });
    }
    let (title, (sentence, code)) = match (&view.reset, view.preflight.recommendation) {
        (Err(Refusal::Protected(protection)), _) => {
            (label::PROTECTED, protection_reason(*protection))
        }
        (_, Recommendation::Nothing(what)) => (label::NOTHING_HELPS, obstacle(what)),
        (_, Recommendation::Reset | Recommendation::Unlock) => return None,
    };
    Some(Said {
        title: title.to_owned(),
        happened: sentence.to_owned(),
        next: cannot_help(help_contact),
        code: code.as_str(),
    })
}

/// Why the rules allow neither; of the two, what they say of the reset.
fn by_rules(view: &AccountView) -> Option<Refusal> {
    let of = |decision: &Result<Arc<Rule>, Refusal>| match decision {
        Err(why @ (Refusal::ByRules(_) | Refusal::Frozen)) => Some(*why),
        _ => None,
    };
    let locked = view.account.flags.locked();
    match (of(&view.reset), of(&view.unlock)) {
        (Some(why), Some(_)) => Some(why),
        // An unlock that is allowed is of no use to somebody who is not locked out.
        (Some(why), None) if !locked => Some(why),
        _ => None,
    }
}

/// What tells two people of one name apart.
pub(super) fn facts(account: &Account) -> Vec<Fact> {
    [
        (label::DEPARTMENT, account.department.as_deref()),
        (label::OFFICE, account.office.as_deref()),
        (label::MANAGER, account.manager.as_deref()),
        (label::ACCOUNT, Some(account.sam.as_str())),
        (label::MAIL, account.mail.as_deref()),
    ]
    .into_iter()
    .filter_map(|(term, value)| {
        Some(Fact {
            term,
            parts: breakable(shown(value?)),
            wide: term == label::MAIL,
        })
    })
    .collect()
}

/// A mail address breaks before its @ rather than in the middle of a word.
fn breakable(value: String) -> Vec<String> {
    match value.rsplit_once('@') {
        Some((name, domain)) => vec![name.to_owned(), format!("@{domain}")],
        None => vec![value],
    }
}

fn standing_lines(preflight: &Preflight, when: &When) -> Vec<StandingLine> {
    preflight
        .standing
        .iter()
        .map(|fact| {
            let (text, tone, icon) = standing(fact, when);
            StandingLine {
                icon,
                tone: tone_class(tone),
                text,
            }
        })
        .collect()
}

fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Stop => "stop",
        Tone::Heed => "heed",
        Tone::Calm => "calm",
    }
}
