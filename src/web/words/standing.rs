//! How things stand with an account: a sentence for each fact.

use super::{When, count};
use crate::domain::preflight::Standing;
use jiff::Timestamp;

/// How a fact is marked: by an icon and a colour, always beside its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nobody can log on like this.
    Stop,
    /// Something to know.
    Heed,
    /// Good to know.
    Calm,
}

/// The sentence for one fact, its tone and the name of its icon (`templates/icons.html`).
pub fn standing(fact: &Standing, when: &When) -> (String, Tone, &'static str) {
    let (tone, icon) = mark(fact);
    (sentence(fact, when), tone, icon)
}

fn mark(fact: &Standing) -> (Tone, &'static str) {
    match fact {
        Standing::Disabled | Standing::AccountExpired(_) => (Tone::Stop, "stop"),
        Standing::Locked { .. } => (Tone::Stop, "lock"),
        Standing::SmartCardRequired => (Tone::Stop, "card"),
        Standing::AccountExpires(_) | Standing::PasswordExpired(_) => (Tone::Heed, "clock"),
        Standing::MustChange | Standing::CannotChangePassword => (Tone::Heed, "key"),
        Standing::PasswordNotRequired => (Tone::Heed, "shield"),
        Standing::PasswordSet { .. } | Standing::NeverExpires => (Tone::Calm, "key"),
        Standing::LastLogon(_) | Standing::NeverLoggedOn => (Tone::Calm, "person"),
        Standing::FineGrainedPolicy => (Tone::Calm, "shield"),
    }
}

fn sentence(fact: &Standing, when: &When) -> String {
    let fixed = match fact {
        Standing::AccountExpired(at) => {
            let day = when.day_and_distance(*at);
            return format!("The account expired {day}: nobody can log on with it.");
        }
        Standing::AccountExpires(at) => {
            return format!("The account expires {}.", when.day_and_distance(*at));
        }
        Standing::Locked {
            since,
            until,
            wrong_passwords,
        } => {
            return locked(*since, *until, *wrong_passwords, when);
        }
        Standing::PasswordExpired(Some(at)) => {
            return format!("The password expired {}.", when.day_and_distance(*at));
        }
        Standing::PasswordSet { at, expires } => return password_set(*at, *expires, when),
        Standing::LastLogon(at) => return last_logon(*at, when),
        Standing::Disabled => {
            "Disabled: nobody can log on with this account, whatever the password."
        }
        Standing::MustChange => "Must choose a new password at the next logon.",
        Standing::PasswordExpired(None) => "The password has expired.",
        Standing::NeverExpires => "The password never expires.",
        Standing::SmartCardRequired => "Logs on with a smart card only; a password is not used.",
        Standing::CannotChangePassword => {
            "May not change the own password: a new one stays until somebody resets it again."
        }
        Standing::PasswordNotRequired => {
            "Is allowed to have no password at all. A reset sets a full one all the same."
        }
        Standing::NeverLoggedOn => "Has never logged on so far.",
        Standing::FineGrainedPolicy => {
            "A password rule of its own applies to this account; the new password satisfies it."
        }
    };
    fixed.to_owned()
}

fn password_set(at: Timestamp, expires: Option<Timestamp>, when: &When) -> String {
    let set = when.day_and_distance(at);
    match expires {
        Some(expires) => format!(
            "The password was set {set}. It expires {}.",
            when.day(expires)
        ),
        None => format!("The password was set {set}."),
    }
}

/// The directory notes a logon up to two weeks late (lastLogonTimestamp), so no day is named for a near one.
fn last_logon(at: Timestamp, when: &When) -> String {
    if when.days_ago(at).is_some_and(|days| days <= 14) {
        "Has logged on within the last two weeks.".to_owned()
    } else {
        format!(
            "The last logon was {}, or up to two weeks later.",
            when.day(at)
        )
    }
}

fn locked(
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    wrong_passwords: u32,
    when: &When,
) -> String {
    let since = since
        .map(|since| format!(" since {}", when.since(since)))
        .unwrap_or_default();
    let after = match wrong_passwords {
        0 => String::new(),
        1 => " after a wrong password".to_owned(),
        more => format!(" after {} wrong passwords", count(more)),
    };
    let end = match until {
        Some(until) => format!("unlocks itself {}", when.moment(until)),
        None => "stays locked until somebody unlocks it".to_owned(),
    };
    format!("Locked{since}{after}; {end}.")
}

#[cfg(test)]
mod tests {
    use super::standing;
    use crate::domain::preflight::Standing;
    use crate::web::words::When;
    use jiff::{Timestamp, tz::TimeZone};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }
    fn said(fact: &Standing) -> String {
        let when = When::new(at("2025-03-04T14:10:00Z"), &TimeZone::UTC);
        standing(fact, &when).0
    }

    #[test]
    fn a_lockout_says_since_when_why_and_until_when() {
        let mut fact = Standing::Locked {
            since: Some(at("2025-03-04T14:02:00Z")),
            until: Some(at("2025-03-04T14:32:00Z")),
            wrong_passwords: 5,
        };
        assert_eq!(
            said(&fact),
            "Locked since 14:02 after five wrong passwords; unlocks itself at 14:32."
        );
        fact = Standing::Locked {
            since: None,
            until: None,
            wrong_passwords: 0,
        };
        assert_eq!(
            said(&fact),
            "Locked; stays locked until somebody unlocks it."
        );
    }

    #[test]
    fn a_password_says_its_age_and_its_end() {
        let fact = Standing::PasswordSet {
            at: at("2025-02-20T09:00:00Z"),
            expires: Some(at("2025-05-21T09:00:00Z")),
        };
        assert_eq!(
            said(&fact),
            "The password was set on 20\u{a0}February 2025, 12 days ago. It expires on 21\u{a0}May 2025."
        );
        assert_eq!(
            said(&Standing::PasswordExpired(Some(at("2025-03-03T09:00:00Z")))),
            "The password expired yesterday."
        );
    }

    #[test]
    fn a_last_logon_is_only_about_right() {
        assert_eq!(
            said(&Standing::LastLogon(at("2025-02-20T09:00:00Z"))),
            "Has logged on within the last two weeks."
        );
        assert_eq!(
            said(&Standing::LastLogon(at("2024-12-20T09:00:00Z"))),
            "The last logon was on 20\u{a0}December 2024, or up to two weeks later."
        );
    }
}
