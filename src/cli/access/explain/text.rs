//! An explanation for reading, in lines of at most a hundred characters.

use std::io::{self, IsTerminal as _};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::document::{Asks, Decided, Explanation, LimitsOf, Said, Stopped, Who, Whom};
use crate::cli::screen::wants_more_than_text;
use crate::domain::text::visible;

/// Characters of a line; a word that is longer stays whole.
const WIDTH: usize = 100;
/// Where what is said begins, behind its heading.
const BEHIND: usize = 12;
/// The numbers of ANSI colours.
const GREEN: u8 = 32;
const RED: u8 = 31;

/// All of it; `zone`: that of the house.
pub(super) fn text(found: &Explanation, zone: &TimeZone) -> String {
    let colours = io::stdout().is_terminal() && wants_more_than_text();
    Sheet { colours }.text(found, zone)
}

struct Sheet {
    colours: bool,
}

impl Sheet {
    fn text(&self, found: &Explanation, zone: &TimeZone) -> String {
        let mut lines = vec![];
        let mut say = |heading: &str, text: &str| {
            let begin = format!("{heading:<BEHIND$}");
            lines.extend(wrapped(&begin, BEHIND, text));
        };
        say("Operator", &operator(&found.operator, zone));
        say("Target", &target(&found.target));
        say("When", &occasion(found, zone));
        lines.push(String::new());
        for one in &found.actions {
            lines.extend(self.decided(one));
        }
        lines.push(String::new());
        lines.push("What each rule says".to_owned());
        lines.extend(table(&found.rules));
        if !found.notes.is_empty() {
            lines.push(String::new());
            let notes = found.notes.iter();
            lines.extend(notes.flat_map(|note| wrapped("Note: ", 6, &format!("{note}."))));
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }

    /// The heading, yes or no, and below it why, or what is asked for.
    fn decided(&self, one: &Decided) -> Vec<String> {
        let word = if one.allowed { "yes" } else { "no " };
        let colour = if one.allowed { GREEN } else { RED };
        let word = if self.colours {
            format!("\x1b[{colour}m{word}\x1b[0m")
        } else {
            word.to_owned()
        };
        let begin = format!("{:<22}{word}  ", one.heading);
        let mut parts = Vec::new();
        if let Some(rule) = &one.rule {
            parts.push(format!("by rule {rule}"));
        }
        parts.extend(one.asks.as_ref().map(asks).filter(|asks| !asks.is_empty()));
        if let Some(refused) = &one.refused {
            parts.push(format!(
                "{} ({}, {})",
                refused.because, refused.reason, refused.code
            ));
        }
        wrapped(&begin, 27, &parts.join("; "))
    }
}

fn operator(one: &Who, zone: &TimeZone) -> String {
    let mut parts = vec![format!("{} ({}), {}", one.name, one.account, one.dn)];
    parts.push(
        if one.is_operator {
            "an operator"
        } else {
            "no operator: in no group of a rule that allows"
        }
        .to_owned(),
    );
    parts.extend(one.out_of_action.map(|why| format!("out of action: {why}")));
    parts.extend(one.frozen.as_ref().map(|frozen| stopped(frozen, zone)));
    parts.join("; ")
}

fn stopped(frozen: &Stopped, zone: &TimeZone) -> String {
    let since = frozen.since.parse::<Timestamp>();
    let since = since.map_or_else(|_| frozen.since.clone(), |since| moment(since, zone));
    let by = match (&frozen.rule, &frozen.reason) {
        (Some(rule), _) => format!("by the limit {} of rule {rule}", frozen.by),
        (None, Some(reason)) => format!("by a command: {reason}"),
        (None, None) => "by a command".to_owned(),
    };
    format!("frozen since {since} {by}")
}

fn target(one: &Whom) -> String {
    let mut parts = vec![format!("{} ({}), {}", one.name, one.account, one.dn)];
    if !one.below_user_ou {
        parts.push("outside user_ou, so that no rule reaches it".to_owned());
    }
    if !one.operator_by.is_empty() {
        parts.push(format!("an operator too: {}", one.operator_by.join(", ")));
    }
    parts.join("; ")
}

fn occasion(found: &Explanation, zone: &TimeZone) -> String {
    let at = found.at.parse::<Timestamp>();
    let at = at.map_or_else(|_| found.at.clone(), |at| moment(at, zone));
    let from = found.from.map_or_else(
        || "from wherever a rule wants it".to_owned(),
        |from| format!("from {from}"),
    );
    format!("{at}, {from}")
}

fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone())
        .strftime("%a %Y-%m-%d %H:%M %Z")
        .to_string()
}

fn asks(asks: &Asks) -> String {
    let mut parts = Vec::new();
    match (asks.reason_required, &asks.reason_pattern) {
        (true, None) => parts.push("asks for a reason".to_owned()),
        (true, Some(pattern)) => parts.push(format!("asks for a reason like {pattern}")),
        (false, Some(pattern)) => parts.push(format!("a reason, if there is one, like {pattern}")),
        (false, None) => {}
    }
    if let Some(reset) = &asks.reset {
        parts.push(
            match reset.must_change {
                "always" => "the new password must be changed at the next logon",
                "never" => "the new password need not be changed",
                _ => "the operator decides whether the new password must be changed",
            }
            .to_owned(),
        );
        parts.push(
            match reset.password {
                "fixed" => "it is the one of the settings",
                "typed" => "it is typed or generated",
                _ => "it is generated",
            }
            .to_owned(),
        );
        parts.extend(reset.limits.as_ref().map(limits));
    }
    parts.join("; ")
}

fn limits(limits: &LimitsOf) -> String {
    let LimitsOf {
        resets_last_hour,
        resets_last_day,
        people_last_day,
        ..
    } = limits;
    let of = |limit: Option<u32>, used: &u32, what: &str| {
        limit.map(|limit| format!("{used} of {limit} {what}"))
    };
    let used = [
        of(
            limits.resets_per_hour,
            resets_last_hour,
            "resets in 60 minutes",
        ),
        of(limits.resets_per_day, resets_last_day, "resets in 24 hours"),
        of(limits.people_per_day, people_last_day, "people in 24 hours"),
    ];
    let used: Vec<String> = used.into_iter().flatten().collect();
    format!("used: {}", used.join(", "))
}

/// Rule, effect, actions of which it says the same, what it says.
fn table(rules: &[Said]) -> Vec<String> {
    let name = rules.iter().map(|rule| rule.rule.chars().count());
    let name = name.max().unwrap_or(0);
    let mut lines = Vec::new();
    for rule in rules {
        let mut rest = rule.actions.as_slice();
        let mut begin = format!("  {:<name$}  {:<5}", rule.rule, rule.effect);
        while let Some(first) = rest.first() {
            let same = rest.iter().take_while(|one| one.says == first.says).count();
            let actions: Vec<&str> = rest.iter().take(same).map(|one| one.action).collect();
            let heading = format!("{begin}  {:<19}  ", actions.join(", "));
            let indent = heading.chars().count();
            lines.extend(wrapped(&heading, indent, first.says));
            begin = " ".repeat(name + 9);
            rest = rest.get(same..).unwrap_or_default();
        }
    }
    lines
}

/// `begin` and `text` in lines that break between words; those after the first begin at `indent`. Names from the
/// directory must not move the terminal's cursor.
fn wrapped(begin: &str, indent: usize, text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = begin.to_owned();
    let mut used = indent;
    let text = visible(text);
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > indent && used + 1 + length > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            used = indent;
        }
        if used > indent {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::super::document::Judged;
    use super::*;

    fn judged(action: &'static str, says: &'static str) -> Judged {
        Judged {
            action,
            matches: says == "matches",
            why_not: None,
            says,
        }
    }

    #[test]
    fn a_line_breaks_between_words_and_goes_on_below_its_beginning() {
        let text = "word ".repeat(40) + "CN=A\u{1b}[2J";
        let lines = wrapped("Heading   ", 10, &text);
        assert!(lines.len() > 2);
        for line in &lines {
            assert!(line.chars().count() <= WIDTH, "{line}");
            assert!(line.trim_end().ends_with("word") || line.ends_with("CN=A\u{fffd}[2J"));
        }
        assert!(lines[1].starts_with("          word"), "{}", lines[1]);
        let long = "x".repeat(200);
        assert_eq!(wrapped("", 0, &long), [long.as_str()], "a word stays whole");
    }

    #[test]
    fn a_rule_has_a_line_for_each_thing_that_it_says() {
        let rule = Said {
            rule: "a".repeat(40),
            effect: "allow",
            actions: vec![
                judged("view", "matches"),
                judged("reset", "the account is not among those it reaches"),
                judged("unlock", "the account is not among those it reaches"),
            ],
        };
        let lines = table(&[rule]);
        assert_eq!(lines.len(), 3, "{lines:#?}");
        assert!(
            lines[0].ends_with("view                 matches"),
            "{lines:#?}"
        );
        assert!(
            lines[1].contains("reset, unlock        the account"),
            "{lines:#?}"
        );
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
    }
}
