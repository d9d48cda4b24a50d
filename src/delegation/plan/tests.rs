//! Plans held against directories as they may stand.

use super::*;
use crate::domain::security_descriptor::AceKind;

const HEAD: &str = "DC=example,DC=test";
const STAFF: &str = "OU=Staff,DC=example,DC=test";
const SVC: &str = "CN=svc,OU=Keyward,DC=example,DC=test";

fn dn(text: &str) -> Dn {
    text.parse().expect("a DN")
}

fn sid() -> Sid {
    "S-1-5-21-1-2-3-1105".parse().expect("a SID")
}

/// A descriptor with an empty list, owned by nobody.
fn descriptor(rules: &[Ace]) -> Descriptor {
    let header = [
        1, 0, 4, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0,
    ];
    let list = [4, 0, 8, 0, 0, 0, 0, 0];
    let bytes = [&header[..], &list].concat();
    let mut descriptor = Descriptor::try_from(bytes.as_slice()).expect("a descriptor");
    descriptor.add(rules).expect("added");
    descriptor
}

fn object(at: &str, sam: &str, class: &str) -> AdminObject {
    AdminObject {
        dn: dn(at),
        sam: sam.to_owned(),
        classes: vec!["top".to_owned(), class.to_owned()],
        sid: Some(sid()),
        descriptor: Vec::new(),
        flags: 0x11_0200,
        primary_group: 513,
        members: Vec::new(),
        spns: Vec::new(),
    }
}

fn wanted() -> Wanted {
    Wanted {
        username: "svc".to_owned(),
        password: SecretSource::File("/etc/keyward/secret".into()),
        account_ou: None,
        reset_group: "Resetters".to_owned(),
        needs: Needs {
            targets: vec![dn(STAFF)],
            unlock: true,
        },
        reset_password: false,
    }
}

fn nothing_there() -> Found {
    Found {
        head: dn(HEAD),
        account: None,
        group: None,
        ous: Vec::new(),
        targets: vec![(dn(STAFF), descriptor(&[]))],
        has_password: false,
    }
}

fn all_there() -> Found {
    Found {
        account: Some(object(SVC, "svc", "user")),
        group: Some(object(
            "CN=Resetters,OU=Groups,DC=example,DC=test",
            "Resetters",
            "group",
        )),
        ous: vec![dn("OU=Keyward,DC=example,DC=test")],
        targets: vec![(dn(STAFF), descriptor(&wanted().needs.rules(&sid())))],
        has_password: true,
        ..nothing_there()
    }
}

/// The plan in words, `+` before what is to be done.
fn said(wanted: &Wanted, found: &Found) -> Vec<String> {
    let steps = plan(wanted, found).expect("a plan");
    let sign = |planned: &Planned| if planned.is_so { '=' } else { '+' };
    steps
        .iter()
        .map(|planned| format!("{} {}", sign(planned), planned.step))
        .collect()
}

fn to_do(wanted: &Wanted, found: &Found) -> Vec<String> {
    let mut steps = said(wanted, found);
    steps.retain(|step| step.starts_with('+'));
    steps
}

#[test]
fn in_a_bare_domain_everything_is_made_and_the_password_comes_before_the_account() {
    assert_eq!(
        said(&wanted(), &nothing_there()),
        [
            "+ make the organisational unit OU=Keyward,DC=example,DC=test",
            "+ write a new random password into /etc/keyward/secret",
            "+ make the service account svc: CN=svc,OU=Keyward,DC=example,DC=test",
            "+ make the security group Resetters: CN=Resetters,OU=Keyward,DC=example,DC=test",
            "+ give svc Reset Password, Read and write pwdLastSet, Read and write lockoutTime on people below \
             OU=Staff,DC=example,DC=test",
        ]
    );
}

#[test]
fn where_everything_is_so_there_is_nothing_to_do() {
    assert_eq!(to_do(&wanted(), &all_there()), [""; 0]);
}

#[test]
fn an_account_that_is_there_is_used_where_it_is_and_its_flags_are_put_right() {
    let mut found = all_there();
    let mut account = object("CN=Old,OU=Services,DC=example,DC=test", "svc", "user");
    account.flags = 0x208_0202;
    found.account = Some(account);
    assert_eq!(
        to_do(&wanted(), &found),
        [
            "+ set DONT_EXPIRE_PASSWORD, NOT_DELEGATED and clear ACCOUNTDISABLE, TRUSTED_FOR_DELEGATION on \
             CN=Old,OU=Services,DC=example,DC=test"
        ]
    );
}

#[test]
fn a_password_that_waits_in_its_file_is_used_for_a_new_account() {
    let mut found = all_there();
    found.account = None;
    found.targets = vec![(dn(STAFF), descriptor(&[]))];
    let said = said(&wanted(), &found);
    assert_eq!(
        said[1],
        "= write a new random password into /etc/keyward/secret"
    );
    assert!(said[2].starts_with("+ make the service account svc"));
}

#[test]
fn the_password_of_an_account_that_is_there_is_never_reset_unasked() {
    let mut found = all_there();
    found.has_password = false;
    let steps = to_do(&wanted(), &found);
    assert_eq!(steps.len(), 1);
    assert!(
        steps[0].starts_with(
            "+ svc is there already, but /etc/keyward/secret does not hold its password"
        )
    );
    let asked = Wanted {
        reset_password: true,
        ..wanted()
    };
    assert_eq!(
        to_do(&asked, &found),
        [
            "+ write a new random password into /etc/keyward/secret",
            "+ give svc the password of the settings",
        ]
    );
}

#[test]
fn only_what_is_missing_is_given_and_what_is_not_needed_any_more_is_taken_away() {
    let mut found = all_there();
    let two = [Right::ResetPassword, Right::LockoutTime].map(|right| right.rule(&sid()));
    found.targets = vec![(dn(STAFF), descriptor(&two))];
    let no_unlock = Wanted {
        needs: Needs {
            unlock: false,
            ..wanted().needs
        },
        ..wanted()
    };
    assert_eq!(
        to_do(&no_unlock, &found),
        [
            "+ give svc Read and write pwdLastSet on people below OU=Staff,DC=example,DC=test",
            "+ take Read and write lockoutTime on people below OU=Staff,DC=example,DC=test away from svc",
        ]
    );
}

#[test]
fn rules_of_others_are_nobodys_business() {
    let mut found = all_there();
    let others = Ace {
        kind: AceKind::Deny,
        ..Right::ResetPassword.rule(&"S-1-5-21-1-2-3-9999".parse().expect("a SID"))
    };
    let (_, rules) = &mut found.targets[0];
    rules.add(&[others]).expect("added");
    assert_eq!(to_do(&wanted(), &found), [""; 0]);
}

#[test]
fn an_account_below_its_own_target_is_refused() {
    let below = Wanted {
        account_ou: Some(dn("OU=Services,OU=Staff,DC=example,DC=test")),
        ..wanted()
    };
    assert_eq!(
        plan(&below, &nothing_there()),
        Err(NoPlan::BelowTarget(dn(STAFF)))
    );
}

#[test]
fn the_name_of_something_else_is_not_taken_for_the_account() {
    for class in ["group", "computer"] {
        let mut found = all_there();
        let mut other = object(SVC, "svc", class);
        if class == "computer" {
            other.classes.push("user".to_owned());
        }
        found.account = Some(other);
        assert_eq!(plan(&wanted(), &found), Err(NoPlan::NotAUser(dn(SVC))));
    }
}

#[test]
fn names_with_special_characters_become_one_step_of_a_dn() {
    let odd = Wanted {
        reset_group: "Leads, \"North\" + South".to_owned(),
        ..wanted()
    };
    let steps = said(&odd, &nothing_there());
    assert_eq!(
        steps[3],
        r#"+ make the security group Leads, "North" + South: CN=Leads\, \"North\" \+ South,OU=Keyward,DC=example,DC=test"#
    );
}
