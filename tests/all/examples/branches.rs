//! Two hundred branches, each with its lead, and the help desk of the head office.

use super::*;

const PEOPLE: &[Person] = &[
    ("lead.001", "Branch 001/Branches", &["Branch Leads"]),
    ("lead.002", "Branch 002/Branches", &["Branch Leads"]),
    ("lead.200", "Branch 200/Branches", &["Branch Leads"]),
    ("anna", "Branch 001/Branches", &[]),
    ("till", "Tills/Branch 001/Branches", &[]),
    ("cara", "Branch 001/Branches", &["Cash Couriers"]),
    ("wim", "Branch 001/Branches", &["Works Council"]),
    ("bert", "Branch 002/Branches", &[]),
    ("ben", "Branch 002/Branches", &[]),
    ("bea", "Branch 002/Branches", &[]),
    ("bob", "Branch 002/Branches", &[]),
    ("bill", "Branch 002/Branches", &[]),
    ("bess", "Branch 002/Branches", &[]),
    ("pat", "Branch 200/Branches", &[]),
    ("hugo", "Head Office", &["Head Office Help Desk"]),
    ("hilde", "Head Office", &["Head Office Help Desk"]),
];

const BRANCHES: usize = 200;

pub async fn the_branches_of_the_docs_let_each_lead_help_their_own_branch(mut scene: Scene) {
    let mut estate = Estate::new(&scene, "Company").await;
    let names = [
        "Branch Leads",
        "Head Office Help Desk",
        "Cash Couriers",
        "Works Council",
        "Auditors",
    ];
    groups(&mut estate, &names).await;
    two_hundred(&mut estate).await;
    people(&mut estate, &mut scene, "co.", PEOPLE).await;
    let actions = settings("branches.toml", &scene);
    let office = Office::with(scene, |all| *all = actions).await;

    all_leads_reach_their_own_branch_and_no_other(&office, &mut estate).await;
    let table = "
        lead.001: anna=branches till=branches wim=branches lead.001=own_account cara=not_in_scope bert=not_in_scope \
                  lead.002=not_in_scope hugo=not_in_scope
        lead.200: pat=branches lead.200=own_account lead.001=not_in_scope
    ";
    hold(&office, "co.", CLIENT, table).await;
    let from_elsewhere = office.signed_in("co.hugo").await;
    assert_eq!(
        office.tried(&from_elsewhere, "co.anna", CLIENT).await,
        "other_network"
    );
    let table = "
        hugo: anna=head-office cara=head-office bert=head-office ben=head-office bea=head-office bob=head-office \
              bill=head-office bess=head-office till=head-office lead.001=head-office wim=not_in_scope \
              lead.002=head-office pat=not_in_scope lead.200=not_in_scope hilde=not_in_scope hugo=not_in_scope
    ";
    // Lead 002 is needed below.
    let table = table.replace("lead.002=head-office ", "");
    let found = office.found(&from_elsewhere, "co.", HEAD_OFFICE).await;
    assert!(found.contains(&"co.lead.002".to_owned()));
    hold_tries(&office, &from_elsewhere, &table).await;

    whoever_resets_six_people_within_the_hour_is_frozen(&office).await;
    the_same_person_again_needs_a_reason_and_a_lead_may_move(&office, &mut estate).await;
    estate.end().await;
}

async fn whoever_resets_six_people_within_the_hour_is_frozen(office: &Office) {
    // Whoever resets six people within the hour is frozen, and stays so.
    let session = office.signed_in("co.lead.002").await;
    for sam in ["bert", "ben", "bea", "bob", "bill"] {
        let sam = format!("co.{sam}");
        assert_eq!(office.tried(&session, &sam, CLIENT).await, "branches");
    }
    assert_eq!(
        office.tried(&session, "co.bess", CLIENT).await,
        "resets_per_hour"
    );
    assert_eq!(office.tried(&session, "co.bess", CLIENT).await, "frozen");
    let log = office.log().await;
    let has = |action: AuditAction| log.iter().any(|record| record.entry.action == action);
    assert!(has(AuditAction::OperatorFrozen) && has(AuditAction::ResetBurst));
}

async fn the_same_person_again_needs_a_reason_and_a_lead_may_move(
    office: &Office,
    estate: &mut Estate,
) {
    // The same person again within half an hour: not without a reason.
    let session = office.signed_in("co.lead.200").await;
    let mut form = office.forged("co.pat");
    form.reason = None;
    let answer = office.app.reset_password(&session, form, CLIENT).await;
    assert!(
        matches!(answer, Ok(ResetAnswer::Reason(UnfitReason::Again))),
        "{answer:?}"
    );

    // A lead who moves to another branch helps the people there, and the old ones no more.
    let elsewhere = estate.place("Branch 003/Branches");
    let old = format!("CN=co.lead.200,{}", estate.place("Branch 200/Branches"));
    estate
        .rename(&old, "CN=co.lead.200", Some(&elsewhere))
        .await;
    assert_eq!(
        office.tried(&session, "co.pat", CLIENT).await,
        "not_in_scope"
    );
    assert_eq!(office.found(&session, "crew.", CLIENT).await, ["crew.003"]);
}

/// The branches, their crews and most of their leads.
async fn two_hundred(estate: &mut Estate) {
    estate.ou("Head Office").await;
    estate.ou("Branches").await;
    let leads = format!("CN=Branch Leads,{}", estate.place("Groups"));
    for number in 1..=BRANCHES {
        let branch = format!("Branch {number:03}/Branches");
        estate.ou(&branch).await;
        estate.extra(&format!("crew.{number:03}"), &branch, 0).await;
        if ![1, 2, 200].contains(&number) {
            let lead = estate.extra(&format!("lead.{number:03}"), &branch, 0).await;
            estate.join(&lead, &leads).await;
        }
    }
    estate.ou("Tills/Branch 001/Branches").await;
}

async fn hold_tries(office: &Office, session: &Session, table: &str) {
    for one in table.split_whitespace().filter(|one| one.contains('=')) {
        let (sam, outcome) = one.split_once('=').unwrap();
        let found = office
            .tried(session, &format!("co.{sam}"), HEAD_OFFICE)
            .await;
        assert_eq!(found, outcome, "{sam}");
    }
}

/// The decision for each lead and everybody, as the directory has them.
async fn all_leads_reach_their_own_branch_and_no_other(office: &Office, estate: &mut Estate) {
    let directory = &office.app.directory;
    let ground = directory
        .ground(&office.app.settings().rules)
        .await
        .unwrap();
    let groups = Arc::new(directory.groups().await.unwrap());
    let mut roster = directory.people(&ground.scope, groups).await.unwrap();
    let mut everybody = Vec::new();
    while let Some(page) = roster.next().await.unwrap() {
        everybody.extend(page);
    }
    assert!(everybody.len() > 2 * BRANCHES);
    let now: Timestamp = Clock::system().now();
    for number in 1..=BRANCHES {
        let home = estate
            .place(&format!("Branch {number:03}/Branches"))
            .parse()
            .unwrap();
        let is_lead = |sam: &str| sam.ends_with(&format!("lead.{number:03}"));
        let lead = everybody.iter().find(|one| is_lead(&one.sam)).unwrap();
        let mut lead = directory.operator(&lead.sid).await.unwrap().unwrap();
        // Those who have no password could not sign in, and so could do nothing.
        lead.password_last_set = Filetime::from_timestamp(now);
        lead.flags = AccountFlags(0x200);
        let grounds = Grounds {
            scope: &ground.scope,
            rules: &ground.rules,
            auditors: &ground.auditors,
            protection: &ground.protection,
            rights: &LeastPrivilege::Proven { at: now },
            done: &Done::default(),
            occasion: Occasion {
                at: Some(now),
                from: Some(CLIENT.address),
                house: &ground.house,
            },
            now,
        };
        for account in &everybody {
            let is_theirs = account.dn.is_below(&home) && account.sam != "co.cara";
            let decision = decide(Action::ResetPassword, &lead, account, &grounds);
            let expected = is_theirs && account.sid != lead.sid;
            assert_eq!(
                decision.is_ok(),
                expected,
                "{} {} {decision:?}",
                lead.sam,
                account.sam
            );
            let seen = decide(Action::View, &lead, account, &grounds);
            assert_eq!(seen.is_ok(), is_theirs, "{} {}", lead.sam, account.sam);
        }
    }
}
