//! Teachers, their classes, the help desk and the office.

use super::*;

const PEOPLE: &[Person] = &[
    ("tina", "Staff", &["Teachers 5a"]),
    ("toby", "Staff", &["Teachers 5a", "Teachers 5b"]),
    ("tess", "Staff", &["Teachers 6a"]),
    ("hal", "Staff", &["School Help Desk"]),
    ("olive", "Staff", &["School Office"]),
    ("oscar", "Staff", &["School Office"]),
    ("ada", "Staff", &["School Board"]),
    ("pia", "Pupils", &["Class 5a"]),
    ("paul", "Pupils", &["Class 5a", "Exam Class"]),
    ("piet", "Pupils", &["Class 5b"]),
    ("pola", "Pupils", &["Class 6a"]),
    // A pupil who teaches the small ones.
    ("tim", "Pupils", &["Class 6a", "Teachers 5a"]),
];

pub async fn the_school_of_the_docs_lets_teachers_help_their_own_classes(mut scene: Scene) {
    let mut estate = Estate::new(&scene, "School").await;
    let names = [
        "Class 5a",
        "Class 5b",
        "Class 6a",
        "Exam Class",
        "Teachers 5a",
        "Teachers 5b",
        "Teachers 6a",
        "School Help Desk",
        "School Office",
        "School Board",
    ];
    groups(&mut estate, &names).await;
    estate.ou("Pupils").await;
    estate.ou("Staff").await;
    people(&mut estate, &mut scene, "school.", PEOPLE).await;
    let actions = settings("school.toml", &scene);
    let office = {
        let actions = actions.clone();
        Office::on_clock(scene, clock_on(Weekday::Wednesday), |all| *all = actions).await
    };
    let table = "
        tina: pia=teachers-5a paul=denied_by_rule piet=not_in_scope hal=not_in_scope
        toby: pia=teachers-5a piet=teachers-5b paul=denied_by_rule pola=not_in_scope
        tess: pola=teachers-6a tim=fellow_operator pia=not_in_scope
        tim:  pia=teachers-5a paul=denied_by_rule pola=not_in_scope tina=not_in_scope
        hal:  pia=help-desk piet=help-desk pola=help-desk paul=denied_by_rule tim=fellow_operator tina=not_in_scope
        olive: oscar=fellow_operator olive=own_account ada=auditor pia=not_in_scope tina=office toby=office \
               tess=office hal=office
    ";
    hold(&office, "school.", CLIENT, table).await;

    the_exam_keeps_nobody_from_looking_or_unlocking(&office).await;
    Box::pin(on_sunday_the_help_desk_alone_helps(
        office.scene,
        estate,
        actions,
    ))
    .await;
}

async fn the_exam_keeps_nobody_from_looking_or_unlocking(office: &Office) {
    let session = office.signed_in("school.oscar").await;
    let reset = office.tried(&session, "school.olive", CLIENT).await;
    assert_eq!(reset, "fellow_operator");
    // Tina's password is another by now, and she has to sign in elsewhere first: Tim teaches class 5a as she does.
    let session = office.signed_in("school.tim").await;
    let paul = office.scene.guid("school.paul");
    let view = office
        .app
        .view(&session, paul, CLIENT)
        .await
        .unwrap()
        .unwrap();
    let denied = Refusal::ByRules(ByRules::Denied);
    assert_eq!(view.reset.err(), Some(denied));
    let not_locked = Refusal::WouldNotHelp(Obstacle::NotLocked);
    assert_eq!(view.unlock.err(), Some(not_locked), "the rules allow it");
}

async fn on_sunday_the_help_desk_alone_helps(
    mut scene: Scene,
    mut estate: Estate,
    actions: ActionSettings,
) {
    // On Sunday no teacher sees anybody; somebody of the help desk does.
    estate.person(&mut scene, "school.hugo", "Staff").await;
    let desk = format!("CN=School Help Desk,{}", estate.place("Groups"));
    let hugo = format!("CN=school.hugo,{}", estate.place("Staff"));
    estate.join(&hugo, &desk).await;
    let office = Office::on_clock(scene, clock_on(Weekday::Sunday), |all| *all = actions).await;
    let session = office.signed_in("school.tim").await;
    assert!(office.found(&session, "school.", CLIENT).await.is_empty());
    let pia = office.scene.guid("school.pia");
    let view = office.app.view(&session, pia, CLIENT).await;
    let asleep = Refusal::ByRules(ByRules::OutsideHours);
    assert!(
        matches!(&view, Err(ActionError::Refused(why)) if *why == asleep),
        "{view:?}"
    );
    assert_eq!(
        office.tried(&session, "school.pia", CLIENT).await,
        "outside_hours"
    );
    let session = office.signed_in("school.hugo").await;
    assert_eq!(
        office.tried(&session, "school.pia", CLIENT).await,
        "help-desk"
    );
    let mut form = office.forged("school.pola");
    form.reason = None;
    let answer = office.app.reset_password(&session, form, CLIENT).await;
    assert!(
        matches!(answer, Ok(ResetAnswer::Reason(UnfitReason::Missing))),
        "{answer:?}"
    );
    estate.end().await;
}
