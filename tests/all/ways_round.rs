//! Attempts to go round the decision: each is refused, is on record with what it was and why, and the password stays.
//! Whoever tries knows every GUID, SID and DN, and makes forms without the page (`Office::forged`).

use crate::support::directory::Scene;
use crate::support::estate::{Estate, PASSWORD};
use crate::support::office::{CLIENT, Office};
use keyward::actions::{
    ActionError, Client, ResetAnswer, ResetRequest, UnlockAnswer, UnlockRequest,
};
use keyward::domain::audit::{AuditAction, AuditResult, Phase, Record};
use keyward::domain::reason::UnfitReason;
use keyward::domain::time::Clock;
use keyward::store::Session;
use ldap3_proto::proto::LdapResultCode;
use secrecy::SecretString;

/// Makes a module with one test for each case, over `$scene`.
macro_rules! ways_round_cases {
    ($scene:expr => $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            crate::ways_round::$case($scene).await;
        })+
    };
    ($scene:expr) => {
        crate::ways_round::ways_round_cases! { $scene =>
            whoever_was_moved_out_of_reach_after_the_look_is_not_reset,
            whoever_came_under_a_deny_after_the_look_is_not_reset,
            whoever_became_an_operator_or_an_administrator_after_the_look_is_not_reset,
            an_operator_who_left_the_group_after_the_look_resets_nobody,
            a_form_for_one_account_is_worth_nothing_for_another,
            a_rule_that_lets_look_or_unlock_lets_nobody_reset,
            an_ou_that_only_looks_like_the_one_of_the_rule_is_another,
            a_name_that_claims_to_be_inside_is_only_a_name,
            a_rule_finds_its_ou_however_it_is_written,
            an_object_with_two_names_in_one_part_is_nowhere_else,
            a_deny_wins_over_however_many_rules_that_allow,
            a_deny_to_look_denies_everything,
            nobody_resets_a_peer_an_auditor_or_somebody_above,
            nobody_resets_their_own_lead,
            ones_own_account_is_ones_own_however_one_signed_in,
            naming_one_of_two_roles_is_not_enough,
            groups_that_go_round_in_a_circle_let_nobody_in,
            an_exception_holds_for_members_by_way_of_groups,
            a_primary_group_counts_like_any_other,
            a_network_is_left_by_no_spelling_of_an_address,
            whoever_is_their_own_manager_gains_nothing,
            managers_in_a_circle_are_peers,
            a_line_of_managers_leads_thirty_steps_and_no_further,
            an_operator_out_of_action_resets_nobody,
            what_is_typed_where_nothing_may_be_typed_is_not_taken,
            a_reason_that_was_asked_for_cannot_be_left_out,
            a_rule_that_is_gone_from_the_settings_allows_nothing_more,
            a_group_made_anew_under_the_old_name_is_another_group,
            an_operator_made_anew_under_the_old_name_is_somebody_else,
        }
    };
}
pub(crate) use ways_round_cases;

#[cfg(feature = "demo")]
#[path = "ways_round_counted.rs"]
mod counted;
#[cfg(feature = "demo")]
mod embedded {
    use crate::support::directory::Scene;
    super::ways_round_cases! { Scene::embedded().await }
}

/// Leads help the people in the OU of the team.
pub const LEADS: &str = r#"
[audit]
auditors = ["Ways Log"]
[[rule]]
name = "leads"
operators = ["Ways Leads"]
targets = ["OU=Team,{top}"]
"#;

/// People in OUs, and rules over them.
pub struct Ways {
    pub office: Office,
    pub estate: Estate,
}

impl Ways {
    /// `OU=Team` with alice, bob and lisa, who is a lead; lena and lars, leads, outside of it; otto elsewhere.
    pub async fn new(scene: Scene, rules: &str) -> Self {
        Self::at(scene, Clock::system(), rules).await
    }

    /// The same at another time.
    pub async fn at(mut scene: Scene, clock: Clock, rules: &str) -> Self {
        let mut estate = Estate::new(&scene, "Ways").await;
        for ou in ["Team", "Leads", "Other", "Groups"] {
            estate.ou(ou).await;
        }
        for group in [
            "Ways Leads",
            "Ways Heads",
            "Ways Log",
            "Ways Team",
            "Ways Apart",
        ] {
            estate.group(group, "Groups").await;
        }
        for (sam, ou) in [
            ("alice", "Team"),
            ("bob", "Team"),
            ("lisa", "Team"),
            ("lena", "Leads"),
            ("lars", "Leads"),
            ("otto", "Other"),
        ] {
            estate.person(&mut scene, &format!("ways.{sam}"), ou).await;
        }
        let mut ways = Self {
            office: Office::on_clock(scene, clock, |_| ()).await,
            estate,
        };
        for sam in ["lena", "lars", "lisa"] {
            ways.join(sam, "Ways Leads").await;
        }
        ways.adopt(rules).await;
        ways
    }

    /// Puts other rules in force.
    pub async fn adopt(&self, rules: &str) {
        let settings = self.estate.settings(&self.office.scene, rules);
        self.office.app.adopt(settings).await.unwrap();
    }

    pub fn dn(&self, sam: &str) -> String {
        let person = self.office.scene.person(&format!("ways.{sam}"));
        person["dn"].as_str().unwrap().to_owned()
    }

    pub fn group(&self, name: &str) -> String {
        format!("CN={name},{}", self.estate.place("Groups"))
    }

    pub async fn join(&mut self, sam: &str, group: &str) {
        let (dn, group) = (self.dn(sam), self.group(group));
        self.estate.join(&dn, &group).await;
    }

    /// Makes somebody more.
    pub async fn person(&mut self, sam: &str, ou: &str) -> String {
        let scene = &mut self.office.scene;
        self.estate.person(scene, &format!("ways.{sam}"), ou).await
    }

    /// Makes somebody more, under this very name.
    pub async fn person_at(&mut self, sam: &str, dn: &str) {
        let scene = &mut self.office.scene;
        self.estate
            .person_at(scene, &format!("ways.{sam}"), dn)
            .await;
    }

    /// Makes somebody the manager of somebody.
    pub async fn report(&mut self, who: &str, manager: &str) {
        let (who, manager) = (self.dn(who), self.dn(manager));
        self.estate.report(&who, &manager).await;
    }

    pub async fn signed_in(&self, sam: &str) -> Session {
        self.office.signed_in(&format!("ways.{sam}")).await
    }

    pub async fn form(&self, session: &Session, sam: &str) -> ResetRequest {
        self.office.form(session, &format!("ways.{sam}")).await
    }

    pub fn forged(&self, sam: &str) -> ResetRequest {
        self.office.forged(&format!("ways.{sam}"))
    }

    /// Tries with a forged form; the rule, or the code of the refusal.
    pub async fn tried(&self, session: &Session, sam: &str) -> String {
        self.tried_from(session, sam, CLIENT).await
    }

    pub async fn tried_from(&self, session: &Session, sam: &str, client: Client) -> String {
        self.office
            .tried(session, &format!("ways.{sam}"), client)
            .await
    }

    /// Each of these is refused with its code, and nothing is changed.
    pub async fn refuses(&mut self, session: &Session, tries: &[(&str, &str)]) {
        for (sam, code) in tries {
            let form = self.forged(sam);
            self.refuses_form(session, form, (sam, code)).await;
        }
    }

    /// A form is refused and on record as an attempt to reset, with its code; the password stays as it was.
    pub async fn refuses_form(
        &mut self,
        session: &Session,
        form: ResetRequest,
        (sam, code): (&str, &str),
    ) {
        let before = self.password_set(sam).await;
        let from = self.office.log().await.len();
        let guid = form.target;
        let answer = self.office.app.reset_password(session, form, CLIENT).await;
        assert!(
            !matches!(answer, Ok(ResetAnswer::Done(_))),
            "{sam} was reset"
        );
        let records = self.office.log().await.split_off(from);
        let about = |record: &&Record| {
            record.entry.action == AuditAction::ResetPassword
                && record.entry.target.as_ref().map(|target| target.guid) == Some(guid)
        };
        let record = records.iter().rfind(about);
        let record =
            record.unwrap_or_else(|| panic!("{sam}: {answer:?} is on no record: {records:?}"));
        assert_eq!(
            record.entry.code.as_deref(),
            Some(code),
            "{sam}: {answer:?}"
        );
        assert_eq!(record.entry.result, Some(AuditResult::Refused), "{sam}");
        let by = record.entry.operator.as_ref().unwrap();
        assert_eq!(by.sid.as_ref(), Some(&session.operator));
        assert_eq!(
            self.password_set(sam).await,
            before,
            "{sam} has another password"
        );
    }

    /// When the password was set last, as the directory has it.
    async fn password_set(&mut self, sam: &str) -> Vec<String> {
        let who = format!("(sAMAccountName=ways.{sam})");
        let top = self.estate.top.clone();
        self.estate
            .admin
            .find(&top, &who, &["pwdLastSet"])
            .await
            .texts("pwdLastSet")
    }

    pub async fn end(self) {
        self.estate.end().await;
    }
}

pub async fn whoever_was_moved_out_of_reach_after_the_look_is_not_reset(scene: Scene) {
    let mut ways = Ways::new(scene, LEADS).await;
    let lena = ways.signed_in("lena").await;
    let form = ways.form(&lena, "alice").await;
    let (old, other) = (ways.dn("alice"), ways.estate.place("Other"));
    ways.estate
        .rename(&old, "CN=ways.alice", Some(&other))
        .await;
    ways.refuses_form(&lena, form, ("alice", "changed")).await;
    // And with a form for the account where it is now.
    let now = format!("CN=ways.alice,{other}");
    ways.estate
        .know(&mut ways.office.scene, "ways.alice", &now)
        .await;
    ways.refuses(&lena, &[("alice", "not_in_scope")]).await;
    ways.end().await;
}

pub async fn whoever_came_under_a_deny_after_the_look_is_not_reset(scene: Scene) {
    let rules = LEADS.to_owned()
        + "[[rule]]\nname = \"apart\"\neffect = \"deny\"\noperators = [\"Ways Leads\"]\ntargets = [\"Ways Apart\"]\n\
           actions = [\"reset\"]\n";
    let mut ways = Ways::new(scene, &rules).await;
    let lena = ways.signed_in("lena").await;
    let form = ways.form(&lena, "alice").await;
    ways.join("alice", "Ways Apart").await;
    ways.refuses_form(&lena, form, ("alice", "denied_by_rule"))
        .await;
    ways.end().await;
}

pub async fn whoever_became_an_operator_or_an_administrator_after_the_look_is_not_reset(
    scene: Scene,
) {
    let mut ways = Ways::new(scene, LEADS).await;
    let lena = ways.signed_in("lena").await;
    let form = ways.form(&lena, "alice").await;
    ways.join("alice", "Ways Leads").await;
    ways.refuses_form(&lena, form, ("alice", "fellow_operator"))
        .await;
    let form = ways.form(&lena, "bob").await;
    let (admins, group) = (
        "CN=Domain Admins,CN=Users,DC=example,DC=test",
        ways.group("Ways Apart"),
    );
    ways.join("bob", "Ways Apart").await;
    ways.estate.join(&group, admins).await;
    ways.refuses_form(&lena, form, ("bob", "protected_group"))
        .await;
    ways.end().await;
}

pub async fn an_operator_who_left_the_group_after_the_look_resets_nobody(scene: Scene) {
    let mut ways = Ways::new(scene, LEADS).await;
    let lena = ways.signed_in("lena").await;
    let again = ways.signed_in("lena").await;
    let form = ways.form(&lena, "alice").await;
    let (dn, group) = (ways.dn("lena"), ways.group("Ways Leads"));
    ways.estate.leave(&dn, &group).await;
    ways.refuses_form(&lena, form, ("alice", "not_operator"))
        .await;
    ways.refuses(&again, &[("bob", "not_operator")]).await;
    ways.end().await;
}

pub async fn a_form_for_one_account_is_worth_nothing_for_another(scene: Scene) {
    let mut ways = Ways::new(scene, LEADS).await;
    let lena = ways.signed_in("lena").await;
    let mut form = ways.form(&lena, "alice").await;
    form.target = ways.office.scene.guid("ways.bob");
    ways.refuses_form(&lena, form, ("bob", "changed")).await;
    let mut form = ways.form(&lena, "alice").await;
    form.target = ways.office.scene.guid("ways.otto");
    ways.refuses_form(&lena, form, ("otto", "changed")).await;
    ways.refuses(&lena, &[("otto", "not_in_scope")]).await;
    ways.end().await;
}

pub async fn a_rule_that_lets_look_or_unlock_lets_nobody_reset(scene: Scene) {
    let with = |actions: &str| format!("{LEADS}actions = [{actions}]\n");
    let mut ways = Ways::new(scene, &with("\"unlock\"")).await;
    let lena = ways.signed_in("lena").await;
    let form = ways.form(&lena, "alice").await;
    ways.refuses_form(&lena, form, ("alice", "not_allowed"))
        .await;
    ways.adopt(&with("\"view\"")).await;
    let form = ways.form(&lena, "bob").await;
    let unlock = UnlockRequest {
        target: form.target,
        reason: None,
        form_nonce: form.form_nonce,
        fingerprint: form.fingerprint.clone(),
    };
    ways.refuses_form(&lena, form, ("bob", "not_allowed")).await;
    let answer = ways.office.app.unlock_account(&lena, unlock, CLIENT).await;
    assert!(
        matches!(answer, Ok(UnlockAnswer::Refused(..))),
        "{answer:?}"
    );
    let writes = ways.office.writes_on("ways.bob").await;
    let last = &writes.last().unwrap().entry;
    assert_eq!(last.action, AuditAction::UnlockAccount);
    assert_eq!(last.code.as_deref(), Some("not_allowed"));
    ways.end().await;
}

pub async fn an_ou_that_only_looks_like_the_one_of_the_rule_is_another(scene: Scene) {
    let mut ways = Ways::new(scene, LEADS).await;
    let lena = ways.signed_in("lena").await;
    let top = ways.estate.top.clone();
    let (escaped, whole) = (
        format!("OU=Team\\,OU\\=Ways,{top}"),
        format!(
            "OU=OU\\=Team\\,{},OU=Other,{top}",
            top.replace(',', "\\,").replace('=', "\\=")
        ),
    );
    for (number, ou) in [
        format!("OU=Team,OU=Other,{top}"),
        format!("OU=XTeam,{top}"),
        format!("OU=Team X,{top}"),
        escaped,
        whole,
        // A letter that looks like the Latin one.
        format!("OU=Te\u{430}m,{top}"),
    ]
    .into_iter()
    .enumerate()
    {
        ways.estate.add(&ou, "organizationalUnit", &[]).await;
        let sam = format!("like{number}");
        ways.person_at(&sam, &format!("CN=ways.{sam},{ou}")).await;
        let guid = ways.office.scene.guid(&format!("ways.{sam}"));
        let view = ways.office.app.view(&lena, guid, CLIENT).await.unwrap();
        assert!(view.is_none(), "{ou}");
        ways.refuses(&lena, &[(&sam, "not_in_scope")]).await;
    }
    let found = ways.office.found(&lena, "ways.", CLIENT).await;
    assert_eq!(found, ["ways.alice", "ways.bob", "ways.lisa"]);
    ways.end().await;
}

pub async fn a_name_that_claims_to_be_inside_is_only_a_name(scene: Scene) {
    let mut ways = Ways::new(scene, LEADS).await;
    let lena = ways.signed_in("lena").await;
    let other = ways.estate.place("Other");
    for (sam, name) in [
        (
            "claim1",
            "CN=x\\,OU\\=Team\\,OU\\=Ways\\,DC\\=example\\,DC\\=test",
        ),
        ("claim2", "CN=OU\\3DTeam"),
        ("claim3", "CN=\\#claims\\+OU\\=Team"),
    ] {
        ways.person_at(sam, &format!("{name},{other}")).await;
        ways.refuses(&lena, &[(sam, "not_in_scope")]).await;
    }
    // Renamed by somebody who may, until it looks right.
    let otto = ways.dn("otto");
    ways.estate.rename(&otto, "CN=otto\\,OU\\=Team", None).await;
    let now = format!("CN=otto\\,OU\\=Team,{other}");
    ways.estate
        .know(&mut ways.office.scene, "ways.otto", &now)
        .await;
    let guid = ways.office.scene.guid("ways.otto");
    assert!(
        ways.office
            .app
            .view(&lena, guid, CLIENT)
            .await
            .unwrap()
            .is_none()
    );
    ways.refuses(&lena, &[("otto", "not_in_scope")]).await;
    ways.end().await;
}

/// The other side of the look-alikes: what is the same name has to match, or a deny would miss it.
pub async fn a_rule_finds_its_ou_however_it_is_written(scene: Scene) {
    let rules = LEADS.replace("OU=Team,{top}", "ou=TEAM, OU=wAYS,dc=EXAMPLE,DC=test");
    let mut ways = Ways::new(scene, &rules).await;
    let lena = ways.signed_in("lena").await;
    assert_eq!(ways.tried(&lena, "alice").await, "leads");
    let deny = "[[rule]]\nname = \"no\"\neffect = \"deny\"\noperators = [\"ways leads\"]\n\
                targets = [\"ou=\\\\54eam,ou=WAYS,DC=example,dc=TEST\"]\n";
    ways.adopt(&(rules + deny)).await;
    ways.refuses(&lena, &[("bob", "not_in_scope")]).await;
    ways.end().await;
}

pub async fn an_object_with_two_names_in_one_part_is_nowhere_else(scene: Scene) {
    let mut ways = Ways::new(scene, LEADS).await;
    let lena = ways.signed_in("lena").await;
    let other = ways.estate.place("Other");
    let two = format!("CN=ways.two+OU=Team,{other}");
    let attributes = vec![
        ("objectClass", vec![b"user".to_vec()]),
        ("sAMAccountName", vec![b"ways.two".to_vec()]),
        ("userAccountControl", vec![b"544".to_vec()]),
    ];
    // A Windows domain controller makes no such names at all.
    let made = ways.estate.admin.add(&two, attributes).await;
    if made.code == LdapResultCode::Success {
        let scene = &mut ways.office.scene;
        ways.estate.know(scene, "ways.two", &two).await;
        ways.refuses(&lena, &[("two", "not_in_scope")]).await;
    }
    // And the same part in another order, in a rule: it is no name of anything, so that the rule is not taken.
    let rules = LEADS.replace("OU=Team,{top}", "OU=Team+CN=x,{top}");
    let settings = ways.estate.settings(&ways.office.scene, &rules);
    assert!(ways.office.app.adopt(settings).await.is_err());
    assert_eq!(
        ways.tried(&lena, "alice").await,
        "leads",
        "the old rules are in force"
    );
    ways.end().await;
}

pub async fn a_deny_wins_over_however_many_rules_that_allow(scene: Scene) {
    let more: Vec<String> = ["Ways Leads", "Ways Heads", "Ways Log"]
        .iter()
        .enumerate()
        .map(|(number, group)| {
            format!("[[rule]]\nname = \"more-{number}\"\noperators = [\"{group}\"]\ntargets = [\"{{top}}\"]\n")
        })
        .collect();
    let more = more.concat();
    let deny = "[[rule]]\nname = \"a\"\neffect = \"deny\"\noperators = [\"Ways Heads\"]\ntargets = [\"own-ou\", \"Ways Apart\"]\n\
                actions = [\"reset\", \"unlock\"]\n";
    let mut ways = Ways::new(scene, &format!("{LEADS}{more}{deny}")).await;
    ways.join("lena", "Ways Heads").await;
    ways.join("alice", "Ways Apart").await;
    let lena = ways.signed_in("lena").await;
    ways.refuses(&lena, &[("alice", "denied_by_rule")]).await;
    let writes = ways.office.writes_on("ways.alice").await;
    let rule = writes.last().unwrap().entry.rule.as_deref();
    assert_eq!(rule, Some("a"), "the record names the rule that denies");
    assert_eq!(ways.tried(&lena, "bob").await, "leads");
    ways.end().await;
}

pub async fn a_deny_to_look_denies_everything(scene: Scene) {
    let rules = LEADS.to_owned()
        + "[[rule]]\nname = \"hidden\"\neffect = \"deny\"\noperators = [\"Ways Leads\"]\ntargets = [\"Ways Apart\"]\n\
           actions = [\"view\"]\n";
    let mut ways = Ways::new(scene, &rules).await;
    ways.join("alice", "Ways Apart").await;
    let lena = ways.signed_in("lena").await;
    assert_eq!(
        ways.office.found(&lena, "ways.", CLIENT).await,
        ["ways.bob", "ways.lisa"]
    );
    ways.refuses(&lena, &[("alice", "not_in_scope")]).await;
    let writes = ways.office.writes_on("ways.alice").await;
    let rule = writes.last().unwrap().entry.rule.as_deref();
    assert_eq!(
        rule,
        Some("hidden"),
        "the record names the rule that denies"
    );
    ways.end().await;
}

/// Heads may do more than leads, in the same place.
const HEADS: &str = r#"
[[rule]]
name = "heads"
operators = ["Ways Heads"]
targets = ["{top}"]
"#;

pub async fn nobody_resets_a_peer_an_auditor_or_somebody_above(scene: Scene) {
    let mut ways = Ways::new(scene, &format!("{LEADS}{HEADS}")).await;
    for (sam, groups) in [
        ("hedda", &["Ways Heads"][..]),
        ("ada", &["Ways Log"]),
        ("dora", &["Ways Leads", "Ways Log"]),
    ] {
        ways.person(sam, "Team").await;
        for group in groups {
            ways.join(sam, group).await;
        }
    }
    let lena = ways.signed_in("lena").await;
    let tries = [
        ("lisa", "fellow_operator"),
        ("hedda", "fellow_operator"),
        ("ada", "auditor"),
        ("dora", "fellow_operator"),
    ];
    ways.refuses(&lena, &tries).await;
    let hedda = ways.signed_in("hedda").await;
    ways.refuses(&hedda, &[("ada", "auditor"), ("dora", "auditor")])
        .await;
    assert_eq!(ways.tried(&hedda, "lisa").await, "heads", "she may do more");
    ways.end().await;
}

pub async fn nobody_resets_their_own_lead(scene: Scene) {
    let rules = format!(
        "{LEADS}[[rule]]\nname = \"team\"\noperators = [\"Ways Team\"]\ntargets = [\"{{top}}\"]\n\
                         except = [\"Ways Apart\"]\n"
    );
    let mut ways = Ways::new(scene, &rules).await;
    ways.report("alice", "lisa").await;
    ways.join("alice", "Ways Team").await;
    let alice = ways.signed_in("alice").await;
    // Her own rule has an exception that the leads' has not, so that it does not cover theirs.
    ways.refuses(
        &alice,
        &[("lisa", "fellow_operator"), ("lena", "fellow_operator")],
    )
    .await;
    ways.end().await;
}

pub async fn ones_own_account_is_ones_own_however_one_signed_in(scene: Scene) {
    let ways = Ways::new(scene, LEADS).await;
    for name in [
        "ways.lisa",
        "WAYS.LISA",
        "EXAMPLE\\ways.lisa",
        "ways.lisa@example.test",
        "Ways.Lisa@EXAMPLE.TEST",
    ] {
        use keyward::actions::SignInAnswer::SignedIn;
        let SignedIn { session, .. } = ways.office.try_sign_in(name, PASSWORD).await else {
            panic!("{name}")
        };
        let lisa = session;
        // Each spelling is one try of its own; the record of one and the same within a minute is counted.
        let before = ways.office.log().await;
        let form = ways.forged("lisa");
        let answer = ways.office.app.reset_password(&lisa, form, CLIENT).await;
        assert!(
            matches!(answer, Ok(ResetAnswer::Refused(..))),
            "{name}: {answer:?}"
        );
        if name == "ways.lisa" {
            let log = ways.office.log().await;
            let code = log.last().unwrap().entry.code.clone();
            assert_eq!(
                code.as_deref(),
                Some("own_account"),
                "{} {}",
                before.len(),
                log.len()
            );
        }
    }
    ways.end().await;
}

pub async fn naming_one_of_two_roles_is_not_enough(scene: Scene) {
    let desk = |names: &str| {
        format!(
            "{LEADS}{HEADS}[[rule]]\nname = \"desk\"\noperators = [\"Ways Team\"]\ntargets = [\"OU=Team,{{top}}\"]\n\
                 require_reason = true\nexcept = [\"Ways Apart\"]\nalso_operators_of = [{names}]\n"
        )
    };
    let mut ways = Ways::new(scene, &desk("\"leads\"")).await;
    ways.join("otto", "Ways Team").await;
    ways.person("dora", "Team").await;
    for group in ["Ways Leads", "Ways Log"] {
        ways.join("dora", group).await;
    }
    ways.person("hedda", "Team").await;
    for group in ["Ways Leads", "Ways Heads"] {
        ways.join("hedda", group).await;
    }
    let otto = ways.signed_in("otto").await;
    ways.refuses(
        &otto,
        &[("dora", "fellow_operator"), ("hedda", "fellow_operator")],
    )
    .await;
    assert_eq!(ways.tried(&otto, "lisa").await, "desk");
    ways.adopt(&desk("\"auditors\", \"heads\"")).await;
    // Another one of the desk: the same refusal of the same two within a minute is counted, not written again.
    ways.join("bob", "Ways Team").await;
    let bob = ways.signed_in("bob").await;
    ways.refuses(
        &bob,
        &[("dora", "fellow_operator"), ("hedda", "fellow_operator")],
    )
    .await;
    ways.adopt(&desk("\"auditors\", \"leads\"")).await;
    assert_eq!(ways.tried(&otto, "dora").await, "desk");
    ways.end().await;
}

pub async fn groups_that_go_round_in_a_circle_let_nobody_in(scene: Scene) {
    let rules =
        "[[rule]]\nname = \"round\"\noperators = [\"Ways Leads\"]\ntargets = [\"Ways Team\"]\n";
    let mut ways = Ways::new(scene, rules).await;
    let (leads, heads, team, apart) = (
        ways.group("Ways Leads"),
        ways.group("Ways Heads"),
        ways.group("Ways Team"),
        ways.group("Ways Apart"),
    );
    for (member, group) in [
        (&heads, &leads),
        (&leads, &heads),
        (&apart, &team),
        (&team, &apart),
    ] {
        ways.estate.join(member, group).await;
    }
    ways.join("alice", "Ways Apart").await;
    ways.join("otto", "Ways Heads").await;
    // Otto is a lead by way of the circle, and so is nobody else; Alice is in the team by the other one.
    let otto = ways.signed_in("otto").await;
    assert_eq!(ways.tried(&otto, "alice").await, "round");
    ways.refuses(&otto, &[("bob", "not_in_scope"), ("lisa", "not_in_scope")])
        .await;
    let nobody = ways.office.try_sign_in("ways.bob", PASSWORD).await;
    assert!(
        !matches!(nobody, keyward::actions::SignInAnswer::SignedIn { .. }),
        "{nobody:?}"
    );
    ways.end().await;
}

pub async fn an_exception_holds_for_members_by_way_of_groups(scene: Scene) {
    let rules = format!("{LEADS}except = [\"Ways Apart\", \"OU=Deep,OU=Team,{{top}}\"]\n");
    let mut ways = Ways::new(scene, LEADS).await;
    ways.estate.ou("Deep/Team").await;
    ways.estate.ou("Deeper/Deep/Team").await;
    ways.person("dina", "Deeper/Deep/Team").await;
    ways.adopt(&rules).await;
    let (outer, inner) = (ways.group("Ways Apart"), ways.group("Ways Team"));
    ways.estate.join(&inner, &outer).await;
    ways.join("alice", "Ways Team").await;
    let lena = ways.signed_in("lena").await;
    ways.refuses(
        &lena,
        &[("alice", "not_in_scope"), ("dina", "not_in_scope")],
    )
    .await;
    assert_eq!(ways.tried(&lena, "bob").await, "leads");
    ways.end().await;
}

pub async fn a_primary_group_counts_like_any_other(scene: Scene) {
    let rules = format!("{LEADS}except = [\"Ways Apart\"]\n[protect]\ngroups = [\"Ways Heads\"]\n");
    let mut ways = Ways::new(scene, &rules).await;
    for (sam, group) in [
        ("alice", "Ways Apart"),
        ("bob", "Ways Heads"),
        ("otto", "Ways Leads"),
    ] {
        ways.join(sam, group).await;
        let group = ways.group(group);
        let rid = ways.estate.sid(&group).await.rid().unwrap().to_string();
        let dn = ways.dn(sam);
        ways.estate.set(&dn, "primaryGroupID", &rid).await;
    }
    ways.person("paul", "Team").await;
    // Otto is a lead by nothing but his primary group: it gives him the right, and keeps him from other leads' hands.
    let otto = ways.signed_in("otto").await;
    ways.refuses(
        &otto,
        &[
            ("alice", "not_in_scope"),
            ("bob", "protected_group"),
            ("lisa", "fellow_operator"),
        ],
    )
    .await;
    assert_eq!(ways.tried(&otto, "paul").await, "leads");
    let team = ways.estate.place("Team");
    let dn = ways.dn("otto");
    ways.estate.rename(&dn, "CN=ways.otto", Some(&team)).await;
    ways.estate
        .know(
            &mut ways.office.scene,
            "ways.otto",
            &format!("CN=ways.otto,{team}"),
        )
        .await;
    let lena = ways.signed_in("lena").await;
    ways.refuses(&lena, &[("otto", "fellow_operator")]).await;
    ways.end().await;
}

pub async fn a_network_is_left_by_no_spelling_of_an_address(scene: Scene) {
    let rules = format!("{LEADS}networks = [\"192.0.2.0/28\", \"2001:db8::/64\"]\n");
    let ways = Ways::new(scene, &rules).await;
    let lena = ways.signed_in("lena").await;
    for (from, sam, expected) in [
        ("192.0.2.15", "alice", "leads"),
        ("::ffff:192.0.2.7", "alice", "leads"),
        ("2001:db8::ffff", "alice", "leads"),
        ("192.0.2.16", "alice", "other_network"),
        ("::ffff:192.0.2.16", "bob", "other_network"),
    ] {
        let client = Client {
            address: from.parse().unwrap(),
        };
        assert_eq!(
            ways.tried_from(&lena, sam, client).await,
            expected,
            "{from}"
        );
    }
    // What only looks like one of them: as it would be written without the mapping, and as a part of another.
    let lars = ways.signed_in("lars").await;
    for (from, sam) in [("::192.0.2.7", "alice"), ("2001:db8:0:1::c000:207", "bob")] {
        let client = Client {
            address: from.parse().unwrap(),
        };
        assert_eq!(
            ways.tried_from(&lars, sam, client).await,
            "other_network",
            "{from}"
        );
    }
    ways.end().await;
}

/// Managers help their teams.
const LINES: &str = r#"
[[rule]]
name = "lines"
operators = ["Ways Leads"]
targets = ["reports"]
"#;

pub async fn whoever_is_their_own_manager_gains_nothing(scene: Scene) {
    let mut ways = Ways::new(scene, LINES).await;
    ways.report("lisa", "lisa").await;
    ways.report("alice", "alice").await;
    let lisa = ways.signed_in("lisa").await;
    ways.refuses(&lisa, &[("lisa", "own_account"), ("alice", "not_in_scope")])
        .await;
    let direct = LINES.replace("\"reports\"", "\"direct-reports\"");
    ways.adopt(&direct).await;
    let lisa = ways.signed_in("lisa").await;
    ways.refuses(&lisa, &[("bob", "not_in_scope")]).await;
    ways.end().await;
}

pub async fn managers_in_a_circle_are_peers(scene: Scene) {
    let mut ways = Ways::new(scene, LINES).await;
    // Whose line goes round is above everybody in it, and everybody above them: so nobody may do more.
    for (who, manager) in [
        ("lisa", "lars"),
        ("lars", "lena"),
        ("lena", "lisa"),
        ("alice", "lars"),
    ] {
        ways.report(who, manager).await;
    }
    for (operator, tries) in [
        (
            "lisa",
            [("lars", "fellow_operator"), ("lena", "fellow_operator")],
        ),
        (
            "lars",
            [("lisa", "fellow_operator"), ("lena", "fellow_operator")],
        ),
    ] {
        let session = ways.signed_in(operator).await;
        ways.refuses(&session, &tries).await;
    }
    let lena = ways.signed_in("lena").await;
    assert_eq!(ways.tried(&lena, "alice").await, "lines");
    ways.end().await;
}

pub async fn a_line_of_managers_leads_thirty_steps_and_no_further(scene: Scene) {
    let mut ways = Ways::new(scene, LINES).await;
    let mut above = ways.dn("lena");
    for step in 1..=29 {
        let dn = ways
            .estate
            .extra(&format!("ways.step{step:02}"), "Other", 0)
            .await;
        ways.estate.report(&dn, &above).await;
        above = dn;
    }
    let (thirty, further) = (ways.dn("alice"), ways.dn("bob"));
    ways.estate.report(&thirty, &above).await;
    ways.estate.report(&further, &thirty).await;
    let lena = ways.signed_in("lena").await;
    ways.refuses(&lena, &[("bob", "not_in_scope")]).await;
    let found = ways.office.found(&lena, "ways.", CLIENT).await;
    assert_eq!(
        (found.len(), found.contains(&"ways.bob".to_owned())),
        (30, false)
    );
    assert_eq!(ways.tried(&lena, "alice").await, "lines");
    // A rule that denies takes whom nobody can tell for one of them.
    let deny = LEADS.replace("[audit]\nauditors = [\"Ways Log\"]\n", "");
    let deny = format!(
        "{deny}[[rule]]\nname = \"no\"\neffect = \"deny\"\noperators = [\"Ways Leads\"]\ntargets = [\"reports\"]\n\
                        actions = [\"reset\"]\n"
    );
    ways.adopt(&deny).await;
    let lars = ways.signed_in("lars").await;
    ways.refuses(&lars, &[("bob", "denied_by_rule")]).await;
    ways.end().await;
}

pub async fn an_operator_out_of_action_resets_nobody(scene: Scene) {
    let mut ways = Ways::new(scene, LEADS).await;
    for (number, (attribute, value, code)) in [
        ("userAccountControl", "514", "operator_disabled"),
        ("accountExpires", "132000000000000000", "operator_expired"),
        ("pwdLastSet", "0", "operator_must_change_password"),
    ]
    .into_iter()
    .enumerate()
    {
        let sam = format!("spare{number}");
        let dn = ways.person(&sam, "Leads").await;
        ways.join(&sam, "Ways Leads").await;
        let session = ways.signed_in(&sam).await;
        let form = ways.form(&session, "alice").await;
        ways.estate.set(&dn, attribute, value).await;
        ways.refuses_form(&session, form, ("alice", code)).await;
    }
    ways.end().await;
}

pub async fn what_is_typed_where_nothing_may_be_typed_is_not_taken(scene: Scene) {
    let ways = Ways::new(scene, LEADS).await;
    let lena = ways.signed_in("lena").await;
    let mut form = ways.forged("alice");
    form.password = Some(SecretString::from("Chosen-By-Lena-4711"));
    let answer = ways.office.app.reset_password(&lena, form, CLIENT).await;
    assert!(matches!(answer, Ok(ResetAnswer::NotTyped)), "{answer:?}");
    assert_ne!(
        ways.office.bind("ways.alice", "Chosen-By-Lena-4711").await,
        keyward::directory::BindVerdict::Refused(
            keyward::directory::BindRefusal::MustChangePassword
        )
    );
    let writes = ways.office.writes_on("ways.alice").await;
    assert_eq!(
        writes.last().unwrap().entry.code.as_deref(),
        Some("not_typed")
    );
    ways.end().await;
}

pub async fn a_reason_that_was_asked_for_cannot_be_left_out(scene: Scene) {
    let rules = format!("{LEADS}require_reason = true\nreason_pattern = \"INC[0-9]{{4}}\"\n");
    let ways = Ways::new(scene, &rules).await;
    let lena = ways.signed_in("lena").await;
    for (reason, expected) in [
        (None, UnfitReason::Missing),
        (Some(""), UnfitReason::Pattern),
        (Some("see INC1234 and more"), UnfitReason::Pattern),
        (Some("INC1234\nINC1234"), UnfitReason::Pattern),
        (
            Some("INC\u{661}\u{662}\u{663}\u{664}"),
            UnfitReason::Pattern,
        ),
    ] {
        let mut form = ways.forged("alice");
        form.reason = reason.map(str::to_owned);
        let answer = ways.office.app.reset_password(&lena, form, CLIENT).await;
        let unfit = matches!(&answer, Ok(ResetAnswer::Reason(why)) if *why == expected);
        assert!(unfit, "{reason:?}: {answer:?}");
    }
    let log = ways.office.writes_on("ways.alice").await;
    let tried = log.iter().filter(|r| r.entry.phase != Phase::Event).count();
    assert_eq!(tried, 0, "the form comes again, nothing was tried");
    let mut codes: Vec<_> = log.iter().map(|r| r.entry.code.as_deref()).collect();
    codes.dedup();
    assert_eq!(codes, [Some("reason_missing"), Some("reason_unfit")]);
    ways.end().await;
}

pub async fn a_rule_that_is_gone_from_the_settings_allows_nothing_more(scene: Scene) {
    let mut ways = Ways::new(scene, &format!("{LEADS}{HEADS}")).await;
    ways.join("otto", "Ways Heads").await;
    ways.join("otto", "Ways Leads").await;
    let (lena, otto) = (ways.signed_in("lena").await, ways.signed_in("otto").await);
    let (hers, his) = (
        ways.form(&lena, "alice").await,
        ways.form(&otto, "alice").await,
    );
    // Heads stay, and help other people now; leads are gone.
    let left = HEADS.replace("\"{top}\"", "\"OU=Leads,{top}\"");
    ways.adopt(&left).await;
    ways.refuses_form(&otto, his, ("alice", "not_in_scope"))
        .await;
    ways.refuses_form(&lena, hers, ("alice", "not_operator"))
        .await;
    ways.end().await;
}

pub async fn a_group_made_anew_under_the_old_name_is_another_group(scene: Scene) {
    let rules = LEADS.replace("OU=Team,{top}", "Ways Team");
    let mut ways = Ways::new(scene, &rules).await;
    ways.join("alice", "Ways Team").await;
    let lena = ways.signed_in("lena").await;
    let form = ways.form(&lena, "alice").await;
    for group in ["Ways Team", "Ways Leads"] {
        let dn = ways.group(group);
        let gone = ways.estate.admin.delete(&dn).await;
        assert_eq!(gone.code, LdapResultCode::Success, "{}", gone.message);
        ways.estate.group(group, "Groups").await;
    }
    ways.refuses_form(&lena, form, ("alice", "not_operator"))
        .await;
    // Somebody is put into the new group of leads, and nobody into the new team.
    ways.adopt(&rules).await;
    ways.join("otto", "Ways Leads").await;
    let otto = ways.signed_in("otto").await;
    ways.refuses(&otto, &[("alice", "not_in_scope"), ("bob", "not_in_scope")])
        .await;
    ways.end().await;
}

pub async fn an_operator_made_anew_under_the_old_name_is_somebody_else(scene: Scene) {
    let mut ways = Ways::new(scene, LEADS).await;
    let lena = ways.signed_in("lena").await;
    let form = ways.form(&lena, "alice").await;
    let dn = ways.dn("lena");
    let gone = ways.estate.admin.delete(&dn).await;
    assert_eq!(gone.code, LdapResultCode::Success, "{}", gone.message);
    ways.person("lena", "Leads").await;
    ways.join("lena", "Ways Leads").await;
    ways.refuses_form(&lena, form, ("alice", "operator_gone"))
        .await;
    let again = ways
        .office
        .app
        .find(&lena, &"ways.".parse().unwrap(), CLIENT)
        .await;
    assert!(
        matches!(again, Err(ActionError::SessionEnded(_))),
        "{again:?}"
    );
    ways.end().await;
}
