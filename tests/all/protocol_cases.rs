//! What a domain controller answers to raw LDAP where Keyward can notice: each case runs against
//! Samba and against the embedded directory, so that the imitation cannot drift from the original.

use crate::support::directory::Scene;
use crate::support::ldap::{Ldap, change, filter, message_code, quoted, replace, search};
use keyward::domain::identity::Sid;
use keyward::domain::time::Clock;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapFilter, LdapModifyType, LdapResultCode, LdapSearchScope};

/// Makes a module with one test for each case, over `$scene`.
macro_rules! protocol_cases {
    ($scene:expr => $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            crate::protocol_cases::$case(&$scene).await;
        })+
    };
    ($scene:expr) => {
        crate::protocol_cases::protocol_cases! { $scene =>
            one_account_binds_under_many_names,
            a_refused_bind_says_why_in_data,
            nobody_reads_anything_but_the_root,
            the_root_says_who_is_signed_in,
            names_that_lead_nowhere_have_their_codes,
            an_object_is_found_by_guid_and_sid,
            a_guid_is_found_below_its_base_only,
            scopes_take_in_what_they_should,
            filters_compare_by_syntax,
            ambiguous_names_are_resolved,
            groups_are_followed_in_chains,
            pages_bring_everybody_once,
            token_groups_need_a_base_scope_read,
            constructed_attributes_come_when_asked_for,
            the_descriptor_comes_with_its_control_only,
            effective_rights_are_those_of_the_delegation,
            a_reset_raises_the_version_and_a_refusal_does_not,
            a_modify_is_done_whole_or_not_at_all,
            what_is_no_quoted_password_is_not_taken,
            what_was_not_delegated_is_refused,
            whoever_knows_the_old_password_changes_it,
            a_reset_leaves_a_lock_in_place,
            the_delegation_reaches_administrators_until_they_are_protected,
        }
    };
}
pub(crate) use protocol_cases;

fn text<'s>(scene: &'s Scene, sam: &str, field: &str) -> &'s str {
    scene.person(sam)[field].as_str().unwrap()
}

fn dn<'s>(scene: &'s Scene, sam: &str) -> &'s str {
    text(scene, sam, "dn")
}

pub async fn one_account_binds_under_many_names(scene: &Scene) {
    let password = text(scene, "norma.nobody", "password");
    let guid = format!("<GUID={}>", text(scene, "norma.nobody", "guid"));
    for name in [
        "norma.nobody@example.test",
        "NORMA.NOBODY@EXAMPLE.TEST",
        "norma.nobody@example",
        " norma.nobody@example.test",
        "EXAMPLE\\norma.nobody",
        "example\\Norma.Nobody",
        dn(scene, "norma.nobody"),
        &guid,
    ] {
        let mut ldap = Ldap::signed_in(scene, name, password).await;
        let own = ldap.read("", &["tokenGroups"]).await.bytes("tokenGroups");
        let own = Sid::try_from(own[0].as_slice()).unwrap();
        assert_eq!(own, scene.sid("norma.nobody"), "{name}");
    }
}

pub async fn a_refused_bind_says_why_in_data(scene: &Scene) {
    for (sam, right, data) in [
        ("lead.disabled", true, "533"),
        ("lead.expired", true, "701"),
        ("lead.mustchange", true, "773"),
        ("lead.pwdexpired", true, "532"),
        ("lead.hours", true, "530"),
        ("lead.locked", true, "775"),
        ("lead.locked", false, "775"),
        ("lead.disabled", false, "52e"),
        ("lead.expired", false, "52e"),
    ] {
        let password = if right {
            text(scene, sam, "password")
        } else {
            "Not-the-password-1"
        };
        let result = Ldap::to(scene)
            .await
            .bind(&format!("{sam}@example.test"), password)
            .await;
        assert_eq!(result.code, LdapResultCode::InvalidCredentials);
        assert!(
            result.message.starts_with("80090308: LdapErr: "),
            "{}",
            result.message
        );
        assert!(
            result.message.contains(&format!(", data {data}, v")),
            "{sam}: {}",
            result.message
        );
    }
    for name in [
        "no.such.person@example.test",
        "OTHER\\norma.nobody",
        "garbage",
    ] {
        let password = text(scene, "norma.nobody", "password");
        let result = Ldap::to(scene).await.bind(name, password).await;
        assert_eq!(result.code, LdapResultCode::InvalidCredentials, "{name}");
        assert!(
            ["52e", "525"]
                .iter()
                .any(|code| result.message.contains(code)),
            "{name}"
        );
    }
}

pub async fn nobody_reads_anything_but_the_root(scene: &Scene) {
    let mut ldap = Ldap::to(scene).await;
    let root = ldap.read("", &[]).await;
    assert_eq!(root.texts("defaultNamingContext"), ["DC=example,DC=test"]);
    let controls = root.texts("supportedControl");
    for needed in ["1.2.840.113556.1.4.319", "1.2.840.113556.1.4.801"] {
        assert!(controls.iter().any(|control| control == needed), "{needed}");
    }
    assert!(root.bytes("tokenGroups").is_empty());
    let found = ldap
        .find("DC=example,DC=test", "(cn=alice able)", &["cn"])
        .await;
    assert_eq!(found.result.code, LdapResultCode::OperationsError);
    assert!(found.entries.is_empty());
}

pub async fn the_root_says_who_is_signed_in(scene: &Scene) {
    let password = text(scene, "lead.lena", "password");
    let mut ldap = Ldap::signed_in(scene, "lead.lena@example.test", password).await;
    let sids = ldap.read("", &["tokenGroups"]).await.sids("tokenGroups");
    assert_eq!(sids.first(), Some(&scene.sid("lead.lena")));
    let group: Sid = scene.people["groups"]["Password Resetters"]["sid"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    for expected in [
        group,
        "S-1-1-0".parse().unwrap(),
        "S-1-5-11".parse().unwrap(),
    ] {
        assert!(sids.contains(&expected), "{expected}");
    }
}

pub async fn names_that_lead_nowhere_have_their_codes(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    for (base, code) in [
        (
            "OU=Nowhere,OU=Staff,DC=example,DC=test",
            LdapResultCode::NoSuchObject,
        ),
        ("OU=Staff", LdapResultCode::NoSuchObject),
        (
            "<GUID=12345678-1234-1234-1234-123456789abc>",
            LdapResultCode::NoSuchObject,
        ),
        ("<SID=S-1-5-21-1-2-3-4>", LdapResultCode::NoSuchObject),
        ("garbage", LdapResultCode::InvalidDNSyntax),
    ] {
        let found = ldap.read(base, &["cn"]).await;
        assert_eq!(found.result.code, code, "{base}: {}", found.result.message);
        assert!(found.entries.is_empty());
        let changed = ldap.modify(base, vec![replace("pwdLastSet", "0")]).await;
        assert_eq!(changed.code, code, "{base}: {}", changed.message);
    }
}

pub async fn an_object_is_found_by_guid_and_sid(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    let (guid, sid) = (
        text(scene, "alice.able", "guid"),
        text(scene, "alice.able", "sid"),
    );
    for base in [format!("<GUID={guid}>"), format!("<SID={sid}>")] {
        let found = ldap.read(&base, &["sAMAccountName"]).await;
        assert_eq!(found.dns(), [dn(scene, "alice.able")]);
        assert_eq!(found.texts("sAMAccountName"), ["alice.able"]);
    }
    for asked in [format!("(objectGUID={guid})"), format!("(objectSid={sid})")] {
        let found = ldap
            .find("DC=example,DC=test", &asked, &["objectGUID", "objectSid"])
            .await;
        assert_eq!(found.dns(), [dn(scene, "alice.able")], "{asked}");
        assert_eq!(
            found.bytes("objectGUID"),
            [scene.guid("alice.able").as_bytes()]
        );
        assert_eq!(found.sids("objectSid"), [scene.sid("alice.able")]);
    }
}

pub async fn a_guid_is_found_below_its_base_only(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    for (sam, inside) in [
        ("bob.baker", true),
        ("odd.ou", true),
        ("otto.outside", false),
        ("xaver.xstaff", false),
        ("fake.inside", false),
    ] {
        let asked = format!(
            "(&(objectClass=user)(objectGUID={}))",
            text(scene, sam, "guid")
        );
        let found = ldap
            .find("OU=Staff,DC=example,DC=test", &asked, &["cn"])
            .await;
        assert_eq!(found.result.code, LdapResultCode::Success);
        assert_eq!(found.entries.len(), usize::from(inside), "{sam}");
    }
}

pub async fn scopes_take_in_what_they_should(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    let base = "OU=Staff,DC=example,DC=test";
    let mut asked = async |scope, text: &str| {
        let found = ldap
            .ask(search(base, scope, filter(text), &["ou"]), Vec::new())
            .await;
        assert_eq!(found.result.code, LdapResultCode::Success);
        found
            .dns()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let ous = "(objectClass=organizationalUnit)";
    assert_eq!(asked(LdapSearchScope::Base, ous).await, [base]);
    let mut below = asked(LdapSearchScope::OneLevel, ous).await;
    below.sort();
    let names = ["Production", "Sales", "Umlaut Ä", "XSales"];
    assert_eq!(below, names.map(|name| format!("OU={name},{base}")));
    assert_eq!(asked(LdapSearchScope::Subtree, ous).await.len(), 5);
    assert!(
        asked(LdapSearchScope::OneLevel, "(sAMAccountName=bob.baker)")
            .await
            .is_empty()
    );
    assert_eq!(
        asked(LdapSearchScope::Subtree, "(sAMAccountName=bob.baker)")
            .await
            .len(),
        1
    );
    assert!(
        asked(LdapSearchScope::Base, "(sAMAccountName=bob.baker)")
            .await
            .is_empty()
    );
}

pub async fn filters_compare_by_syntax(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    for (asked, expected) in [
        ("(cn=ALICE able)", "alice.able"),
        ("(cn=Alice*)", "alice.able"),
        ("(cn=al*ce*ble)", "alice.able"),
        ("(&(sn=able)(givenName=*))", "alice.able"),
        (
            "(&(cn=nina*)(userAccountControl:1.2.840.113556.1.4.803:=65536))",
            "nina.never",
        ),
        ("(&(userAccountControl>=66049)(cn=nina*))", ""),
        ("(&(userAccountControl>=66048)(cn=nina*))", "nina.never"),
        ("(&(userAccountControl<=513)(cn=alice*))", "alice.able"),
        ("(&(cn=ws01)(objectCategory=person))", ""),
        ("(&(cn=ws01)(objectCategory=computer))", "WS01$"),
        (
            "(&(cn=alice*)(objectCategory=person)(objectClass=USER))",
            "alice.able",
        ),
        ("(&(cn=alice*)(!(department=Sales)))", ""),
        ("(&(cn=alice*)(!(department=Nothing)))", "alice.able"),
        ("(&(cn=alice*)(noSuchAttribute=1))", ""),
        ("(|(cn=alice*)(noSuchAttribute=1))", "alice.able"),
        ("(cn=Star\\2aStella \\28Paren\\29)", "odd.star"),
        ("(cn=Star\\2a*)", "odd.star"),
        ("(cn=Back\\5cslash*)", "odd.backslash"),
        (
            "(manager=CN=Lena Lead,OU=Elsewhere,DC=example,DC=test)",
            "alice.able",
        ),
        ("(&(lockoutTime>=1)(cn=lou*))", "lou.locked"),
        ("(&(adminCount=1)(cn=stale*))", "stale.admincount"),
        ("(unicodePwd=*)", ""),
    ] {
        let found = ldap
            .find("OU=Staff,DC=example,DC=test", asked, &["sAMAccountName"])
            .await;
        assert_eq!(found.result.code, LdapResultCode::Success, "{asked}");
        let names: Vec<_> = found
            .entries
            .iter()
            .map(|entry| String::from_utf8(entry.attributes[0].vals[0].clone()).unwrap())
            .collect();
        let expected: Vec<_> = Some(expected)
            .filter(|name| !name.is_empty())
            .into_iter()
            .collect();
        assert_eq!(names, expected, "{asked}");
    }
}

pub async fn ambiguous_names_are_resolved(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    for (asked, finds) in [
        ("alice", true),
        ("ABLE", true),
        ("alice able", true),
        ("able alice", true),
        ("al ab", true),
        ("alice.a", true),
        ("=alice able", true),
        ("=alice ab", false),
        ("lice", false),
        ("Berlin", true),
    ] {
        let asked = LdapFilter::Equality("anr".to_owned(), asked.to_owned());
        let request = search(
            "OU=Staff,DC=example,DC=test",
            LdapSearchScope::Subtree,
            asked.clone(),
            &["cn"],
        );
        let found = ldap.ask(request, Vec::new()).await;
        assert_eq!(
            found.dns().contains(&dn(scene, "alice.able")),
            finds,
            "{asked:?}"
        );
    }
}

pub async fn groups_are_followed_in_chains(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    let group = scene.people["groups"]["Password Resetters"]["dn"]
        .as_str()
        .unwrap();
    let mut leads = async |rule: &str| {
        let asked = format!("(memberOf{rule}={group})");
        let found = ldap
            .find("OU=Elsewhere,DC=example,DC=test", &asked, &["cn"])
            .await;
        ["lead.direct", "lead.lena", "lead.primary"]
            .map(|sam| found.dns().contains(&dn(scene, sam)))
    };
    assert_eq!(leads("").await, [true, false, false]);
    assert_eq!(
        leads(":1.2.840.113556.1.4.1941:").await,
        [true, true, false]
    );
}

pub async fn pages_bring_everybody_once(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    let mut all = Vec::new();
    let mut sizes = Vec::new();
    let mut cookie = Vec::new();
    loop {
        let request = search(
            "OU=Staff,DC=example,DC=test",
            LdapSearchScope::Subtree,
            filter("(cn=Bulk Person*)"),
            &["cn"],
        );
        let page = LdapControl::SimplePagedResults { size: 25, cookie };
        let found = ldap.ask(request, vec![page]).await;
        assert_eq!(found.result.code, LdapResultCode::Success);
        sizes.push(found.entries.len());
        all.extend(found.entries.into_iter().map(|entry| entry.dn));
        cookie = match found.controls.as_slice() {
            [LdapControl::SimplePagedResults { cookie, .. }] => cookie.clone(),
            other => panic!("no page: {other:?}"),
        };
        if cookie.is_empty() {
            break;
        }
    }
    assert_eq!(sizes, [25, 25, 10]);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 60);
}

pub async fn token_groups_need_a_base_scope_read(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    let group = |name: &str| {
        scene.people["groups"][name]["sid"]
            .as_str()
            .unwrap()
            .parse::<Sid>()
            .unwrap()
    };
    for (sam, name) in [
        ("lead.direct", "Password Resetters"),
        ("lead.lena", "Password Resetters"),
        ("lead.lena", "Team Leads"),
        ("lead.primary", "Password Resetters"),
        ("adam.admin", "Domain Admins"),
        ("anna.nested", "Domain Admins"),
        ("pia.primary", "Domain Admins"),
        ("bea.backup", "Backup Operators"),
    ] {
        let sids = ldap
            .read(dn(scene, sam), &["tokenGroups"])
            .await
            .sids("tokenGroups");
        assert!(sids.contains(&group(name)), "{sam}: {name}");
        assert!(!sids.contains(&scene.sid(sam)), "{sam}");
    }
    let found = ldap
        .find(
            dn(scene, "lead.lena"),
            "(objectClass=user)",
            &["tokenGroups"],
        )
        .await;
    assert_eq!(found.result.code, LdapResultCode::OperationsError);
}

pub async fn constructed_attributes_come_when_asked_for(scene: &Scene) {
    const FLAGS: &str = "msDS-User-Account-Control-Computed";
    const EXPIRY: &str = "msDS-UserPasswordExpiryTimeComputed";
    const NEVER: &str = "9223372036854775807";
    let mut ldap = Ldap::service(scene).await;
    let mut values = async |sam: &str, attribute: &str| {
        ldap.read(dn(scene, sam), &[attribute])
            .await
            .texts(attribute)
    };
    for (sam, flags) in [
        ("alice.able", "0"),
        ("lou.locked", "16"),
        ("otis.oldpassword", "8388608"),
        ("mia.mustchange", "8388608"),
        ("nina.never", "0"),
    ] {
        assert_eq!(values(sam, FLAGS).await, [flags], "{sam}");
    }
    for (sam, expiry) in [
        ("mia.mustchange", "0"),
        ("nina.never", NEVER),
        ("sam.smartcard", NEVER),
    ] {
        assert_eq!(values(sam, EXPIRY).await, [expiry], "{sam}");
    }
    let set: i64 = values("alice.able", "pwdLastSet").await[0].parse().unwrap();
    let expiry: i64 = values("alice.able", EXPIRY).await[0].parse().unwrap();
    assert_eq!(expiry - set, 90 * 24 * 3600 * 10_000_000);
    let strict = "CN=Strict,CN=Password Settings Container,CN=System,DC=example,DC=test";
    assert_eq!(values("stan.strict", "msDS-ResultantPSO").await, [strict]);
    assert_eq!(values("alice.able", "msDS-ResultantPSO").await, [""; 0]);
    let everything = ldap.read(dn(scene, "lou.locked"), &["*"]).await;
    let named = |name: &str| {
        everything.entries[0]
            .attributes
            .iter()
            .any(|a| a.atype == name)
    };
    for ordinary in [
        "objectGUID",
        "objectSid",
        "pwdLastSet",
        "lockoutTime",
        "badPwdCount",
        "cn",
        "name",
    ] {
        assert!(named(ordinary), "{ordinary}");
    }
    for other in [
        FLAGS,
        EXPIRY,
        "tokenGroups",
        "unicodePwd",
        "nTSecurityDescriptor",
    ] {
        assert!(!named(other), "{other}");
    }
}

pub async fn the_descriptor_comes_with_its_control_only(scene: &Scene) {
    use keyward::domain::security_descriptor::SecurityDescriptor;
    let mut ldap = Ldap::service(scene).await;
    let without = ldap
        .read(dn(scene, "alice.able"), &["nTSecurityDescriptor"])
        .await;
    assert!(without.bytes("nTSecurityDescriptor").is_empty());
    for sam in ["alice.able", "carl.cannotchange", "ines.isolated"] {
        let request = search(
            dn(scene, sam),
            LdapSearchScope::Base,
            filter("(objectClass=*)"),
            &["nTSecurityDescriptor"],
        );
        let control = LdapControl::SdFlags {
            criticality: true,
            flags: 7,
        };
        let found = ldap.ask(request, vec![control]).await;
        let bytes = found.bytes("nTSecurityDescriptor");
        assert!(
            SecurityDescriptor::try_from(bytes[0].as_slice()).is_ok(),
            "{sam}"
        );
    }
}

pub async fn effective_rights_are_those_of_the_delegation(scene: &Scene) {
    const RIGHTS: &str = "allowedAttributesEffective";
    let mut ldap = Ldap::service(scene).await;
    for (sam, delegated) in [
        ("alice.able", true),
        ("bob.baker", true),
        ("ines.isolated", false),
        ("otto.outside", false),
        ("iris.inetorg", false),
        ("WS01$", false),
    ] {
        let found = ldap
            .read(dn(scene, sam), &[RIGHTS, "sDRightsEffective"])
            .await;
        let rights = found.texts(RIGHTS);
        for attribute in ["pwdLastSet", "lockoutTime"] {
            assert_eq!(
                rights.iter().any(|name| name == attribute),
                delegated,
                "{sam}: {attribute}"
            );
        }
        for attribute in ["userAccountControl", "displayName", "member"] {
            assert!(
                !rights.iter().any(|name| name == attribute),
                "{sam}: {attribute}"
            );
        }
        assert_eq!(found.texts("sDRightsEffective"), ["0"], "{sam}");
    }
}

/// The version of `unicodePwd` (attid 589914) in replPropertyMetaData: entries of 48 bytes after 16.
async fn version(ldap: &mut Ldap, dn: &str) -> u32 {
    let found = ldap
        .read(dn, &["replPropertyMetaData"])
        .await
        .bytes("replPropertyMetaData");
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    let (header, entries) = found[0].split_at(16);
    assert_eq!(number(&header[..4]), 1);
    assert_eq!(
        usize::try_from(number(&header[8..12])),
        Ok(entries.len() / 48)
    );
    let own = entries
        .chunks(48)
        .find(|entry| number(&entry[..4]) == 589_914);
    number(&own.expect("a password was set")[4..8])
}

pub async fn a_reset_raises_the_version_and_a_refusal_does_not(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    let target = dn(scene, "target.34");
    let before = version(&mut ldap, target).await;
    for (password, code, rise) in [
        ("Lantern-Harbour-71", LdapResultCode::Success, 1),
        ("short", LdapResultCode::ConstraintViolation, 1),
        (
            "alllowercaseletters",
            LdapResultCode::ConstraintViolation,
            1,
        ),
        ("Lantern-Harbour-72", LdapResultCode::Success, 2),
        ("Lantern-Harbour-71", LdapResultCode::Success, 3),
    ] {
        let result = ldap
            .modify(target, vec![replace("unicodePwd", quoted(password))])
            .await;
        assert_eq!(result.code, code, "{password}: {}", result.message);
        if code != LdapResultCode::Success {
            assert_eq!(message_code(&result), 0x52D, "{}", result.message);
        }
        assert_eq!(
            version(&mut ldap, target).await,
            before + rise,
            "{password}"
        );
    }
}

pub async fn a_modify_is_done_whole_or_not_at_all(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    let target = dn(scene, "target.35");
    let before = version(&mut ldap, target).await;
    let result = ldap
        .modify(
            target,
            vec![
                replace("unicodePwd", quoted("Lantern-Harbour-73")),
                replace("description", "x"),
            ],
        )
        .await;
    assert_eq!(
        result.code,
        LdapResultCode::InsufficentAccessRights,
        "{}",
        result.message
    );
    let result = ldap
        .modify(
            target,
            vec![
                replace("pwdLastSet", "0"),
                replace("unicodePwd", quoted("short")),
            ],
        )
        .await;
    assert_eq!(
        result.code,
        LdapResultCode::ConstraintViolation,
        "{}",
        result.message
    );
    let result = ldap
        .modify(
            target,
            vec![
                replace("unicodePwd", quoted("Lantern-Harbour-73")),
                replace("pwdLastSet", "5"),
            ],
        )
        .await;
    assert_eq!(result.code, LdapResultCode::Other, "{}", result.message);
    assert_eq!(version(&mut ldap, target).await, before);
    assert_ne!(
        ldap.read(target, &["pwdLastSet"]).await.texts("pwdLastSet"),
        ["0"]
    );

    let result = ldap
        .modify(
            target,
            vec![
                replace("pwdLastSet", "0"),
                replace("unicodePwd", quoted("Lantern-Harbour-73")),
            ],
        )
        .await;
    assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
    assert_eq!(
        ldap.read(target, &["pwdLastSet"]).await.texts("pwdLastSet"),
        ["0"]
    );
    let refused = Ldap::to(scene)
        .await
        .bind(target, "Lantern-Harbour-73")
        .await;
    assert!(refused.message.contains("data 773"), "{}", refused.message);
    let result = ldap.modify(target, vec![replace("pwdLastSet", "-1")]).await;
    assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
    Ldap::signed_in(scene, target, "Lantern-Harbour-73").await;
}

pub async fn what_is_no_quoted_password_is_not_taken(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    let target = dn(scene, "target.36");
    let before = version(&mut ldap, target).await;
    let bare: Vec<u8> = "Lantern-Harbour-74"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for changes in [
        vec![replace("unicodePwd", bare)],
        vec![replace("unicodePwd", "\"Lantern-Harbour-74\"")],
        vec![change(
            LdapModifyType::Add,
            "unicodePwd",
            quoted("Lantern-Harbour-74"),
        )],
    ] {
        let result = ldap.modify(target, changes).await;
        assert_eq!(
            result.code,
            LdapResultCode::UnwillingToPerform,
            "{}",
            result.message
        );
    }
    assert_eq!(version(&mut ldap, target).await, before);
}

pub async fn what_was_not_delegated_is_refused(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    let reset = || replace("unicodePwd", quoted("Lantern-Harbour-75"));
    for (sam, changes) in [
        ("otto.outside", vec![reset()]),
        ("ines.isolated", vec![reset()]),
        ("iris.inetorg", vec![reset()]),
        ("otto.outside", vec![replace("lockoutTime", "0")]),
        ("ines.isolated", vec![replace("pwdLastSet", "0")]),
        ("alice.able", vec![replace("userAccountControl", "512")]),
        ("alice.able", vec![replace("displayName", "Somebody Else")]),
    ] {
        let result = ldap.modify(dn(scene, sam), changes).await;
        assert_eq!(
            result.code,
            LdapResultCode::InsufficentAccessRights,
            "{sam}: {}",
            result.message
        );
    }
    let group = scene.people["groups"]["Password Resetters"]["dn"]
        .as_str()
        .unwrap();
    let join = change(LdapModifyType::Add, "member", dn(scene, "alice.able"));
    let result = ldap.modify(group, vec![join]).await;
    assert_eq!(
        result.code,
        LdapResultCode::InsufficentAccessRights,
        "{}",
        result.message
    );
}

pub async fn whoever_knows_the_old_password_changes_it(scene: &Scene) {
    let target = dn(scene, "target.37");
    // The history of a domain controller remembers earlier runs.
    let run = Clock::system().now().as_millisecond();
    let new = [1, 2].map(|number| format!("Lantern-Harbour-{number}-{run}"));
    let mut old = text(scene, "target.37", "password").to_owned();
    let mut ldap = Ldap::signed_in(scene, target, &old).await;
    let changes = |old: &str, new: &str| {
        vec![
            change(LdapModifyType::Delete, "unicodePwd", quoted(old)),
            change(LdapModifyType::Add, "unicodePwd", quoted(new)),
        ]
    };
    let result = ldap
        .modify(target, changes("Not-the-password-1", "Lantern-Harbour-76"))
        .await;
    assert_eq!(
        result.code,
        LdapResultCode::ConstraintViolation,
        "{}",
        result.message
    );
    assert_eq!(message_code(&result), 0x56, "{}", result.message);
    for new in &new {
        let result = ldap.modify(target, changes(&old, new)).await;
        assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
        old.clone_from(new);
    }
    // The history holds for one's own change.
    let result = ldap.modify(target, changes(&old, &new[0])).await;
    assert_eq!(
        result.code,
        LdapResultCode::ConstraintViolation,
        "{}",
        result.message
    );
    assert_eq!(message_code(&result), 0x52D, "{}", result.message);
    // And a reset of the own password is another right.
    let result = ldap
        .modify(
            target,
            vec![replace("unicodePwd", quoted("Lantern-Harbour-78"))],
        )
        .await;
    assert_eq!(
        result.code,
        LdapResultCode::InsufficentAccessRights,
        "{}",
        result.message
    );
    let mut ldap = Ldap::service(scene).await;
    let password = text(scene, "target.37", "password");
    let back = ldap
        .modify(target, vec![replace("unicodePwd", quoted(password))])
        .await;
    assert_eq!(back.code, LdapResultCode::Success, "{}", back.message);
}

pub async fn a_reset_leaves_a_lock_in_place(scene: &Scene) {
    let target = dn(scene, "target.38");
    for _ in 0..5 {
        let wrong = Ldap::to(scene)
            .await
            .bind(target, "Not-the-password-1")
            .await;
        assert_eq!(wrong.code, LdapResultCode::InvalidCredentials);
    }
    let mut ldap = Ldap::service(scene).await;
    let result = ldap
        .modify(
            target,
            vec![replace("unicodePwd", quoted("Lantern-Harbour-79"))],
        )
        .await;
    assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
    let locked = Ldap::to(scene)
        .await
        .bind(target, "Lantern-Harbour-79")
        .await;
    assert!(locked.message.contains("data 775"), "{}", locked.message);
    let result = ldap.modify(target, vec![replace("lockoutTime", "0")]).await;
    assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
    let state = ldap.read(target, &["lockoutTime", "badPwdCount"]).await;
    assert_eq!(state.texts("lockoutTime"), ["0"]);
    assert_eq!(state.texts("badPwdCount"), ["0"]);
    Ldap::signed_in(scene, target, "Lantern-Harbour-79").await;
}

pub async fn the_delegation_reaches_administrators_until_they_are_protected(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    for sam in ["adam.admin", "anna.nested", "pia.primary"] {
        let password = text(scene, sam, "password");
        let result = ldap
            .modify(
                dn(scene, sam),
                vec![replace("unicodePwd", quoted(password))],
            )
            .await;
        assert_eq!(
            result.code,
            LdapResultCode::Success,
            "{sam}: {}",
            result.message
        );
    }
}
