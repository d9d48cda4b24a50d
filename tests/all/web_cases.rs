//! The main job through the web, over any directory: each case runs against Samba, and against the
//! embedded directory. The people of a real domain are shared, so each case has its own.

use std::time::{Duration, Instant};

use keyward::directory::{BindRefusal, BindVerdict};
use keyward::domain::least_privilege::LeastPrivilege;
use secrecy::SecretString;

use crate::support::browser::{Answer, Browser};
use crate::support::directory::Scene;
use crate::support::service::Service;

/// Makes a module with one test for each case, over `$scene`.
macro_rules! web_cases {
    ($scene:expr => $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            crate::web_cases::$case(&$scene).await;
        })+
    };
    ($scene:expr) => {
        crate::web_cases::web_cases! { $scene =>
            from_a_signed_in_page_to_a_done_reset_in_three_interactions,
            a_form_works_once_however_often_it_is_sent,
            a_locked_person_is_unlocked_and_the_page_says_so,
            several_people_are_listed_and_results_come_alone_for_typing,
            whoever_may_not_be_helped_is_not_there_or_refused,
            a_refused_sign_in_says_the_same_for_every_reason_but_those_of_a_right_password,
            names_from_the_directory_stay_text,
            an_auditor_sees_the_log_and_helps_nobody,
            an_operator_sees_the_log_only_as_a_member_of_the_auditors_too,
        }
    };
}
pub(crate) use web_cases;

/// The address of a person's page.
pub fn address(scene: &Scene, sam: &str) -> String {
    format!("/accounts/{}", scene.guid(sam))
}

/// How many passwords the directory has given this person.
pub async fn version(scene: &Scene, sam: &str) -> u32 {
    let account = scene.account(&scene.directory(), sam).await;
    account
        .password_version
        .expect("the metadata are readable")
        .version
}

/// Opens the page and sends its reset form.
pub async fn reset(browser: &mut Browser, account: &str) -> Answer {
    let action = format!("{account}/reset");
    browser
        .submit(account, &action, &[("must_change", "on")])
        .await
}

/// The password on the page that shows it once.
pub fn shown_password(answer: &Answer) -> String {
    answer.shown_password().expect("a password is shown")
}

/// What the directory says to this password.
pub async fn verdict(scene: &Scene, sam: &str, password: &str) -> BindVerdict {
    let directory = scene.directory();
    let who = scene.operator(&directory, sam).await;
    let prepared = directory.prepare_sign_in();
    let password = SecretString::from(password);
    directory
        .verify_password(prepared, &who, &password)
        .await
        .unwrap()
}

pub async fn from_a_signed_in_page_to_a_done_reset_in_three_interactions(scene: &Scene) {
    let service = Service::over(scene).await;
    let mut lena = service.sign_in(scene, "lead.lena").await;
    let (sam, name) = ("target.31", "Vera Kresse");
    let page = address(scene, sam);
    assert_eq!(
        lena.get(&format!("/?q={sam}")).await.location(),
        page,
        "a single hit opens at once"
    );
    let before = version(scene, sam).await;
    assert!(lena.get(&page).await.body.contains(name));
    let done = reset(&mut lena, &page).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(done.header("cache-control"), Some("no-store"));
    assert_eq!(version(scene, sam).await, before + 1);
    let new = shown_password(&done);
    let must_change = BindVerdict::Refused(BindRefusal::MustChangePassword);
    assert_eq!(verdict(scene, sam, &new).await, must_change, "{new}");
    let wrong = BindVerdict::Refused(BindRefusal::WrongNameOrPassword);
    assert_eq!(verdict(scene, sam, "Start-Pass-123!").await, wrong);
}

pub async fn a_form_works_once_however_often_it_is_sent(scene: &Scene) {
    let service = Service::over(scene).await;
    let mut lena = service.sign_in(scene, "lead.direct").await;
    let sam = "target.32";
    let before = version(scene, sam).await;
    let page = address(scene, sam);
    let action = format!("{page}/reset");
    let csrf = lena.get(&page).await.csrf(&action);
    let copies: Vec<_> = (0..20)
        .map(|_| {
            let (mut lena, action, csrf) = (lena.clone(), action.clone(), csrf.clone());
            tokio::spawn(async move { lena.post(&action, &[("csrf", &csrf)]).await.status })
        })
        .collect();
    let mut answers = Vec::new();
    for copy in copies {
        answers.push(copy.await.unwrap());
    }
    assert_eq!(
        answers.iter().filter(|status| **status == 200).count(),
        1,
        "{answers:?}"
    );
    assert!(
        answers
            .iter()
            .all(|status| [200, 409, 503].contains(status)),
        "{answers:?}"
    );
    assert_eq!(lena.post(&action, &[("csrf", &csrf)]).await.status, 409);
    assert_eq!(version(scene, sam).await, before + 1);
}

pub async fn a_locked_person_is_unlocked_and_the_page_says_so(scene: &Scene) {
    let sam = "target.33";
    let mut wrong = 0;
    while !scene.account(&scene.directory(), sam).await.flags.locked() {
        verdict(scene, sam, "certainly wrong").await;
        wrong += 1;
        assert!(wrong < 20, "the domain locks after so many");
    }
    let service = Service::over(scene).await;
    // The first page waits three seconds for the first proof, which a busy machine may need.
    let began = Instant::now();
    while service.app.rights() == LeastPrivilege::NotProvenYet {
        assert!(began.elapsed() < Duration::from_secs(30), "no proof");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut lena = service.sign_in(scene, "lead.lena").await;
    let page = address(scene, sam);
    let answer = lena.submit(&page, &format!("{page}/unlock"), &[]).await;
    assert_eq!(answer.location(), page);
    let shown = lena.get(&page).await;
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains("unlocked"), "{}", shown.text());
    let again = lena.get(&page).await;
    assert_ne!(again.text(), shown.text(), "news is told once");
    assert!(
        !shown.body.contains(&format!("{page}/unlock")),
        "nothing is left to unlock"
    );
    assert!(!scene.account(&scene.directory(), sam).await.flags.locked());
}

pub async fn several_people_are_listed_and_results_come_alone_for_typing(scene: &Scene) {
    let service = Service::over(scene).await;
    let mut lena = service.sign_in(scene, "lead.lena").await;
    let page = lena.get("/?q=chris").await;
    assert_eq!(page.status, 200);
    for sam in ["chris.sales", "chris.production"] {
        assert!(page.body.contains(&address(scene, sam)), "{}", page.text());
    }
    let alone = lena.get("/search?q=chris").await;
    assert_eq!(alone.status, 200);
    assert!(!alone.body.contains("<html"), "{}", alone.body);
    assert!(alone.body.contains(&address(scene, "chris.sales")));
    for odd in [
        "/?q=a",
        "/?q=",
        "/search?q=*",
        "/?q=%00abc",
        "/?q=%29%28cn%3D*",
    ] {
        assert_eq!(lena.get(odd).await.status, 200, "{odd}");
    }
}

pub async fn whoever_may_not_be_helped_is_not_there_or_refused(scene: &Scene) {
    let service = Service::over(scene).await;
    let mut lena = service.sign_in(scene, "lead.lena").await;
    let missing = lena
        .get("/accounts/00000000-0000-0000-0000-000000000000")
        .await;
    assert_eq!(missing.status, 404);
    let outside = ["otto.outside", "xaver.xstaff"].map(|sam| address(scene, sam));
    for target in outside
        .iter()
        .map(String::as_str)
        .chain(["/accounts/nonsense"])
    {
        let answer = lena.get(target).await;
        assert_eq!(answer.status, 404, "{target}");
        assert_eq!(answer.body, missing.body, "{target}: the same page");
    }
    for protected in ["adam.admin", "anna.nested", "pia.primary", "olga.operator"] {
        let page = lena.get(&address(scene, protected)).await;
        assert_eq!(page.status, 200, "{protected}");
        assert!(
            !page.body.contains("/reset\""),
            "{protected}: a protected account has no form"
        );
    }
}

pub async fn a_refused_sign_in_says_the_same_for_every_reason_but_those_of_a_right_password(
    scene: &Scene,
) {
    let service = Service::over(scene).await;
    let start = "Start-Pass-123!";
    let mut pages = Vec::new();
    for (name, password) in [
        ("lead.spare20", "certainly wrong"),
        ("nobody.atall", start),
        ("norma.nobody", start),
        ("lead.locked", start),
    ] {
        let began = std::time::Instant::now();
        let answer = service.browser().sign_in(name, password).await;
        assert_eq!(answer.status, 401, "{name}");
        assert!(
            began.elapsed() >= Duration::from_millis(250),
            "{name} was answered too soon"
        );
        let token = answer.csrf("/sign-in");
        pages.push(answer.body.replace(&token, "").replace(name, ""));
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:#?}");
    for name in ["lead.mustchange", "lead.disabled", "lead.expired"] {
        let answer = service.browser().sign_in(name, start).await;
        assert_eq!(answer.status, 403, "{name}");
        assert!(
            !pages.contains(&answer.body),
            "{name} has a sentence of its own"
        );
    }
}

pub async fn names_from_the_directory_stay_text(scene: &Scene) {
    let service = Service::over(scene).await;
    let mut lena = service.sign_in(scene, "lead.lena").await;
    for sam in ["odd.markup", "odd.attribute", "odd.bidi", "odd.template"] {
        let page = lena.get(&address(scene, sam)).await;
        assert_eq!(page.status, 200, "{sam}");
        assert!(!page.body.contains("<script>alert"), "{sam}");
        assert!(!page.body.contains("\" autofocus onfocus=\"alert"), "{sam}");
        assert!(!page.body.contains('\u{202e}'), "{sam}");
    }
}

pub async fn an_auditor_sees_the_log_and_helps_nobody(scene: &Scene) {
    let auditors = vec![scene.auditor_group()];
    let service = Service::over_ruled(scene, |settings| settings.rules.auditors = auditors).await;
    let mut ada = service.sign_in(scene, "ada.auditor").await;
    assert_eq!(ada.get("/").await.location(), "/audit");
    let log = ada.get("/audit").await;
    assert_eq!(log.status, 200);
    assert!(
        log.text().contains("ada.auditor signed in"),
        "{}",
        log.text()
    );
    let missing = ada.get("/nowhere").await;
    for target in ["/search?q=alice", &address(scene, "alice.able")] {
        let answer = ada.get(target).await;
        assert_eq!(answer.status, 404, "{target}");
        assert_eq!(answer.body, missing.body, "{target}");
    }
    let mut bo = service.sign_in(scene, "bo.both").await;
    assert!(bo.get("/").await.body.contains("href=\"/audit\""));
    let page = bo.get(&address(scene, "alice.able")).await;
    assert!(
        page.body
            .contains(&format!("/audit?target={}", scene.guid("alice.able")))
    );
}

pub async fn an_operator_sees_the_log_only_as_a_member_of_the_auditors_too(scene: &Scene) {
    let auditors = vec![scene.auditor_group()];
    let service = Service::over_ruled(scene, |settings| settings.rules.auditors = auditors).await;
    let mut lena = service.sign_in(scene, "lead.lena").await;
    let mut bo = service.sign_in(scene, "bo.both").await;
    let page = address(scene, "alice.able");
    let history = format!("/audit?target={}", scene.guid("alice.able"));
    let missing = lena.get("/nowhere").await;
    for target in [
        "/audit",
        "/audit/0",
        "/audit/summary",
        "/audit.csv",
        &history,
    ] {
        let answer = lena.get(target).await;
        assert_eq!(
            (answer.status, answer.body == missing.body),
            (404, true),
            "{target}"
        );
        assert_eq!(bo.get(target).await.status, 200, "{target}");
    }
    for (browser, auditor) in [(&mut lena, false), (&mut bo, true)] {
        let answer = browser.get(&page).await;
        assert!(answer.body.contains("/reset\""), "{}", answer.text());
        assert_eq!(answer.body.contains("/audit"), auditor);
    }
    let refused = bo.get("/audit?code=not_auditor").await;
    assert!(refused.text().contains("lead.lena was not allowed"));
    // ada.auditor is in a group that is in the group of the settings; her own history is in the log that bo reads.
    let mut ada = service.sign_in(scene, "ada.auditor").await;
    assert_eq!(ada.get(&history).await.status, 200);
    let sid = scene.sid("ada.auditor");
    let hers = bo
        .get(&format!("/audit?operator={sid}&action=sign_in"))
        .await;
    assert!(
        hers.text().contains("ada.auditor signed in"),
        "{}",
        hers.text()
    );
}
