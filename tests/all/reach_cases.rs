//! What rules ask of a directory: lines of managers, groups below a group, searches that show some only,
//! and names. Each case runs against Samba and against the embedded directory, in an OU of its own.

use crate::object_cases::{Place, succeeded};
use crate::support::directory::Scene;
use crate::support::ldap::replace;
use keyward::directory::{Among, Directory, Hits, Scope, Wanted};
use keyward::domain::identity::{Dn, ObjectGuid, Sid};
use keyward::domain::membership::Groups;
use keyward::domain::rules::{Line, Subject, Target, TargetName, Written};

/// Makes a module with one test for each case, over `$scene`.
macro_rules! reach_cases {
    ($scene:expr => $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            crate::reach_cases::$case(&$scene).await;
        })+
    };
    ($scene:expr) => {
        crate::reach_cases::reach_cases! { $scene =>
            a_line_of_managers_is_read_to_its_end_and_circles_end_it,
            a_line_is_not_whole_where_a_manager_may_not_be_read,
            the_groups_that_lead_to_those_of_the_settings_are_read_downwards,
            a_search_shows_only_who_may_be_seen_and_never_the_others_number,
            a_search_among_members_finds_nested_and_primary_ones,
            a_search_judges_by_the_whole_line_where_rules_ask_for_it,
            a_row_whose_flags_may_not_be_read_is_left_out,
            an_account_is_found_by_each_of_its_names,
            an_ou_is_told_from_what_is_none,
            the_whole_domain_may_be_the_place_of_the_people,
            rules_and_protection_take_no_distribution_group,
            rights_that_a_domain_has_by_itself_make_nobody_dangerous,
            rights_over_administrators_make_their_holders_dangerous,
        }
    };
}
pub(crate) use reach_cases;

fn dn(text: &str) -> Dn {
    text.parse().unwrap()
}

async fn guid(place: &mut Place, dn: &str) -> ObjectGuid {
    let found = place.admin.read(dn, &["objectGUID"]).await;
    ObjectGuid::try_from(found.bytes("objectGUID")[0].as_slice()).unwrap()
}

/// People in a row, each the manager of the next; the first one has none.
async fn row(place: &mut Place, names: &[&str]) -> Vec<String> {
    let mut dns: Vec<String> = Vec::new();
    for name in names {
        let dn = place.user(name).await;
        if let Some(manager) = dns.last() {
            place.report(&dn, manager).await;
        }
        dns.push(dn);
    }
    dns
}

async fn line_of(directory: &Directory, place: &mut Place, who: &str) -> Line {
    let guid = guid(place, who).await;
    let account = directory.account(&[dn(&place.ou)], guid).await.unwrap();
    directory.with_line(account.unwrap()).await.unwrap().line
}

pub async fn a_line_of_managers_is_read_to_its_end_and_circles_end_it(scene: &Scene) {
    let mut place = Place::new(scene, "line").await;
    let directory = scene.directory();
    let people = row(&mut place, &["ln-top", "ln-head", "ln-lead", "ln-who"]).await;
    let line = line_of(&directory, &mut place, &people[3]).await;
    assert_eq!(
        line.managers,
        [dn(&people[2]), dn(&people[1]), dn(&people[0])]
    );
    assert!(line.is_whole);
    let top = line_of(&directory, &mut place, &people[0]).await;
    assert_eq!(
        top,
        Line {
            managers: Vec::new(),
            is_whole: true
        }
    );
    // The head of all reports to the lead: round and round.
    place.report(&people[0], &people[2]).await;
    let line = line_of(&directory, &mut place, &people[3]).await;
    assert_eq!(
        line.managers,
        [dn(&people[2]), dn(&people[1]), dn(&people[0])]
    );
    assert!(line.is_whole);
    place.end().await;
}

pub async fn a_line_is_not_whole_where_a_manager_may_not_be_read(scene: &Scene) {
    let mut place = Place::new(scene, "unseen").await;
    let people = row(&mut place, &["us-top", "us-head", "us-who"]).await;
    let service = scene.sid("svc_passwordreset");
    place.grant(&people[1], "(D;;RP;;;SID)", &service).await;
    let line = line_of(&scene.directory(), &mut place, &people[2]).await;
    assert_eq!(line.managers, [dn(&people[1])]);
    assert!(!line.is_whole);
    place.end().await;
}

pub async fn the_groups_that_lead_to_those_of_the_settings_are_read_downwards(scene: &Scene) {
    let mut place = Place::new(scene, "downwards").await;
    let [outer, middle, inner, beside] = [
        place.group("dw-outer").await,
        place.group("dw-middle").await,
        place.group("dw-inner").await,
        place.group("dw-beside").await,
    ];
    place.join(&middle, &outer).await;
    place.join(&inner, &middle).await;
    // Another one that holds the middle one is above, not below.
    place.join(&middle, &beside).await;
    let sids = [place.sid(&outer).await, place.sid(&inner).await];
    let unknown = sids[0].domain().unwrap().with_rid(999_999).unwrap();
    let directory = scene.directory();
    let groups = directory
        .groups_leading_to(&[sids[0].clone(), unknown])
        .await;
    let groups = groups.unwrap();
    assert_eq!(groups.count(), 3);
    let above = groups.above(&[dn(&inner)], None);
    assert!(above.0.contains(&sids[0]) && above.0.contains(&sids[1]));
    assert!(groups.above(&[dn(&beside)], None).0.is_empty());
    let none = directory.groups_leading_to(&[]).await.unwrap();
    assert_eq!(none.count(), 0);
    place.end().await;
}

async fn named(place: &mut Place, sam: &str, display: &str) -> String {
    let dn = place.user(sam).await;
    let change = replace("displayName", display);
    succeeded(&place.admin.modify(&dn, vec![change]).await);
    dn
}

type MaySee<'a> = &'a (dyn Fn(&Subject<'_>) -> bool + Send + Sync);

async fn search(
    scene: &Scene,
    scopes: &[Scope],
    (text, groups, lines): (&str, &Groups, bool),
    may_see: MaySee<'_>,
) -> Hits {
    let wanted = Wanted {
        scopes,
        text: &text.parse().unwrap(),
        groups,
        lines,
        may_see,
    };
    scene.directory().search(&wanted).await.unwrap()
}

fn sams(hits: &Hits) -> Vec<&str> {
    hits.hits.iter().map(|hit| hit.sam.as_str()).collect()
}

pub async fn a_search_shows_only_who_may_be_seen_and_never_the_others_number(scene: &Scene) {
    let scopes = [Scope::everybody(scene.staff())];
    let about = |text| (text, Groups::default(), false);
    // bulk.01 to bulk.60 are there; the first page holds few who may be seen.
    let (text, groups, lines) = about("bulk");
    let last = |subject: &Subject<'_>| {
        let name = subject.dn.common_name().to_owned();
        name.ends_with('9') || name.ends_with("60")
    };
    let found = search(scene, &scopes, (text, &groups, lines), &last).await;
    assert_eq!(found.hits.len(), 7, "{:?}", sams(&found));
    assert!(!found.more, "those who may not be seen are not counted");
    let none = search(scene, &scopes, (text, &groups, lines), &|_| false).await;
    assert!(none.hits.is_empty() && !none.more);
    let all = search(scene, &scopes, (text, &groups, lines), &|_| true).await;
    assert!(all.hits.len() == 50 && all.more);
}

pub async fn a_search_among_members_finds_nested_and_primary_ones(scene: &Scene) {
    let mut place = Place::new(scene, "members").await;
    let [outer, inner] = [place.group("me-outer").await, place.group("me-inner").await];
    place.join(&inner, &outer).await;
    let direct = named(&mut place, "me-direct", "Mem Direct").await;
    let nested = named(&mut place, "me-nested", "Mem Nested").await;
    let primary = named(&mut place, "me-primary", "Mem Primary").await;
    named(&mut place, "me-none", "Mem None").await;
    place.join(&direct, &outer).await;
    place.join(&nested, &inner).await;
    place.join(&primary, &inner).await;
    let [outer, inner] = [place.sid(&outer).await, place.sid(&inner).await];
    let rid = inner.rid().unwrap().to_string();
    let change = replace("primaryGroupID", rid);
    succeeded(&place.admin.modify(&primary, vec![change]).await);
    let groups = scene
        .directory()
        .groups_leading_to(std::slice::from_ref(&outer))
        .await;
    let groups = groups.unwrap();
    let base = dn(&place.ou);
    let scope = |among| {
        [Scope {
            base: base.clone(),
            among,
        }]
    };
    let is_in = |group: Sid| move |subject: &Subject<'_>| subject.is_in(&group);
    let among = scope(Among::Members(vec![outer.clone()]));
    let asked = ("Mem", &groups, false);
    let found = search(scene, &among, asked, &|_| true).await;
    assert_eq!(sams(&found), ["me-direct", "me-nested", "me-primary"]);
    let everybody = scope(Among::Everybody);
    let found = search(scene, &everybody, asked, &is_in(outer)).await;
    assert_eq!(sams(&found), ["me-direct", "me-nested", "me-primary"]);
    let found = search(scene, &everybody, asked, &is_in(inner)).await;
    assert_eq!(sams(&found), ["me-nested", "me-primary"]);
    place.end().await;
}

pub async fn a_search_judges_by_the_whole_line_where_rules_ask_for_it(scene: &Scene) {
    let mut place = Place::new(scene, "reports").await;
    let people = row(&mut place, &["rp-top", "rp-head", "rp-lead", "rp-who"]).await;
    let (base, groups) = (dn(&place.ou), Groups::default());
    let head = dn(&people[1]);
    let reports = |subject: &Subject<'_>| subject.line.managers.contains(&head);
    let everybody = [Scope::everybody(base.clone())];
    let found = search(scene, &everybody, ("rp-", &groups, true), &reports).await;
    assert_eq!(sams(&found), ["rp-lead", "rp-who"]);
    let found = search(scene, &everybody, ("rp-", &groups, false), &reports).await;
    assert_eq!(sams(&found), ["rp-lead"], "the nearest manager only");
    let among = Among::ReportsTo(head.clone());
    let direct = [Scope { base, among }];
    let found = search(scene, &direct, ("rp-", &groups, false), &|_| true).await;
    assert_eq!(sams(&found), ["rp-lead"]);
    place.end().await;
}

pub async fn a_row_whose_flags_may_not_be_read_is_left_out(scene: &Scene) {
    let mut place = Place::new(scene, "flags").await;
    let hidden = named(&mut place, "fl-hidden", "Flag Hidden").await;
    named(&mut place, "fl-shown", "Flag Shown").await;
    let scopes = [Scope::everybody(dn(&place.ou))];
    let asked = ("Flag", &Groups::default(), false);
    let both = search(scene, &scopes, asked, &|_| true).await;
    assert_eq!(sams(&both), ["fl-hidden", "fl-shown"]);
    let service = scene.sid("svc_passwordreset");
    // userAccountControl.
    let rule = "(OD;;RP;bf967a68-0de6-11d0-a285-00aa003049e2;;SID)";
    place.grant(&hidden, rule, &service).await;
    let found = search(scene, &scopes, asked, &|_| true).await;
    assert_eq!(sams(&found), ["fl-shown"]);
    // The account's own page has an error for it, too.
    let guid = guid(&mut place, &hidden).await;
    let account = scene.directory().account(&[dn(&place.ou)], guid).await;
    assert!(account.is_err());
    place.end().await;
}

pub async fn an_account_is_found_by_each_of_its_names(scene: &Scene) {
    let directory = scene.directory();
    let (sid, guid) = (scene.sid("alice.able"), scene.guid("alice.able"));
    let dn = scene.person("alice.able")["dn"].as_str().unwrap();
    for name in [
        "alice.able",
        "ALICE.able",
        "EXAMPLE\\alice.able",
        "alice.able@example.test",
        dn,
        &guid.to_string(),
    ] {
        let found = directory.account_sid_named(name).await;
        assert_eq!(found, Ok(Some(sid.clone())), "{name}");
        let found = directory.find_account_guid(name).await;
        assert_eq!(found, Ok(Some(guid)), "{name}");
    }
    let computer = directory.account_sid_named("WS01$").await.unwrap();
    assert_eq!(computer, Some(scene.sid("WS01$")));
    let group = scene.people["groups"]["Password Resetters"]["dn"].as_str();
    for nobody in [
        "no.such.person",
        "OTHER\\alice.able",
        "alice.*",
        "*",
        "",
        "Password Resetters",
        group.unwrap(),
        "CN=Alice Able,OU=Staff,DC=elsewhere,DC=test",
        "00000000-0000-0000-0000-000000000001",
    ] {
        let found = directory.account_sid_named(nobody).await;
        assert_eq!(found, Ok(None), "{nobody}");
    }
}

/// Whether a rule takes this name for a place, in a domain that is the place of all people.
async fn is_place(directory: &Directory, scene: &Scene, name: &Dn) -> bool {
    let head = dn(scene.people["base_dn"].as_str().unwrap());
    let mut written = Written::of_article(scene.reset_group(), head);
    written.rules[0].targets = vec![TargetName::Dn(name.clone())];
    let ground = directory.ground(&written).await;
    ground.is_ok_and(|ground| matches!(ground.rules[0].targets[..], [Target::Below(_)]))
}

pub async fn an_ou_is_told_from_what_is_none(scene: &Scene) {
    let directory = scene.directory();
    let base = scene.people["base_dn"].as_str().unwrap();
    let below = |first: &str| dn(&[first, ",", base].concat());
    for there in ["OU=Sales,OU=Staff", "ou=staff", "CN=Users", "CN=Builtin"] {
        assert!(is_place(&directory, scene, &below(there)).await, "{there}");
    }
    assert!(is_place(&directory, scene, &dn(base)).await);
    for none in [
        "OU=Nowhere",
        "OU=Staff,OU=Nowhere",
        "CN=Domain Admins,CN=Users",
    ] {
        assert!(!is_place(&directory, scene, &below(none)).await, "{none}");
    }
    let alice = dn(scene.person("alice.able")["dn"].as_str().unwrap());
    assert!(!is_place(&directory, scene, &alice).await);
    let elsewhere = dn("OU=Staff,DC=elsewhere,DC=test");
    assert!(!is_place(&directory, scene, &elsewhere).await);
}

pub async fn the_whole_domain_may_be_the_place_of_the_people(scene: &Scene) {
    let head = dn(scene.people["base_dn"].as_str().unwrap());
    let written = Written::of_article(scene.reset_group(), head.clone());
    let ground = scene.directory().ground(&written).await.unwrap();
    assert_eq!(ground.rules[0].targets, [Target::Below(head)]);
}

type NameIt = fn(&mut Written, &str);

pub async fn rules_and_protection_take_no_distribution_group(scene: &Scene) {
    let mut place = Place::new(scene, "mailing").await;
    let security = place.group("ml-security").await;
    let list = format!("CN=ml-list,{}", place.ou);
    let attributes = vec![
        ("objectClass", vec![b"group".to_vec()]),
        ("sAMAccountName", vec![b"ml-list".to_vec()]),
        // GROUP_TYPE_ACCOUNT_GROUP, without GROUP_TYPE_SECURITY_ENABLED.
        ("groupType", vec![b"2".to_vec()]),
    ];
    succeeded(&place.admin.add(&list, attributes).await);
    let directory = scene.directory();
    let changes: [NameIt; 6] = [
        |written, name| written.rules[0].operators = vec![name.to_owned()],
        |written, name| written.rules[0].targets = vec![TargetName::Group(name.to_owned())],
        |written, name| written.rules[0].except = vec![TargetName::Group(name.to_owned())],
        |written, name| written.rules[0].except = vec![TargetName::Dn(dn(name))],
        |written, name| written.protected_groups = vec![name.to_owned()],
        |written, name| written.auditors = vec![name.to_owned()],
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let by_dn = number == 3;
        for (name, whole, is_well) in [("ml-security", &security, true), ("ml-list", &list, false)]
        {
            let mut written = Written::of_article(scene.reset_group(), dn(&place.ou));
            change(&mut written, if by_dn { whole } else { name });
            let ground = directory.ground(&written).await;
            assert_eq!(ground.is_ok(), is_well, "{number} {name}");
            assert!(ground.err().is_none_or(|error| error.is_of_the_settings()));
        }
    }
    place.end().await;
}

pub async fn rights_that_a_domain_has_by_itself_make_nobody_dangerous(scene: &Scene) {
    let facts = scene.directory().domain_facts().await.unwrap();
    assert_eq!(facts.rights_unread, 0);
    let people = scene.people["accounts"].as_object().unwrap();
    // Rights at the head, and everything on the OU that administrators are in.
    let known = ["dan.dcsync", "willi.writedacl", "svc_toomuch"];
    for sam in people.keys() {
        let dangerous = facts.domain_rights.contains(&scene.sid(sam));
        assert_eq!(dangerous, known.contains(&sam.as_str()), "{sam}");
    }
    let domain = [513, 514, 515, 517, 522, 525, 553, 571, 572];
    let domain = domain.map(|rid| facts.sid.with_rid(rid).unwrap());
    let builtin = [
        545, 546, 554, 555, 556, 558, 559, 560, 561, 562, 568, 573, 574,
    ];
    let others = [
        "S-1-1-0", "S-1-5-7", "S-1-5-9", "S-1-5-10", "S-1-5-11", "S-1-3-0", "S-1-3-4",
    ];
    let all = domain
        .into_iter()
        .chain(builtin.map(Sid::builtin))
        .chain(others.map(|sid| sid.parse().unwrap()));
    for sid in all {
        assert!(!facts.domain_rights.contains(&sid), "{sid}");
    }
    let groups = scene.people["groups"].as_object().unwrap();
    for (name, group) in groups {
        let sid = group["sid"].as_str().unwrap().parse().unwrap();
        assert!(!facts.domain_rights.contains(&sid), "{name}");
    }
}

pub async fn rights_over_administrators_make_their_holders_dangerous(scene: &Scene) {
    const RESET: &str = "(OA;;CR;00299570-246d-11d0-a768-00aa006e0529;;SID)";
    const MEMBER: &str = "(OA;;WP;bf9679c0-0de6-11d0-a285-00aa003049e2;;SID)";
    const LINK: &str = "(OA;;WP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;;SID)";
    let mut place = Place::new(scene, "over").await;
    let admin = place.user("ov-admin").await;
    let nested = place.group("ov-nested").await;
    let base = scene.people["base_dn"].as_str().unwrap().to_owned();
    let below = |first: &str| [first, ",", &base].concat();
    place.join(&admin, &nested).await;
    place
        .join(&nested, &below("CN=Server Operators,CN=Builtin"))
        .await;
    let ordinary = place.user("ov-ordinary").await;
    let service = scene.person("svc_passwordreset")["dn"].as_str().unwrap();
    let controller = {
        let filter = "(primaryGroupID=516)";
        let found = place.admin.find(&base, filter, &["cn"]).await;
        found.entries[0].dn.clone()
    };
    let spots = [
        ("ov-1", below("CN=AdminSDHolder,CN=System"), RESET),
        ("ov-2", below("CN=Domain Admins,CN=Users"), MEMBER),
        ("ov-3", nested.clone(), MEMBER),
        ("ov-4", admin.clone(), RESET),
        ("ov-5", place.ou.clone(), LINK),
        ("ov-6", below("OU=Domain Controllers"), LINK),
        ("ov-7", controller, "(A;;WD;;;SID)"),
        ("ov-8", service.to_owned(), RESET),
        ("ov-not", ordinary, RESET),
    ];
    let mut holders = Vec::new();
    for (sam, spot, rule) in &spots {
        let holder = place.user(sam).await;
        let holder = place.sid(&holder).await;
        let before = place.admin.descriptor(spot).await;
        place.grant(spot, rule, &holder).await;
        holders.push((holder, spot, before));
    }
    let found = scene.directory().domain_facts().await.unwrap();
    for (_, spot, before) in &holders {
        succeeded(&place.admin.write_descriptor(spot, before.clone(), 4).await);
    }
    for ((sam, ..), (holder, spot, _)) in spots.iter().zip(&holders) {
        let dangerous = found.domain_rights.contains(holder);
        assert_eq!(dangerous, *sam != "ov-not", "{spot}");
    }
    // Taken back, nobody of them is.
    let later = scene.directory().domain_facts().await.unwrap();
    for (holder, spot, _) in &holders {
        assert!(!later.domain_rights.contains(holder), "{spot}");
    }
    place.end().await;
}
