//! How things stand with an account: a sentence for each fact.

use super::{When, count};
use crate::domain::preflight::Standing;

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
    match fact {
        Standing::Disabled => (
            "Disabled: nobody can log on with this account, whatever the password.".to_owned(),
            Tone::Stop,
            "stop",
        ),
        Standing::AccountExpired(at) => (
            format!(
                "The account expired {}: nobody can log on with it.",
                when.day_and_distance(*at)
            ),
            Tone::Stop,
            "stop",
        ),
        Standing::AccountExpires(at) => (
            format!("The account expires {}.", when.day_and_distance(*at)),
            Tone::Heed,
            "clock",
        ),
        Standing::Locked {
            since,
            until,
            wrong_passwords,
        } => (
            locked(*since, *until, *wrong_passwords, when),
            Tone::Stop,
            "lock",
        ),
        Standing::MustChange => (
            "Must choose a new password at the next logon.".to_owned(),
            Tone::Heed,
            "key",
        ),
        Standing::PasswordExpired(Some(at)) => (
            format!("The password expired {}.", when.day_and_distance(*at)),
            Tone::Heed,
            "clock",
        ),
        Standing::PasswordExpired(None) => {
            ("The password has expired.".to_owned(), Tone::Heed, "clock")
        }
        Standing::PasswordSet { at, expires } => {
            let set = when.day_and_distance(*at);
            let text = match expires {
                Some(expires) => {
                    format!(
                        "The password was set {set}. It expires {}.",
                        when.day(*expires)
                    )
                }
                None => format!("The password was set {set}."),
            };
            (text, Tone::Calm, "key")
        }
        Standing::NeverExpires => (
            "The password never expires, and Windows does not ask for a change at the next logon."
                .to_owned(),
            Tone::Calm,
            "key",
        ),
        Standing::SmartCardRequired => (
            "Logs on with a smart card only; a password is not used.".to_owned(),
            Tone::Stop,
            "card",
        ),
        Standing::CannotChangePassword => (
            "May not change the own password: a new one stays until somebody resets it again."
                .to_owned(),
            Tone::Heed,
            "key",
        ),
        Standing::PasswordNotRequired => (
            "Is allowed to have no password at all. A reset sets a full one all the same."
                .to_owned(),
            Tone::Heed,
            "shield",
        ),
        Standing::LastLogon(at) => (last_logon(*at, when), Tone::Calm, "person"),
        Standing::NeverLoggedOn => (
            "Has never logged on so far.".to_owned(),
            Tone::Calm,
            "person",
        ),
        Standing::FineGrainedPolicy => (
            "A password rule of its own applies to this account; the new password satisfies it."
                .to_owned(),
            Tone::Calm,
            "shield",
        ),
    }
}

/// The directory notes a logon up to two weeks late (lastLogonTimestamp), so no day is named for a near one.
fn last_logon(at: jiff::Timestamp, when: &When) -> String {
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
    since: Option<jiff::Timestamp>,
    until: Option<jiff::Timestamp>,
    wrong_passwords: u32,
    when: &When,
) -> String {
    let mut text = match since {
        Some(since) => format!("Locked since {}", when.since(since)),
        None => "Locked".to_owned(),
    };
    match wrong_passwords {
        0 => {}
        1 => text.push_str(" after a wrong password"),
        more => text.push_str(&format!(" after {} wrong passwords", count(more))),
    }
    match until {
        Some(until) => text.push_str(&format!("; unlocks itself {}.", when.moment(until))),
        None => text.push_str("; stays locked until somebody unlocks it."),
    }
    text
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
