//! `keyward delegation verify`: the proof, for people or as JSON.

use anyhow::anyhow;
use serde_json::{Value, json};

use super::administrator::directory_sentence;
use super::lines::{Lines, Mark};
use crate::cli::output::print;
use crate::cli::parts::{directory_settings, needs};
use crate::cli::progress::Bar;
use crate::cli::settings::ConfigFile;
use crate::cli::{Verdict, logging};
use crate::config::Settings;
use crate::delegation::change::Change;
use crate::delegation::proof::{Cause, Excess, Finding, Progress, Proof, What, prove};
use crate::delegation::script::{dsacls, powershell};
use crate::directory::Directory;
use crate::domain::text::counted;
use crate::domain::time::Clock;

pub(super) const ABOUT: &str = "\
Prove that the service account has the rights that it needs, and no others anywhere.

As the service account itself, from the access rules that the directory hands out: every object of \
domain, configuration and schema is read. Too much is whatever the account may do and a newly made user \
may not; missing is a needed right on any user below [ad] user_ou. Each finding says where it comes \
from, what it means, and what mends it. Exit status 1 where there are any.";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

/// # Errors
/// There is no proof, neither good nor bad.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let settings = arguments.file.settings()?;
    logging::start_if_asked();
    let proof = proof(&settings).await?;
    let shown = Shown {
        domain: settings.ad.domain.as_str(),
        config: arguments.file.as_typed(),
    };
    if arguments.json {
        print(&format!("{:#}\n", shown.document(&proof)))?;
    } else {
        shown.text(Lines::new(), &proof)?;
    }
    Ok(if proof.is_clean() {
        Verdict::Well
    } else {
        Verdict::Wrong
    })
}

/// Proves, with a bar on a terminal.
///
/// # Errors
/// There is no proof, neither good nor bad.
pub(super) async fn proof(settings: &Settings) -> anyhow::Result<Proof> {
    let clock = Clock::system();
    let directory = Directory::new(directory_settings(settings), clock.clone());
    let mut bar = Bar::new("reading the directory", "objects");
    let show = |progress: Progress| bar.show(progress.objects, progress.of);
    let proof = prove(&directory, &needs(settings), clock.now(), show).await;
    drop(bar);
    directory.close().await;
    proof.map_err(|error| {
        anyhow!(
            "there is no proof, neither good nor bad: {}",
            directory_sentence(&error)
        )
    })
}

/// A proof for people and for programs.
struct Shown<'a> {
    /// The NetBIOS name, for the commands of Windows.
    domain: &'a str,
    /// ` --config FILE`, or empty.
    config: String,
}

impl Shown<'_> {
    fn text(&self, lines: Lines, proof: &Proof) -> anyhow::Result<()> {
        for finding in &proof.findings {
            self.finding_text(lines, finding)?;
        }
        for note in &proof.notes {
            lines.say(Mark::Note, &note.sentence)?;
        }
        let looked_at = format!(
            "{} looked at, {} below the targets.",
            counted(proof.objects, "object", "objects"),
            counted(proof.people, "person", "people")
        );
        let summary = if proof.is_clean() {
            format!("The service account has exactly the rights that it needs. {looked_at}")
        } else {
            let more = match proof.more {
                0 => String::new(),
                more => format!(", and {more} more that are not listed"),
            };
            format!(
                "Too much: {}. Missing: {}{more}. {looked_at}",
                proof.excess().count(),
                proof.missing().count()
            )
        };
        Lines::sentence(&summary)
    }

    fn finding_text(&self, lines: Lines, finding: &Finding) -> anyhow::Result<()> {
        let mark = match finding.what {
            What::Excess(_) => Mark::Excess,
            What::Missing(_) => Mark::Missing,
        };
        lines.say(mark, &finding.sentence)?;
        Lines::more(&finding.origin)?;
        Lines::more(&finding.consequence)?;
        if finding.mend.is_empty() {
            return Lines::sentence("");
        }
        Lines::more(&format!("Mend it: {}", self.mend_command(finding)))?;
        for change in &finding.mend {
            Lines::more(&format!("  {change}"))?;
            Lines::more(&format!("  or by hand: {}", by_hand(change, self.domain)))?;
        }
        Lines::sentence("")
    }

    /// What an administrator types; NAME is theirs.
    fn mend_command(&self, finding: &Finding) -> String {
        let (id, config) = (&finding.id, &self.config);
        format!("keyward delegation mend {id} --admin NAME{config}")
    }

    fn document(&self, proof: &Proof) -> Value {
        let findings: Vec<Value> = proof
            .findings
            .iter()
            .map(|finding| self.finding_document(finding))
            .collect();
        let notes: Vec<&str> = proof
            .notes
            .iter()
            .map(|note| note.sentence.as_str())
            .collect();
        json!({
            "at": proof.at.to_string(),
            "clean": proof.is_clean(),
            "objects": proof.objects,
            "people": proof.people,
            "findings": findings,
            "more_findings": proof.more,
            "notes": notes,
        })
    }

    fn finding_document(&self, finding: &Finding) -> Value {
        let mends: Vec<Value> = finding
            .mend
            .iter()
            .map(|change| {
                json!({
                    "change": change.to_string(),
                    "powershell": powershell::change(change),
                    "dsacls": dsacls::change(change, self.domain),
                })
            })
            .collect();
        json!({
            "id": finding.id,
            "kind": match finding.what {
                What::Excess(_) => "excess",
                What::Missing(_) => "missing",
            },
            "cause": cause(&finding.what),
            "sentence": finding.sentence,
            "origin": finding.origin,
            "consequence": finding.consequence,
            "mend_command": (!mends.is_empty()).then(|| self.mend_command(finding)),
            "mend": mends,
        })
    }
}

/// The shorter command where there is one.
fn by_hand(change: &Change, domain: &str) -> String {
    dsacls::change(change, domain).map_or_else(
        || powershell::change(change),
        |commands| commands.join(" && "),
    )
}

/// What a program may want to tell apart.
fn cause(what: &What) -> Value {
    match what {
        What::Excess(Excess::Rule {
            object,
            rule,
            reaches,
        }) => json!({"rule": rule.to_string(), "object": object.as_str(), "reaches": reaches}),
        What::Excess(Excess::Membership { group, rights, .. }) => {
            let rights: Vec<Value> = rights
                .iter()
                .map(|right| {
                    json!({
                        "object": right.object.as_str(),
                        "rule": right.rule.as_ref().map(ToString::to_string),
                        "through": right.through,
                    })
                })
                .collect();
            json!({"membership": group, "rights": rights})
        }
        What::Excess(Excess::Owner { object }) => json!({"owner_of": object.as_str()}),
        What::Excess(Excess::Named { object, attribute }) => {
            json!({"named_by": object.as_str(), "attribute": attribute})
        }
        What::Excess(Excess::Account { attribute }) => json!({"account_attribute": attribute}),
        What::Missing(missing) => {
            let rights: Vec<&str> = missing.rights.iter().map(|right| right.name()).collect();
            json!({
                "rights": rights,
                "object": missing.at.as_str(),
                "accounts": missing.accounts,
                "examples": missing.examples,
                "because": because(&missing.cause),
            })
        }
    }
}

fn because(cause: &Cause) -> &'static str {
    match cause {
        Cause::NoSuchTarget => "no_such_target",
        Cause::NotDelegated => "not_delegated",
        Cause::NotPassedOn => "not_passed_on",
        Cause::BlockedInheritance => "blocked_inheritance",
        Cause::AdminSdHolder => "admin_sd_holder",
        Cause::Denied(_) => "denied",
    }
}
