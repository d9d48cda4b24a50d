//! What `apply` does, as a script for an administrator's own hands: PowerShell, `dsacls` or LDIF,
//! made from the settings alone. No password is ever in it. Single changes, for the proof's
//! findings, are in [`powershell::change`] and [`dsacls::change`].

pub mod dsacls;
mod ldif;
mod policy;
pub mod powershell;
mod quoting;

use super::needs::Right;
use super::plan::{AccountName, NoPlan, Wanted, default_account_ou, head_of};
use crate::domain::identity::{Dn, Sid};

/// In which language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// PowerShell with the `ActiveDirectory` module.
    PowerShell,
    /// Commands for a command prompt: `dsadd`, `dsacls`.
    Dsacls,
    /// LDIF for `ldifde` or `ldapmodify`.
    Ldif,
}

/// What is set up, as far as the settings tell.
#[derive(Debug, Clone)]
struct Setup {
    /// NetBIOS name of the domain.
    domain: String,
    account: AccountName,
    account_dn: Dn,
    group_sam: String,
    group_dn: Dn,
    targets: Vec<Dn>,
    rights: Vec<Right>,
    sid: Option<Sid>,
}

/// The script that sets everything up; with `undo` the one that takes it away. `domain` is the
/// NetBIOS name, `sid` the account's SID where it is known.
///
/// # Errors
/// [`NoPlan`], where names in the settings cannot be the names of objects.
pub fn script(
    format: Format,
    undo: bool,
    wanted: &Wanted,
    domain: &str,
    sid: Option<Sid>,
) -> Result<String, NoPlan> {
    let setup = Setup::of(wanted, domain, sid)?;
    Ok(match (format, undo) {
        (Format::PowerShell, false) => powershell::set_up(&setup),
        (Format::PowerShell, true) => powershell::undo(&setup),
        (Format::Dsacls, false) => dsacls::set_up(&setup)?,
        (Format::Dsacls, true) => dsacls::undo(&setup)?,
        (Format::Ldif, false) => ldif::set_up(&setup),
        (Format::Ldif, true) => ldif::undo(&setup),
    })
}

impl Setup {
    fn of(wanted: &Wanted, domain: &str, sid: Option<Sid>) -> Result<Self, NoPlan> {
        let targets = wanted.needs.targets.clone();
        let head = targets.iter().find_map(head_of);
        let head = head.ok_or_else(|| NoPlan::NoDn("user_ou".to_owned()))?;
        let ou = match &wanted.account_ou {
            Some(ou) => ou.clone(),
            None => default_account_ou(&head)?,
        };
        let account = AccountName::of(&wanted.username, &head)?;
        let account_dn = account.place(&ou)?;
        if let Some(target) = targets.iter().find(|target| account_dn.is_below(target)) {
            return Err(NoPlan::BelowTarget(target.clone()));
        }
        let group = &wanted.reset_group;
        let group_dn = match group.parse::<Dn>() {
            Ok(dn) => dn,
            Err(_) => ou
                .child("CN", group)
                .map_err(|_| NoPlan::NoDn(group.clone()))?,
        };
        Ok(Self {
            domain: domain.to_owned(),
            group_sam: group_dn.common_name().to_owned(),
            account,
            account_dn,
            group_dn,
            targets,
            rights: wanted.needs.rights(),
            sid,
        })
    }

    /// The OUs of account and group, each once, with what they are in.
    fn homes(&self) -> Vec<(Dn, Dn)> {
        let mut homes: Vec<Dn> = Vec::new();
        for home in [self.account_dn.parent(), self.group_dn.parent()]
            .into_iter()
            .flatten()
        {
            let start = home.as_str().trim_start().get(..2);
            let is_ou = start.is_some_and(|kind| kind.eq_ignore_ascii_case("ou"));
            if is_ou && !homes.contains(&home) {
                homes.push(home);
            }
        }
        let above = |home: Dn| home.parent().map(|above| (home, above));
        homes.into_iter().filter_map(above).collect()
    }

    /// `EXAMPLE\svc`.
    fn qualified(&self) -> String {
        format!("{}\\{}", self.domain, self.account.sam)
    }
}

#[cfg(test)]
mod tests;
