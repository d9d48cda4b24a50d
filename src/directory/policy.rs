//! The password and lockout rules that hold for one account: the domain's, or those of a
//! fine-grained policy. A non-admin usually may not read the latter; then nothing is guessed.

use super::decode::{Entry, Malformed};
use super::domain_facts::{DomainFacts, interval};
use super::reading::{ReadFailure, Reading};
use crate::domain::identity::Dn;
use crate::domain::password::PasswordPolicy;
use std::time::Duration;

const LENGTH: &str = "msDS-MinimumPasswordLength";
const COMPLEXITY: &str = "msDS-PasswordComplexityEnabled";
const HISTORY: &str = "msDS-PasswordHistoryLength";
const THRESHOLD: &str = "msDS-LockoutThreshold";
const WINDOW: &str = "msDS-LockoutObservationWindow";

/// When the domain locks an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutRules {
    /// Wrong passwords that lock; 0 = never. `None`: a fine-grained policy holds that cannot be read, so expect the worst.
    pub threshold: Option<u32>,
    /// The time after which the count begins again.
    pub window: Duration,
}

/// The password rules for an account under `pso` (`msDS-ResultantPSO`), if any.
pub(super) async fn password(
    reading: Reading,
    facts: &DomainFacts,
    pso: &Dn,
) -> Result<PasswordPolicy, ReadFailure> {
    let entry = pso_object(&reading, pso, &[LENGTH, COMPLEXITY, HISTORY]).await?;
    Ok(password_rules(entry.as_ref(), &facts.policy)?)
}

/// The lockout rules for an account under `pso`.
pub(super) async fn lockout(
    reading: Reading,
    facts: &DomainFacts,
    pso: &Dn,
) -> Result<LockoutRules, ReadFailure> {
    let entry = pso_object(&reading, pso, &[THRESHOLD, WINDOW]).await?;
    Ok(lockout_rules(entry.as_ref(), facts.lockout_window)?)
}

async fn pso_object(
    reading: &Reading,
    pso: &Dn,
    attributes: &[&'static str],
) -> Result<Option<Entry>, ReadFailure> {
    reading
        .object(pso.as_str().to_owned(), attributes, Vec::new())
        .await
}

fn password_rules(
    entry: Option<&Entry>,
    domain: &PasswordPolicy,
) -> Result<PasswordPolicy, Malformed> {
    let unreadable = PasswordPolicy {
        known: false,
        ..domain.clone()
    };
    let Some(entry) = entry else {
        return Ok(unreadable);
    };
    let complexity = entry.text(COMPLEXITY)?;
    match (entry.parsed(LENGTH)?, complexity.as_deref()) {
        (Some(min_length), Some(complexity)) => Ok(PasswordPolicy {
            min_length,
            complexity: complexity.eq_ignore_ascii_case("TRUE"),
            history: entry.bits(HISTORY)?,
            known: true,
        }),
        _ => Ok(unreadable),
    }
}

fn lockout_rules(entry: Option<&Entry>, domain: Duration) -> Result<LockoutRules, Malformed> {
    let Some(entry) = entry else {
        return Ok(LockoutRules {
            threshold: None,
            window: domain,
        });
    };
    let window = interval(entry, WINDOW)?.and_then(|window| Duration::try_from(window).ok());
    Ok(LockoutRules {
        threshold: entry.parsed(THRESHOLD)?,
        window: window.unwrap_or(domain),
    })
}
