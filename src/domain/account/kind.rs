//! What an account is for. Only a person's has a password that somebody can have forgotten.

use super::AccountFlags;

/// What an account is for, by its classes and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// Somebody's own.
    Person,
    /// A computer's or a domain controller's; also whatever is not a user at all.
    Computer,
    /// A managed service account: the directory makes its password.
    ManagedServiceAccount,
    /// Stands for a trusted domain.
    Trust,
}

impl AccountKind {
    /// `object_classes` in lower case. A gMSA has the class `computer` too, so it is looked for first.
    pub fn of(object_classes: &[String], flags: AccountFlags) -> Self {
        let is_a = |class: &str| object_classes.iter().any(|have| have == class);
        let managed = [
            "msds-managedserviceaccount",
            "msds-groupmanagedserviceaccount",
            "msds-delegatedmanagedserviceaccount",
        ];
        if managed.into_iter().any(is_a) {
            AccountKind::ManagedServiceAccount
        } else if flags.domain_trust() {
            AccountKind::Trust
        } else if is_a("computer") || flags.computer() || !is_a("user") {
            AccountKind::Computer
        } else {
            AccountKind::Person
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(classes: &[&str], flags: u32) -> AccountKind {
        let classes: Vec<String> = classes.iter().map(|class| (*class).to_owned()).collect();
        AccountKind::of(&classes, AccountFlags(flags))
    }

    #[test]
    fn classes_and_flags_tell_what_an_account_is_for() {
        let person = ["top", "person", "organizationalperson", "user"];
        assert_eq!(kind(&person, 0x200), AccountKind::Person);
        assert_eq!(
            kind(&[&person[..], &["inetorgperson"]].concat(), 0x200),
            AccountKind::Person
        );
        assert_eq!(kind(&person, 0x820), AccountKind::Trust);
        assert_eq!(kind(&person, 0x1000), AccountKind::Computer);
        let computer = [&person[..], &["computer"]].concat();
        assert_eq!(kind(&computer, 0x200), AccountKind::Computer);
        for class in [
            "msds-managedserviceaccount",
            "msds-groupmanagedserviceaccount",
        ] {
            let managed = [&computer[..], &[class]].concat();
            assert_eq!(kind(&managed, 0x1000), AccountKind::ManagedServiceAccount);
        }
    }

    #[test]
    fn what_is_not_a_user_is_never_a_person() {
        assert_eq!(kind(&["top", "contact"], 0), AccountKind::Computer);
        assert_eq!(kind(&[], 0x200), AccountKind::Computer);
    }
}
