//! Takes away what Keyward gave: exactly its own rules, whatever the settings were when they were
//! given. The rest of each list stays as it is, byte for byte.

use super::change::Change;
use super::needs::Right;
use super::plan::{Found, NoPlan};
use crate::domain::security_descriptor::Ace;

/// The rules to take off each target; targets without any are not in it.
///
/// # Errors
/// [`NoPlan::NoAccount`]: only the account's SID tells its rules from others.
pub fn revoke(username: &str, found: &Found) -> Result<Vec<Change>, NoPlan> {
    let account = found.account.as_ref();
    let sid = account.and_then(|account| account.sid.as_ref().map(|sid| (account, sid)));
    let (account, sid) = sid.ok_or_else(|| NoPlan::NoAccount(username.to_owned()))?;
    let changes = found.targets.iter().filter_map(|(target, now)| {
        let rules: Vec<Ace> = Right::ALL
            .iter()
            .map(|right| right.rule(sid))
            .filter(|rule| now.contains(rule))
            .collect();
        (!rules.is_empty()).then(|| Change::RemoveRules {
            object: target.clone(),
            whom: account.sam.clone(),
            rules,
        })
    });
    Ok(changes.collect())
}
