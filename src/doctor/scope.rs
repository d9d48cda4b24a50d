//! The scope: is the OU there and are people in it; is the group there, who is in it, and can they act.

use super::check::Check;
use super::words::scope as words;
use crate::directory::{DirectoryError, Member};
use crate::domain::identity::Sid;
use crate::domain::operator::OutOfAction;
use jiff::Timestamp;
use std::collections::HashMap;

/// A member of the group as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub name: String,
    pub sam: String,
    /// Groups from the one that they are in directly to the reset group.
    pub way: Vec<String>,
    /// Why they cannot act, if so.
    pub out: Option<OutOfAction>,
    /// Their last sign-in that the log has.
    pub signed_in: Option<Timestamp>,
}

/// The OU: how many people are below it.
pub(super) fn user_ou(ou: &str, people: &Result<u64, DirectoryError>) -> Check {
    match people {
        Ok(people) => words::people(ou, *people),
        Err(error) => words::no_ou(ou, error),
    }
    .named("scope.user_ou")
}

/// The group: is it there, and is anybody in it.
pub(super) fn group(name: &str, members: &[Standing]) -> Check {
    words::members(name, members).named("scope.reset_group")
}

/// It is not there, or could not be read.
pub(super) fn no_group(name: &str, error: &DirectoryError) -> Check {
    words::no_group(name, error).named("scope.reset_group")
}

/// The auditors' groups, each with the people in it; `None`: it is not there.
pub(super) fn auditors(groups: &[(&str, Option<usize>)]) -> Check {
    words::auditors(groups).named("scope.auditors")
}

/// Those who are in it and cannot act.
pub(super) fn out_of_action(members: &[Standing]) -> Check {
    let out: Vec<&Standing> = members.iter().filter(|one| one.out.is_some()).collect();
    words::out_of_action(&out, members.len()).named("scope.members")
}

/// Members with what the log knows of them. `signed_in` is empty where the log cannot be read.
pub(super) fn standing(
    members: &[Member],
    signed_in: &HashMap<Sid, Timestamp>,
    now: Timestamp,
) -> Vec<Standing> {
    members
        .iter()
        .map(|Member { person, way }| Standing {
            name: person.name.clone(),
            sam: person.sam.clone(),
            way: way.clone(),
            out: person.out_of_action(now),
            signed_in: signed_in.get(&person.sid).copied(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;
    use crate::domain::account::AccountFlags;
    use crate::domain::samples::{now, olga};

    fn member(flags: u32) -> Member {
        let mut person = olga();
        person.flags = AccountFlags(flags);
        Member {
            person,
            way: vec!["Leads".to_owned(), "Resetters".to_owned()],
        }
    }

    #[test]
    fn an_ou_without_people_is_a_warning_and_one_that_is_not_there_fails() {
        assert_eq!(user_ou("OU=Staff", &Ok(12)).level, Level::Ok);
        assert_eq!(user_ou("OU=Staff", &Ok(0)).level, Level::Warn);
        let missing = DirectoryError::NotFound { what: "user_ou" };
        let check = user_ou("OU=Staff", &Err(missing));
        assert_eq!(check.level, Level::Fail);
        assert!(check.sentence.contains("OU=Staff"), "{}", check.sentence);
    }

    #[test]
    fn members_are_named_with_their_way_and_their_last_sign_in() {
        let last = HashMap::from([(olga().sid, now())]);
        let members = standing(&[member(0x200)], &last, now());
        let check = group("Resetters", &members);
        assert_eq!(check.level, Level::Ok);
        assert!(check.list[0].contains("through Leads"), "{:?}", check.list);
        assert!(check.list[0].contains("last signed in"), "{:?}", check.list);
        let never = standing(&[member(0x200)], &HashMap::new(), now());
        assert!(group("Resetters", &never).list[0].contains("no sign-in"));
    }

    #[test]
    fn an_empty_group_is_a_failure() {
        assert_eq!(group("Resetters", &[]).level, Level::Fail);
        let many = vec![standing(&[member(0x200)], &HashMap::new(), now()).remove(0); 25];
        assert_eq!(group("Resetters", &many).list.len(), 21);
    }

    #[test]
    fn an_auditors_group_that_is_not_there_is_a_failure_and_an_empty_one_a_warning() {
        assert_eq!(auditors(&[]).level, Level::Ok);
        assert_eq!(auditors(&[("Auditors", Some(2))]).level, Level::Ok);
        let empty = auditors(&[("Auditors", Some(2)), ("Revision", Some(0))]);
        assert_eq!(empty.level, Level::Warn);
        assert!(empty.sentence.contains("Revision"), "{}", empty.sentence);
        let gone = auditors(&[("Auditors", None), ("Revision", Some(0))]);
        assert_eq!(gone.level, Level::Fail);
        assert_eq!(
            gone.sentence,
            "there is no group Auditors, so nobody can sign in and nobody can be helped"
        );
    }

    #[test]
    fn members_who_cannot_act_are_named_with_the_reason() {
        let members = standing(&[member(0x200), member(0x202)], &HashMap::new(), now());
        let check = out_of_action(&members);
        assert_eq!(check.level, Level::Warn);
        assert_eq!(check.list.len(), 1);
        assert!(check.list[0].contains("disabled"), "{:?}", check.list);
        assert_eq!(out_of_action(&members[..1]).level, Level::Ok);
        assert_eq!(
            out_of_action(&members[1..]).level,
            Level::Fail,
            "nobody can act"
        );
    }
}
