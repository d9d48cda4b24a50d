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

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3_proto::proto::{LdapPartialAttribute, LdapSearchResultEntry};

    const DOMAIN: PasswordPolicy = PasswordPolicy {
        min_length: 10,
        complexity: true,
        history: 24,
        known: true,
    };

    fn pso(attributes: &[(&str, &str)]) -> Entry {
        let attribute = |(name, value): &(&str, &str)| LdapPartialAttribute {
            atype: (*name).to_owned(),
            vals: vec![value.as_bytes().to_vec()],
        };
        Entry::from(LdapSearchResultEntry {
            dn: String::new(),
            attributes: attributes.iter().map(attribute).collect(),
        })
    }

    #[test]
    fn a_readable_policy_replaces_the_domains() {
        let entry = pso(&[(LENGTH, "20"), (COMPLEXITY, "FALSE"), (HISTORY, "3")]);
        let expected = PasswordPolicy {
            min_length: 20,
            complexity: false,
            history: 3,
            known: true,
        };
        assert_eq!(password_rules(Some(&entry), &DOMAIN), Ok(expected));
        let entry = pso(&[(THRESHOLD, "3"), (WINDOW, "-18000000000")]);
        let expected = LockoutRules {
            threshold: Some(3),
            window: Duration::from_mins(30),
        };
        let rules = lockout_rules(Some(&entry), Duration::ZERO);
        assert_eq!(rules, Ok(expected));
    }

    #[test]
    fn a_policy_that_cannot_be_read_is_not_known() {
        for entry in [None, Some(pso(&[])), Some(pso(&[(LENGTH, "20")]))] {
            let rules = password_rules(entry.as_ref(), &DOMAIN).unwrap();
            assert!(!rules.known);
        }
        for entry in [None, Some(pso(&[]))] {
            let window = Duration::from_mins(7);
            let rules = lockout_rules(entry.as_ref(), window).unwrap();
            assert_eq!(
                rules,
                LockoutRules {
                    threshold: None,
                    window
                }
            );
        }
    }

    #[test]
    fn a_length_of_time_is_negative_and_for_ever_is_none() {
        let read = |text: &str| interval(&pso(&[(WINDOW, text)]), WINDOW);
        assert_eq!(read("0"), Ok(None));
        assert_eq!(read("-9223372036854775808"), Ok(None));
        assert_eq!(read("-15").unwrap().unwrap().as_nanos(), 1500);
        assert!(read("18000000000").is_err());
        assert!(read("soon").is_err());
    }
}
