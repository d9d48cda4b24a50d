//! Faults planted one by one in a domain where the service account has exactly what it needs: each is
//! found, alone, said so that a person understands it, and gone after the command that is printed with
//! it. The chain holds the next step to it: a fault that was not mended would be found beside the next.

mod estate;
mod faults;

use crate::support::directory::Scene;
use estate::Estate;
use faults::{Fault, Kind, all};
use keyward::delegation::proof::{Finding, What};

#[tokio::test(flavor = "multi_thread")]
async fn each_planted_fault_is_found_alone_and_its_printed_command_mends_it() {
    let scene = Scene::samba();
    let mut estate = Estate::found(&scene).await;
    assert_eq!(
        sentences(&estate.prove().await),
        Vec::<String>::new(),
        "clean after apply"
    );
    let faults = all();
    assert!(faults.len() >= 25, "{}", faults.len());
    let mut wrong = Vec::new();
    for fault in &faults {
        wrong.extend(judge(&mut estate, fault).await);
    }
    let left = sentences(&estate.prove().await);
    estate.remove().await;
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(left, Vec::<String>::new(), "clean after the last one");
}

/// What is wrong with how one fault was found and mended.
async fn judge(estate: &mut Estate, fault: &Fault) -> Option<String> {
    eprintln!("{}", fault.name);
    for plant in &fault.plants {
        estate.plant(plant).await;
    }
    let findings = estate.prove().await;
    let complaint = complaint(&findings, fault, estate);
    for finding in &findings {
        let (status, said) = estate.run_printed_command(&finding.id);
        if status != 0 {
            return Some(format!(
                "{}: mending {} ended with {status}: {said}",
                fault.name, finding.sentence
            ));
        }
    }
    complaint.map(|complaint| format!("{}: {complaint}", fault.name))
}

fn complaint(findings: &[Finding], fault: &Fault, estate: &Estate) -> Option<String> {
    let [finding] = findings else {
        return Some(format!(
            "{} findings: {:#?}",
            findings.len(),
            sentences(findings)
        ));
    };
    let kind = match finding.what {
        What::Missing(_) => Kind::Missing,
        What::Excess(_) => Kind::Excess,
    };
    let text = format!(
        "{} {} {}",
        finding.sentence, finding.origin, finding.consequence
    );
    if kind != fault.kind {
        return Some(format!("is {kind:?}: {text}"));
    }
    let unsaid = fault.says.iter().map(|words| estate.named(words));
    let unsaid: Vec<String> = unsaid
        .filter(|words| !text.to_lowercase().contains(&words.to_lowercase()))
        .collect();
    (!unsaid.is_empty()).then(|| format!("does not say {unsaid:?}: {text}"))
}

fn sentences(findings: &[Finding]) -> Vec<String> {
    let sentence = |finding: &Finding| format!("{} {}", finding.sentence, finding.origin);
    findings.iter().map(sentence).collect()
}
