//! What is said of the OU and the group.

use super::super::check::{Advice, Told};
use super::super::scope::Standing;
use super::{date, unread};
use crate::directory::DirectoryError;
use crate::domain::operator::OutOfAction;
use crate::domain::text::counted;

const READ: &str = "docs/doctor.md#scope";
/// Members that are listed.
const LISTED: usize = 20;

/// How many people are below the OU.
pub(in crate::doctor) fn people(ou: &str, people: u64) -> Told {
    match people {
        0 => Told::warn(
            format!("nobody is below {ou}"),
            Advice::new(
                "[ad] user_ou names another OU than the one that people are in, or the service account may not read there",
                ["put [ad] user_ou right"],
                READ,
            ),
        ),
        1 => Told::ok(format!("1 person is below {ou}")),
        many => Told::ok(format!("{many} people are below {ou}")),
    }
}

/// The OU is not there.
pub(in crate::doctor) fn no_ou(ou: &str, error: &DirectoryError) -> Told {
    match error {
        DirectoryError::NotFound { .. } => Told::fail(
            format!("{ou} is not in the directory"),
            Advice::new(
                "it was renamed or moved, there is a slip in [ad] user_ou, or the service account may not see it",
                ["put [ad] user_ou right: Get-ADOrganizationalUnit -Filter * lists them"],
                READ,
            ),
        ),
        other => unread(other),
    }
}

/// The group is not there.
pub(in crate::doctor) fn no_group(name: &str, error: &DirectoryError) -> Told {
    match error {
        DirectoryError::NotFound { .. } => Told::fail(
            format!("there is no group {name}, so nobody can sign in"),
            Advice::new(
                "it was renamed or deleted, or there is a slip in [ad] reset_group",
                [
                    "put [ad] reset_group right, or make the group: keyward delegation apply --admin NAME",
                ],
                READ,
            ),
        ),
        other => unread(other),
    }
}

/// Who is in the group.
pub(in crate::doctor) fn members(name: &str, members: &[Standing]) -> Told {
    if members.is_empty() {
        return Told::fail(
            format!("nobody is in {name}, so nobody can sign in"),
            Advice::new(
                "the group was made and nobody was put into it, or its members are of another domain",
                ["put the operators into it: Add-ADGroupMember"],
                READ,
            ),
        );
    }
    let mut list: Vec<String> = members.iter().take(LISTED).map(member).collect();
    if members.len() > LISTED {
        list.push(format!(
            "and {} more; keyward access report lists all",
            members.len() - LISTED
        ));
    }
    Told::ok(format!(
        "{} in {name}",
        match members.len() {
            1 => "1 person is".to_owned(),
            many => format!("{many} people are"),
        }
    ))
    .listing(list)
}

/// The auditors' groups.
pub(in crate::doctor) fn auditors(groups: &[(&str, Option<usize>)]) -> Told {
    let those = |people: Option<usize>| {
        let names = groups.iter().filter(|group| group.1 == people);
        names.map(|group| group.0).collect::<Vec<_>>().join(", ")
    };
    let (missing, empty) = (those(None), those(Some(0)));
    if !missing.is_empty() {
        return Told::fail(
            format!("there is no group {missing}, so nobody can sign in and nobody can be helped"),
            Advice::new(
                "it was renamed or deleted, or there is a slip in [audit] auditors. Auditors are protected from operators, so \
                 as long as it is not known who they are, nothing is done",
                ["put [audit] auditors right, or take the group out of it"],
                READ,
            ),
        );
    }
    if !empty.is_empty() {
        return Told::warn(
            format!("nobody is in {empty}"),
            Advice::new(
                "nobody was put into it, or its members are of another domain",
                ["put the auditors into it: Add-ADGroupMember"],
                READ,
            ),
        );
    }
    match groups {
        [] => Told::ok("no group may read the audit log in the browser"),
        groups => Told::ok("the auditors' groups are there").listing(
            groups
                .iter()
                .map(|(name, people)| {
                    format!(
                        "{name}: {}",
                        counted(people.unwrap_or(0), "person", "people")
                    )
                })
                .collect(),
        ),
    }
}

/// Members who cannot act.
pub(in crate::doctor) fn out_of_action(out: &[&Standing], all: usize) -> Told {
    if out.is_empty() {
        return Told::ok("each of them can act");
    }
    let advice = Advice::new(
        "they have left, or their own account needs a hand",
        [
            "take those who have left out of the group",
            "help the others, as anybody else",
        ],
        READ,
    );
    let list = out.iter().take(LISTED);
    let list =
        list.map(|one| format!("{} ({}): {}", one.name, one.sam, one.out.map_or("", reason)));
    let list = list.collect();
    let told = if out.len() == all {
        Told::fail("none of them can act, so nobody can be helped", advice)
    } else {
        Told::warn(
            format!(
                "{} of {all} cannot act",
                counted(out.len(), "member", "members")
            ),
            advice,
        )
    };
    told.listing(list)
}

fn member(one: &Standing) -> String {
    let way = match one.way.as_slice() {
        [] | [_] => String::new(),
        [between @ .., _] => format!(", through {}", between.join(" and ")),
    };
    let last = one.signed_in.map_or_else(
        || "no sign-in in the log".to_owned(),
        |at| format!("last signed in on {}", date(at)),
    );
    format!("{} ({}){way}; {last}", one.name, one.sam)
}

fn reason(why: OutOfAction) -> &'static str {
    match why {
        OutOfAction::Disabled => "the account is disabled",
        OutOfAction::Locked => "the account is locked",
        OutOfAction::Expired => "the account has expired",
        OutOfAction::MustChangePassword => "must change the password first",
        OutOfAction::PasswordExpired => "the password has expired",
    }
}
