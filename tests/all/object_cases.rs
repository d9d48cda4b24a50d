//! What a domain controller answers to whoever makes, deletes, moves and delegates: each case runs
//! against Samba and against the embedded directory. Every case works in an OU of its own.

use crate::support::directory::Scene;
use crate::support::ldap::{Ldap, change, quoted, replace};
use keyward::domain::identity::Sid;
use keyward::domain::security_descriptor::{Ace, Descriptor, SecurityDescriptor, sddl};
use ldap3_proto::proto::{LdapModifyType, LdapResult, LdapResultCode};

/// Makes a module with one test for each case, over `$scene`.
macro_rules! object_cases {
    ($scene:expr => $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            crate::object_cases::$case(&$scene).await;
        })+
    };
    ($scene:expr) => {
        crate::object_cases::object_cases! { $scene =>
            objects_are_made_below_others_and_only_once,
            an_account_is_made_with_its_password_and_signs_in,
            only_what_is_empty_is_deleted,
            an_object_is_renamed_and_moved,
            whoever_has_no_right_makes_and_deletes_nothing,
            the_right_to_make_one_class_is_not_that_for_another,
            rules_that_are_added_and_taken_away_leave_the_list_as_it_was,
            a_rule_on_an_ou_reaches_the_users_below,
            inheritance_is_blocked_and_allowed_again,
            the_rules_are_changed_by_those_with_the_right_only,
            the_owner_is_changed_by_those_with_the_right_only,
            a_group_that_holds_the_account_becomes_the_primary_one,
            names_of_services_and_the_past_are_written,
            who_may_join_a_group_adds_themselves_and_nobody_else,
            the_schema_tells_what_the_guids_of_rules_mean,
        }
    };
}
pub(crate) use object_cases;

const PASSWORD: &str = "Lantern-Harbour-91";

/// An OU for one case, empty.
pub(crate) struct Place {
    pub admin: Ldap,
    pub ou: String,
}

impl Place {
    pub async fn new(scene: &Scene, name: &str) -> Self {
        let mut admin = Ldap::administrator(scene).await;
        let ou = format!("OU=emb {name},{}", base(scene));
        remove(&mut admin, &ou).await;
        let class = vec![b"organizationalUnit".to_vec()];
        succeeded(&admin.add(&ou, vec![("objectClass", class)]).await);
        Self { admin, ou }
    }

    pub async fn user(&mut self, sam: &str) -> String {
        let dn = format!("CN={sam},{}", self.ou);
        succeeded(&self.admin.add(&dn, account(sam, PASSWORD)).await);
        dn
    }

    pub async fn group(&mut self, sam: &str) -> String {
        let dn = format!("CN={sam},{}", self.ou);
        let attributes = vec![
            ("objectClass", vec![b"group".to_vec()]),
            ("sAMAccountName", vec![sam.into()]),
        ];
        succeeded(&self.admin.add(&dn, attributes).await);
        dn
    }

    pub async fn sid(&mut self, dn: &str) -> Sid {
        self.admin
            .read(dn, &["objectSid"])
            .await
            .sids("objectSid")
            .remove(0)
    }

    /// Puts an account or group into a group.
    pub async fn join(&mut self, member: &str, group: &str) {
        let change = change(LdapModifyType::Add, "member", member);
        succeeded(&self.admin.modify(group, vec![change]).await);
    }

    /// Makes somebody the manager of somebody.
    pub async fn report(&mut self, who: &str, manager: &str) {
        let change = replace("manager", manager);
        succeeded(&self.admin.modify(who, vec![change]).await);
    }

    /// Adds rules in SDDL, where `SID` stands for whom they concern; returns them.
    pub async fn grant(&mut self, dn: &str, text: &str, whom: &Sid) -> Vec<Ace> {
        let rules = rules(text, whom);
        let mut changed = Descriptor::try_from(&self.admin.descriptor(dn).await[..]).unwrap();
        assert!(changed.add(&rules).unwrap());
        let written = self.admin.write_descriptor(dn, changed.to_bytes(), 4);
        succeeded(&written.await);
        rules
    }

    pub async fn end(mut self) {
        remove(&mut self.admin, &self.ou).await;
    }
}

/// Deletes an object with everything below it; it need not be there.
async fn remove(admin: &mut Ldap, top: &str) {
    // People first: a group that is somebody's primary one stays.
    let people = admin.find(top, "(objectClass=user)", &["cn"]).await;
    for person in people.dns() {
        succeeded(&admin.delete(person).await);
    }
    let found = admin.find(top, "(objectClass=*)", &["cn"]).await;
    let mut dns: Vec<String> = found.entries.into_iter().map(|entry| entry.dn).collect();
    dns.sort_by_key(|dn| std::cmp::Reverse(dn.matches(',').count()));
    for dn in dns {
        succeeded(&admin.delete(&dn).await);
    }
}

fn base(scene: &Scene) -> &str {
    scene.people["base_dn"].as_str().unwrap()
}

fn account<'a>(sam: &str, password: &str) -> Vec<(&'a str, Vec<Vec<u8>>)> {
    vec![
        ("objectClass", vec![b"user".to_vec()]),
        ("sAMAccountName", vec![sam.into()]),
        (
            "userPrincipalName",
            vec![format!("{sam}@example.test").into()],
        ),
        ("userAccountControl", vec![b"512".to_vec()]),
        ("unicodePwd", vec![quoted(password)]),
    ]
}

fn ou() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    vec![("objectClass", vec![b"organizationalUnit".to_vec()])]
}

fn rules(text: &str, whom: &Sid) -> Vec<Ace> {
    let text = text.replace(";SID)", &format!(";{whom})"));
    sddl::rules(&text, &"S-1-5-21-1-2-3".parse().unwrap()).unwrap()
}

#[track_caller]
pub(crate) fn succeeded(result: &LdapResult) {
    assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
}

#[track_caller]
fn refused(result: &LdapResult, code: &LdapResultCode) {
    assert_eq!(result.code, *code, "{}", result.message);
}

pub async fn objects_are_made_below_others_and_only_once(scene: &Scene) {
    let mut place = Place::new(scene, "add").await;
    let inner = format!("OU=Inner,{}", place.ou);
    succeeded(&place.admin.add(&inner, ou()).await);
    refused(
        &place.admin.add(&inner, ou()).await,
        &LdapResultCode::EntryAlreadyExists,
    );
    let orphan = format!("OU=Orphan,OU=Nowhere,{}", place.ou);
    refused(
        &place.admin.add(&orphan, ou()).await,
        &LdapResultCode::NoSuchObject,
    );
    place.group("emb-add-group").await;
    // The same account name at another place.
    let twin = format!("CN=Twin,{inner}");
    let result = place
        .admin
        .add(&twin, account("emb-add-group", PASSWORD))
        .await;
    refused(&result, &LdapResultCode::EntryAlreadyExists);
    let found = place.admin.read(&inner, &["objectClass", "ou"]).await;
    assert_eq!(found.texts("ou"), ["Inner"]);
    assert_eq!(found.texts("objectClass"), ["top", "organizationalUnit"]);
    place.end().await;
}

pub async fn an_account_is_made_with_its_password_and_signs_in(scene: &Scene) {
    let mut place = Place::new(scene, "account").await;
    let weak = format!("CN=emb-weak,{}", place.ou);
    let result = place.admin.add(&weak, account("emb-weak", "short")).await;
    assert_ne!(result.code, LdapResultCode::Success);
    let found = place.admin.read(&weak, &["cn"]).await;
    refused(&found.result, &LdapResultCode::NoSuchObject);
    let dn = place.user("emb-account").await;
    let mut own = Ldap::signed_in(scene, "emb-account@example.test", PASSWORD).await;
    let sids = own.read("", &["tokenGroups"]).await.sids("tokenGroups");
    assert_eq!(sids[0], place.sid(&dn).await);
    let found = place
        .admin
        .read(&dn, &["userAccountControl", "primaryGroupID", "pwdLastSet"])
        .await;
    assert_eq!(found.texts("userAccountControl"), ["512"]);
    assert_eq!(found.texts("primaryGroupID"), ["513"]);
    assert_ne!(found.texts("pwdLastSet"), ["0"]);
    place.end().await;
}

pub async fn only_what_is_empty_is_deleted(scene: &Scene) {
    let mut place = Place::new(scene, "delete").await;
    let (user, group) = (
        place.user("emb-delete").await,
        place.group("emb-delete-group").await,
    );
    let join = change(LdapModifyType::Add, "member", user.as_str());
    succeeded(&place.admin.modify(&group, vec![join]).await);
    let top = place.ou.clone();
    refused(
        &place.admin.delete(&top).await,
        &LdapResultCode::NotAllowedOnNonLeaf,
    );
    succeeded(&place.admin.delete(&user).await);
    refused(
        &place.admin.delete(&user).await,
        &LdapResultCode::NoSuchObject,
    );
    let members = place.admin.read(&group, &["member"]).await;
    assert!(members.texts("member").is_empty());
    place.end().await;
}

pub async fn an_object_is_renamed_and_moved(scene: &Scene) {
    let mut place = Place::new(scene, "rename").await;
    let inner = format!("OU=Inner,{}", place.ou);
    succeeded(&place.admin.add(&inner, ou()).await);
    let (user, other) = (
        place.user("emb-rename").await,
        place.user("emb-rename-2").await,
    );
    refused(
        &place.admin.rename(&user, "CN=emb-rename-2", None).await,
        &LdapResultCode::EntryAlreadyExists,
    );
    succeeded(&place.admin.rename(&user, "CN=Renamed", Some(&inner)).await);
    let found = place
        .admin
        .read(&format!("CN=Renamed,{inner}"), &["name"])
        .await;
    assert_eq!(found.texts("name"), ["Renamed"]);
    refused(
        &place.admin.read(&user, &["cn"]).await.result,
        &LdapResultCode::NoSuchObject,
    );
    succeeded(&place.admin.rename(&inner, "OU=Outer", None).await);
    let moved = format!("CN=Renamed,OU=Outer,{}", place.ou);
    assert_eq!(
        place.admin.read(&moved, &["cn"]).await.texts("cn"),
        ["Renamed"]
    );
    let nowhere = format!("OU=Nowhere,{}", place.ou);
    let result = place
        .admin
        .rename(&other, "CN=emb-rename-2", Some(&nowhere))
        .await;
    assert_ne!(result.code, LdapResultCode::Success);
    place.end().await;
}

pub async fn whoever_has_no_right_makes_and_deletes_nothing(scene: &Scene) {
    let mut place = Place::new(scene, "bare").await;
    let user = place.user("emb-bare").await;
    let mut service = Ldap::service(scene).await;
    let new = format!("CN=emb-bare-2,{}", place.ou);
    let denied = LdapResultCode::InsufficentAccessRights;
    refused(
        &service.add(&new, account("emb-bare-2", PASSWORD)).await,
        &denied,
    );
    refused(&service.delete(&user).await, &denied);
    refused(&service.rename(&user, "CN=Else", None).await, &denied);
    assert_eq!(
        place.admin.read(&user, &["cn"]).await.texts("cn"),
        ["emb-bare"]
    );
    place.end().await;
}

pub async fn the_right_to_make_one_class_is_not_that_for_another(scene: &Scene) {
    const GROUPS: &str = "(OA;;CCDC;bf967a9c-0de6-11d0-a285-00aa003049e2;;SID)";
    let mut place = Place::new(scene, "class").await;
    let user = place.user("emb-class").await;
    let (sid, top) = (place.sid(&user).await, place.ou.clone());
    place.grant(&top, GROUPS, &sid).await;
    let mut own = Ldap::signed_in(scene, "emb-class@example.test", PASSWORD).await;
    let group = format!("CN=emb-class-group,{top}");
    let attributes = vec![
        ("objectClass", vec![b"group".to_vec()]),
        ("sAMAccountName", vec![b"emb-class-group".to_vec()]),
    ];
    succeeded(&own.add(&group, attributes).await);
    refused(
        &own.add(&format!("OU=Inner,{top}"), ou()).await,
        &LdapResultCode::InsufficentAccessRights,
    );
    // Whoever made it owns it.
    let made = place.admin.descriptor(&group).await;
    let made = SecurityDescriptor::try_from(&made[..]).unwrap();
    assert_eq!(made.owner, Some(sid));
    succeeded(&own.delete(&group).await);
    place.end().await;
}

/// Resetting passwords and writing pwdLastSet, on users below.
const DELEGATION: &str = "\
    (OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;SID)\
    (OA;CIIO;RPWP;bf967a0a-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;SID)";

pub async fn rules_that_are_added_and_taken_away_leave_the_list_as_it_was(scene: &Scene) {
    let mut place = Place::new(scene, "restore").await;
    let user = place.user("emb-restore").await;
    let (sid, top) = (place.sid(&user).await, place.ou.clone());
    let everybody = "S-1-1-0".parse().unwrap();
    place.grant(&top, "(D;CI;DT;;;SID)", &everybody).await;
    let before = place.admin.descriptor(&top).await;
    let added = place.grant(&top, DELEGATION, &sid).await;
    let between = place.admin.descriptor(&top).await;
    assert_ne!(between, before);
    let mut less = Descriptor::try_from(&between[..]).unwrap();
    assert!(added.iter().all(|rule| less.contains(rule)));
    assert!(less.remove(&added));
    succeeded(&place.admin.write_descriptor(&top, less.to_bytes(), 4).await);
    assert_eq!(place.admin.descriptor(&top).await, before);
    place.end().await;
}

pub async fn a_rule_on_an_ou_reaches_the_users_below(scene: &Scene) {
    let mut place = Place::new(scene, "reach").await;
    let (lead, user, group) = (
        place.user("emb-reach-lead").await,
        place.user("emb-reach").await,
        place.group("emb-reach-group").await,
    );
    let (sid, top) = (place.sid(&lead).await, place.ou.clone());
    place.grant(&top, DELEGATION, &sid).await;
    for (dn, reached) in [(&user, true), (&group, false)] {
        let bytes = place.admin.descriptor(dn).await;
        let found = SecurityDescriptor::try_from(&bytes[..]).unwrap();
        let theirs = found.rules().iter().filter(|rule| rule.trustee == sid);
        let in_force: Vec<_> = theirs.filter(|rule| !rule.flags.inherit_only()).collect();
        assert_eq!(!in_force.is_empty(), reached, "{dn}");
        assert!(in_force.iter().all(|rule| rule.flags.inherited()), "{dn}");
    }
    let mut own = Ldap::signed_in(scene, "emb-reach-lead@example.test", PASSWORD).await;
    let reset = || vec![replace("unicodePwd", quoted("Lantern-Harbour-92"))];
    succeeded(&own.modify(&user, reset()).await);
    let unlock = own.modify(&user, vec![replace("lockoutTime", "0")]).await;
    refused(&unlock, &LdapResultCode::InsufficentAccessRights);
    place.end().await;
}

pub async fn inheritance_is_blocked_and_allowed_again(scene: &Scene) {
    let mut place = Place::new(scene, "block").await;
    let user = place.user("emb-block").await;
    let before = place.admin.descriptor(&user).await;
    let mut blocked = before.clone();
    // SE_DACL_PROTECTED.
    blocked[3] |= 0x10;
    succeeded(&place.admin.write_descriptor(&user, blocked, 4).await);
    let bytes = place.admin.descriptor(&user).await;
    let mut found = Descriptor::try_from(&bytes[..]).unwrap();
    assert!(found.blocks_inheritance());
    let read = SecurityDescriptor::try_from(&bytes[..]).unwrap();
    assert!(read.rules().iter().all(|rule| !rule.flags.inherited()));
    assert!(found.allow_inheritance());
    let written = place.admin.write_descriptor(&user, found.to_bytes(), 4);
    succeeded(&written.await);
    let bytes = place.admin.descriptor(&user).await;
    assert!(
        !Descriptor::try_from(&bytes[..])
            .unwrap()
            .blocks_inheritance()
    );
    let again = SecurityDescriptor::try_from(&bytes[..]).unwrap();
    assert!(again.rules().iter().any(|rule| rule.flags.inherited()));
    place.end().await;
}

pub async fn the_rules_are_changed_by_those_with_the_right_only(scene: &Scene) {
    let mut place = Place::new(scene, "dacl").await;
    let (lead, user) = (
        place.user("emb-dacl-lead").await,
        place.user("emb-dacl").await,
    );
    let sid = place.sid(&lead).await;
    let mut own = Ldap::signed_in(scene, "emb-dacl-lead@example.test", PASSWORD).await;
    let mut wider = Descriptor::try_from(&own.descriptor(&user).await[..]).unwrap();
    assert!(wider.add(&rules("(A;;WP;;;SID)", &sid)).unwrap());
    refused(
        &own.write_descriptor(&user, wider.to_bytes(), 4).await,
        &LdapResultCode::InsufficentAccessRights,
    );
    place.grant(&user, "(A;;WD;;;SID)", &sid).await;
    let mut wider = Descriptor::try_from(&own.descriptor(&user).await[..]).unwrap();
    assert!(wider.add(&rules("(A;;WP;;;SID)", &sid)).unwrap());
    succeeded(&own.write_descriptor(&user, wider.to_bytes(), 4).await);
    succeeded(&own.modify(&user, vec![replace("title", "x")]).await);
    let found = own.read(&user, &["sDRightsEffective"]).await;
    assert_eq!(found.texts("sDRightsEffective"), ["4"]);
    place.end().await;
}

pub async fn the_owner_is_changed_by_those_with_the_right_only(scene: &Scene) {
    let mut place = Place::new(scene, "owner").await;
    let (lead, user) = (
        place.user("emb-owner-lead").await,
        place.user("emb-owner").await,
    );
    let sid = place.sid(&lead).await;
    let before = place.admin.descriptor(&user).await;
    let mut theirs = Descriptor::try_from(&before[..]).unwrap();
    theirs.set_owner(&sid);
    let mut own = Ldap::signed_in(scene, "emb-owner-lead@example.test", PASSWORD).await;
    refused(
        &own.write_descriptor(&user, theirs.to_bytes(), 1).await,
        &LdapResultCode::InsufficentAccessRights,
    );
    succeeded(
        &place
            .admin
            .write_descriptor(&user, theirs.to_bytes(), 1)
            .await,
    );
    let after = place.admin.descriptor(&user).await;
    let (after, before) = (
        SecurityDescriptor::try_from(&after[..]).unwrap(),
        SecurityDescriptor::try_from(&before[..]).unwrap(),
    );
    assert_eq!((after.owner, after.dacl), (Some(sid), before.dacl));
    // An owner changes the rules without any rule that says so.
    let found = own.read(&user, &["sDRightsEffective"]).await;
    assert_eq!(found.texts("sDRightsEffective"), ["4"]);
    place.end().await;
}

pub async fn a_group_that_holds_the_account_becomes_the_primary_one(scene: &Scene) {
    let mut place = Place::new(scene, "primary").await;
    let (user, group) = (
        place.user("emb-primary").await,
        place.group("emb-primary-group").await,
    );
    let rid = place.sid(&group).await.rid().unwrap().to_string();
    let primary = || vec![replace("primaryGroupID", rid.as_str())];
    let result = place.admin.modify(&user, primary()).await;
    refused(&result, &LdapResultCode::UnwillingToPerform);
    let join = change(LdapModifyType::Add, "member", user.as_str());
    succeeded(&place.admin.modify(&group, vec![join]).await);
    succeeded(&place.admin.modify(&user, primary()).await);
    let members = place.admin.read(&group, &["member"]).await;
    assert!(members.texts("member").is_empty());
    let found = place
        .admin
        .read(&user, &["memberOf", "primaryGroupID"])
        .await;
    assert_eq!(found.texts("primaryGroupID"), [rid]);
    let domain_users = format!("CN=Domain Users,CN=Users,{}", base(scene));
    assert_eq!(found.texts("memberOf"), [domain_users]);
    let back = vec![replace("primaryGroupID", "513")];
    succeeded(&place.admin.modify(&user, back).await);
    place.end().await;
}

pub async fn names_of_services_and_the_past_are_written(scene: &Scene) {
    let mut place = Place::new(scene, "values").await;
    let user = place.user("emb-values").await;
    let spns = ["HTTP/emb-one.example.test", "HTTP/emb-two.example.test"];
    let add = spns.map(|spn| change(LdapModifyType::Add, "servicePrincipalName", spn));
    succeeded(&place.admin.modify(&user, add.to_vec()).await);
    let delegate = change(
        LdapModifyType::Add,
        "msDS-AllowedToDelegateTo",
        "HOST/dc1.example.test",
    );
    succeeded(&place.admin.modify(&user, vec![delegate]).await);
    let gone = change(LdapModifyType::Delete, "servicePrincipalName", spns[0]);
    succeeded(&place.admin.modify(&user, vec![gone]).await);
    let found = place
        .admin
        .read(&user, &["servicePrincipalName", "msDS-AllowedToDelegateTo"])
        .await;
    assert_eq!(found.texts("servicePrincipalName"), [spns[1]]);
    assert_eq!(
        found.texts("msDS-AllowedToDelegateTo"),
        ["HOST/dc1.example.test"]
    );
    place.end().await;
}

pub async fn who_may_join_a_group_adds_themselves_and_nobody_else(scene: &Scene) {
    // The validated write Self-Membership has the GUID of `member`.
    const JOIN: &str = "(OA;;SW;bf9679c0-0de6-11d0-a285-00aa003049e2;;SID)";
    let mut place = Place::new(scene, "join").await;
    let (lead, user, group) = (
        place.user("emb-join-lead").await,
        place.user("emb-join").await,
        place.group("emb-join-group").await,
    );
    let sid = place.sid(&lead).await;
    place.grant(&group, JOIN, &sid).await;
    let mut own = Ldap::signed_in(scene, "emb-join-lead@example.test", PASSWORD).await;
    let join = |dn: &str| vec![change(LdapModifyType::Add, "member", dn)];
    let other = own.modify(&group, join(&user)).await;
    refused(&other, &LdapResultCode::InsufficentAccessRights);
    succeeded(&own.modify(&group, join(&lead)).await);
    let members = place.admin.read(&group, &["member"]).await;
    assert_eq!(members.texts("member"), [lead]);
    place.end().await;
}

pub async fn the_schema_tells_what_the_guids_of_rules_mean(scene: &Scene) {
    let mut ldap = Ldap::service(scene).await;
    let root = ldap
        .read("", &["schemaNamingContext", "namingContexts"])
        .await;
    let schema = root.texts("schemaNamingContext").remove(0);
    assert!(root.texts("namingContexts").contains(&schema));
    let names = ["lDAPDisplayName", "schemaIDGUID", "attributeSecurityGUID"];
    let found = ldap.find(&schema, "(lDAPDisplayName=member)", &names).await;
    assert_eq!(found.texts("lDAPDisplayName"), ["member"]);
    let member = "bf9679c0-0de6-11d0-a285-00aa003049e2".parse();
    let guid = |bytes: Vec<u8>| {
        keyward::domain::security_descriptor::RightGuid::from_wire(bytes.try_into().unwrap())
    };
    assert_eq!(Ok(guid(found.bytes("schemaIDGUID").remove(0))), member);
    let set = guid(found.bytes("attributeSecurityGUID").remove(0));
    let configuration = format!("CN=Extended-Rights,CN=Configuration,{}", base(scene));
    let filter = format!("(rightsGuid={set})");
    let found = ldap.find(&configuration, &filter, &["validAccesses"]).await;
    assert_eq!(found.texts("validAccesses"), ["48"]);
    let user = "(&(objectClass=classSchema)(lDAPDisplayName=user)(!(isDefunct=TRUE)))";
    let found = ldap
        .find(&schema, user, &["defaultSecurityDescriptor"])
        .await;
    let default = found.texts("defaultSecurityDescriptor").remove(0);
    assert!(sddl::rules(&default, &"S-1-5-21-1-2-3".parse().unwrap()).is_ok());
}
