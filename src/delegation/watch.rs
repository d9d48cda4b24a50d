//! The proof at run time: at the start, once a day, and again soon while something is wrong.

use super::needs::Needs;
use super::proof::{Proof, prove};
use crate::directory::Directory;
use crate::domain::least_privilege::{Excess, LeastPrivilege};
use crate::domain::time::Clock;
use std::time::Duration;
use tokio::time::sleep;

/// Between two proofs that found nothing too much.
const DAILY: Duration = Duration::from_hours(24);
/// Between two proofs while rights are too many: whoever mends it does not want to wait.
const WHILE_EXCESS: Duration = Duration::from_mins(2);
/// After a proof that could not be made, at first; doubled each time up to `WHILE_EXCESS`.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// A verdict that could not be renewed for this long is none any more.
const STALE: Duration = Duration::from_hours(72);

/// What the running service needs to keep itself proven.
#[derive(Debug, Clone)]
pub struct Watch {
    /// What the settings call for.
    pub needs: Needs,
    /// `danger_allow_excess_rights`.
    pub allow_excess: bool,
}

impl Watch {
    /// Proves again and again, and hands each verdict to `say`. Ends when it is dropped.
    pub async fn keep<F: Future<Output = ()>>(
        &self,
        directory: &Directory,
        clock: &Clock,
        say: impl Fn(LeastPrivilege) -> F,
    ) {
        let mut failures = 0_u32;
        let mut said: Option<Vec<String>> = None;
        let mut unproven_for = Duration::ZERO;
        loop {
            let at = clock.now();
            let pause = match prove(directory, &self.needs, at, |_| ()).await {
                Ok(proof) => {
                    failures = 0;
                    unproven_for = Duration::ZERO;
                    let verdict = self.verdict(&proof);
                    let ids = proof.findings.iter().map(|finding| finding.id.clone());
                    let ids: Vec<String> = ids.collect();
                    // While something is wrong it is proven every few minutes, and said once.
                    if said.as_ref() != Some(&ids) {
                        log(&proof, &verdict);
                        said = Some(ids);
                    }
                    let pause = pause(&verdict);
                    say(verdict).await;
                    pause
                }
                Err(error) => {
                    tracing::warn!(%error, "the service account's rights could not be proven now");
                    let pause = WHILE_EXCESS.min(AFTER_FAILURE * 2_u32.saturating_pow(failures));
                    failures = failures.saturating_add(1).min(10);
                    unproven_for += pause;
                    if unproven_for > STALE {
                        say(LeastPrivilege::NotProvenYet).await;
                    }
                    pause
                }
            };
            sleep(pause).await;
        }
    }

    /// What a proof means for the running service. What is missing refuses nothing: it is said at
    /// each account before the click.
    fn verdict(&self, proof: &Proof) -> LeastPrivilege {
        let mut excess = proof.excess();
        let Some(first) = excess.next() else {
            return LeastPrivilege::Proven { at: proof.at };
        };
        let found = Excess {
            at: proof.at,
            findings: excess.count() + 1,
            first: first.in_general().to_owned(),
        };
        if self.allow_excess {
            LeastPrivilege::ExcessAllowed(found)
        } else {
            LeastPrivilege::Excess(found)
        }
    }
}

fn pause(verdict: &LeastPrivilege) -> Duration {
    match verdict {
        LeastPrivilege::Proven { .. } => DAILY,
        _ => WHILE_EXCESS,
    }
}

fn log(proof: &Proof, verdict: &LeastPrivilege) {
    for finding in &proof.findings {
        tracing::warn!(finding = %finding.id, "{}", finding.sentence);
    }
    match verdict {
        LeastPrivilege::Excess(_) => tracing::error!(
            "nothing is changed in the directory until these rights are gone: keyward delegation verify"
        ),
        LeastPrivilege::ExcessAllowed(_) => tracing::warn!(
            "danger_allow_excess_rights: going on with rights too many; whoever gets hold of the service account has them"
        ),
        LeastPrivilege::Proven { .. } | LeastPrivilege::NotProvenYet => tracing::info!(
            objects = proof.objects,
            "the service account may do no more than it needs"
        ),
    }
}
