//! Faults planted one by one in a domain where the service account has exactly what it needs: each is
//! found, alone, said so that a person understands it, and gone after the command that is printed with
//! it. The chain holds the next step to it: a fault that was not mended would be found beside the next.

mod estate;
mod faults;

use crate::support::directory::Scene;
use estate::{Estate, Finding};
use faults::{Fault, Kind, all};

#[tokio::test(flavor = "multi_thread")]
async fn each_planted_fault_is_found_alone_and_its_printed_command_mends_it() {
    let scene = Scene::samba();
    let mut estate = Estate::found(&scene).await;
    assert_eq!(
        sentences(&estate.prove()),
        Vec::<&str>::new(),
        "clean after apply"
    );
    let faults = all();
    assert!(faults.len() >= 25, "{}", faults.len());
    let mut wrong = Vec::new();
    for fault in &faults {
        wrong.extend(judge(&mut estate, fault).await);
    }
    let left = estate.prove();
    estate.remove().await;
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(sentences(&left), Vec::<&str>::new(), "clean after the last");
}

/// What is wrong with how one fault was found and mended.
async fn judge(estate: &mut Estate, fault: &Fault) -> Option<String> {
    for plant in &fault.plants {
        estate.plant(plant).await;
    }
    let findings = estate.prove();
    let complaint = complaint(&findings, fault, estate);
    for finding in &findings {
        let (status, said) = estate.mend(finding);
        if status != 0 {
            return Some(format!(
                "{}: `{}` ended with {status}: {said}",
                fault.name, finding.command
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
    let kind = match fault.kind {
        Kind::Excess => "excess",
        Kind::Missing => "missing",
    };
    if finding.kind != kind {
        return Some(format!("is {}: {}", finding.kind, finding.text));
    }
    let unsaid = fault.says.iter().map(|words| estate.named(words));
    let unsaid: Vec<String> = unsaid
        .filter(|words| !finding.text.to_lowercase().contains(&words.to_lowercase()))
        .collect();
    (!unsaid.is_empty()).then(|| format!("does not say {unsaid:?}: {}", finding.text))
}

fn sentences(findings: &[Finding]) -> Vec<&str> {
    let sentences = findings.iter().map(|finding| finding.sentence.as_str());
    sentences.collect()
}
