//! Managers, heads of departments, HR and the board.

use super::*;

const PEOPLE: &[Person] = &[
    ("helga", "People", &["Department Heads"]),
    ("hektor", "People", &["Department Heads"]),
    ("max", "People", &["Team Managers"]),
    ("moritz", "People", &["Team Managers"]),
    ("mia", "People", &[]),
    ("milo", "People", &[]),
    ("nora", "People", &[]),
    ("boris", "People", &["Board"]),
    ("bella", "People", &["Board"]),
    ("hanna", "People", &["HR Desk"]),
    ("hugo", "People", &["HR Desk"]),
    ("ada", "People", &["Auditors"]),
    ("both", "People", &["Team Managers", "Auditors"]),
];

pub async fn the_managers_of_the_docs_help_whom_their_line_leads_to(mut scene: Scene) {
    let mut estate = Estate::new(&scene, "Firm").await;
    let names = [
        "Team Managers",
        "Department Heads",
        "HR Desk",
        "Board",
        "Auditors",
    ];
    groups(&mut estate, &names).await;
    estate.ou("People").await;
    people(&mut estate, &mut scene, "firm.", PEOPLE).await;
    let dn = {
        let people = estate.place("People");
        move |name: &str| format!("CN=firm.{name},{people}")
    };
    for (who, manager) in [
        ("max", "helga"),
        ("moritz", "helga"),
        ("mia", "max"),
        ("milo", "max"),
        ("nora", "moritz"),
        // By mistake.
        ("bella", "helga"),
        ("helga", "boris"),
    ] {
        estate.report(&dn(who), &dn(manager)).await;
    }
    let actions = settings("managers.toml", &scene);
    let office = Office::with(scene, |all| *all = actions).await;
    let table = "
        max:    mia=team milo=team nora=not_in_scope helga=not_in_scope moritz=not_in_scope max=not_in_scope
        moritz: nora=team mia=not_in_scope
        hektor: mia=not_in_scope max=not_in_scope
        helga:  mia=department nora=department milo=department bella=denied_by_rule boris=not_in_scope \
                moritz=department max=department
        hanna:  mia=hr nora=hr milo=hr boris=not_in_scope bella=not_in_scope hanna=own_account \
                hugo=fellow_operator ada=auditor both=fellow_operator max=hr moritz=hr helga=hr hektor=hr
    ";
    hold(&office, "firm.", CLIENT, table).await;

    hr_gives_the_number_of_a_ticket_and_types_nothing(&office).await;
    Box::pin(whoever_gets_another_manager_is_theirs_to_help(
        office.scene,
        estate,
    ))
    .await;
}

async fn hr_gives_the_number_of_a_ticket_and_types_nothing(office: &Office) {
    let session = office.signed_in("firm.hanna").await;
    for (reason, expected) in [
        (None, UnfitReason::Missing),
        (Some("she asked for it"), UnfitReason::Pattern),
        (Some("see HR-20417"), UnfitReason::Pattern),
    ] {
        let mut form = office.forged("firm.mia");
        form.reason = reason.map(str::to_owned);
        let answer = office.app.reset_password(&session, form, CLIENT).await;
        assert!(
            matches!(&answer, Ok(ResetAnswer::Reason(why)) if *why == expected),
            "{answer:?}"
        );
    }
    let mut form = office.forged("firm.mia");
    form.password = Some(SecretString::from("Chosen-By-Hanna-77"));
    let answer = office.app.reset_password(&session, form, CLIENT).await;
    assert!(matches!(answer, Ok(ResetAnswer::NotTyped)), "{answer:?}");
}

async fn whoever_gets_another_manager_is_theirs_to_help(mut scene: Scene, mut estate: Estate) {
    let people = estate.place("People");
    let dn = |name: &str| format!("CN=firm.{name},{people}");
    // Both teams get another manager, who types a password; it must be changed though the form says nothing of it.
    estate.person(&mut scene, "firm.mona", "People").await;
    let managers = format!("CN=Team Managers,{}", estate.place("Groups"));
    estate.join(&dn("mona"), &managers).await;
    estate.report(&dn("mia"), &dn("mona")).await;
    let actions = settings("managers.toml", &scene);
    let office = Office::with(scene, |all| *all = actions).await;
    let session = office.signed_in("firm.mona").await;
    assert_eq!(office.found(&session, "firm.", CLIENT).await, ["firm.mia"]);
    assert_eq!(
        office.tried(&session, "firm.milo", CLIENT).await,
        "not_in_scope"
    );
    let mut form = office.forged("firm.mia");
    form.password = Some(SecretString::from("Chosen-By-Mona-4711"));
    crate::support::secrets::know("a typed password", "Chosen-By-Mona-4711");
    form.must_change = false;
    let answer = office.app.reset_password(&session, form, CLIENT).await;
    assert!(matches!(answer, Ok(ResetAnswer::Done(_))), "{answer:?}");
    assert!(
        office
            .is_temporary_password("firm.mia", "Chosen-By-Mona-4711")
            .await
    );
    estate.end().await;
}
