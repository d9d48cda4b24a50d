//! What `apply` has to do: what the settings want, held against the directory as it stands. Reading
//! it is in `plan/reading.rs`; carrying it out is the business of `apply`.

mod names;
mod reading;

pub use names::{AccountName, default_account_ou, head_of};
pub use reading::read;

use super::change::Change;
use super::needs::{Needs, Right};
use crate::directory::admin::{AdminError, AdminObject};
use crate::domain::identity::{Dn, Sid};
use crate::domain::secret::SecretSource;
use crate::domain::security_descriptor::{Ace, Descriptor};
use std::fmt;
use std::path::PathBuf;

/// `DONT_EXPIRE_PASSWORD` and `NOT_DELEGATED`: nobody may use its identity by delegation.
const FLAGS_SET: u32 = 0x11_0000;
/// `ACCOUNTDISABLE`, `PASSWD_NOTREQD`, `ENCRYPTED_TEXT_PASSWORD_ALLOWED`, `SMARTCARD_REQUIRED`,
/// `TRUSTED_FOR_DELEGATION`, `USE_DES_KEY_ONLY`, `DONT_REQ_PREAUTH`, `TRUSTED_TO_AUTH_FOR_DELEGATION`.
const FLAGS_CLEAR: u32 = 0x16c_00a2;
/// What a new account has: `NORMAL_ACCOUNT` and the flags above.
pub(super) const FLAGS_NEW: u32 = 0x200 | FLAGS_SET;

/// What the settings want.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The service account: sAMAccountName, `DOMAIN\name`, UPN or DN.
    pub username: String,
    /// Where its password is.
    pub password: SecretSource,
    /// The organisational unit for account and group; `None`: `OU=Keyward` at the domain's head.
    pub account_ou: Option<Dn>,
    /// The group of the operators: sAMAccountName, CN or DN.
    pub reset_group: String,
    /// Which rights, and where.
    pub needs: Needs,
    /// An account that is there already is given the password of the settings.
    pub reset_password: bool,
}

/// The directory, and the password's file, as they stand.
#[derive(Debug, Clone)]
pub struct Found {
    /// The domain's head.
    pub head: Dn,
    /// The service account.
    pub account: Option<AdminObject>,
    /// The operators' group.
    pub group: Option<AdminObject>,
    /// Those of the OUs asked about that are there.
    pub ous: Vec<Dn>,
    /// The targets with their access rules, in the order of the settings.
    pub targets: Vec<(Dn, Descriptor)>,
    /// Whether there is a password in the settings or in the file that they name.
    pub has_password: bool,
}

/// One step of `apply`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make a password and write it into its file.
    MakePassword {
        /// The file.
        file: PathBuf,
    },
    /// Make the service account with the password of the settings.
    CreateAccount {
        /// Where.
        dn: Dn,
        /// What it is called.
        name: AccountName,
    },
    /// Give the account the password of the settings.
    ResetPassword {
        /// The account.
        account: Dn,
        /// sAMAccountName.
        sam: String,
    },
    /// Give the account, whose SID may not be known yet, rights on people below an OU.
    Grant {
        /// The OU.
        target: Dn,
        /// The account's sAMAccountName.
        whom: String,
        /// The rights.
        rights: Vec<Right>,
    },
    /// A change that needs nothing else.
    Change(Change),
    /// Nothing that could be done here: the account is there, and no password for it.
    PasswordIsMissing {
        /// The file that does not hold it.
        file: PathBuf,
        /// sAMAccountName.
        sam: String,
    },
}

/// A step, and whether it is so already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What.
    pub step: Step,
    /// There is nothing to do.
    pub is_so: bool,
}

/// There can be no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// A setting names an OU that is not there.
    #[error("{0} is not in the directory: put [ad] user_ou right, or make it")]
    TargetNotThere(Dn),
    /// The account's name cannot be the name of one.
    #[error(
        "{0:?} cannot be the name of an account: at most 20 characters, none of \" / \\ [ ] : ; | = , + * ? < > @ %, and no full stop at the end"
    )]
    BadName(String),
    /// The name of the account belongs to something else.
    #[error("{0} is not a user account")]
    NotAUser(Dn),
    /// The account would be among those whose passwords it may reset.
    #[error("the service account must not be below {0}: it would have its rights over itself")]
    BelowTarget(Dn),
    /// A name from the settings makes no DN.
    #[error("{0:?} cannot be the name of an object")]
    NoDn(String),
    /// A name that a command prompt would read as something else.
    #[error("{0:?} cannot be written for a command prompt; use --format powershell")]
    NotForPrompt(String),
    /// The access rules of a target cannot be read.
    #[error("the access rules of {0} cannot be read")]
    NoRules(Dn),
    /// Nothing can be told to be the account's.
    #[error("there is no account {0}, so that its rules cannot be told from others")]
    NoAccount(String),
    /// The directory.
    #[error(transparent)]
    Admin(#[from] AdminError),
}

/// The steps, in order.
///
/// # Errors
/// [`NoPlan`]; never `Admin`.
pub fn plan(wanted: &Wanted, found: &Found) -> Result<Vec<Planned>, NoPlan> {
    let mut steps = Vec::new();
    let name = AccountName::of(&wanted.username, &found.head)?;
    let account_dn = match &found.account {
        Some(account) => account.dn.clone(),
        None => name.place(&ou(wanted, found)?)?,
    };
    if let Some(target) = below_a_target(&account_dn, found) {
        return Err(NoPlan::BelowTarget(target));
    }
    let whom = match &found.account {
        Some(account) if is_user(account) => account.sam.clone(),
        Some(account) => return Err(NoPlan::NotAUser(account.dn.clone())),
        None => name.sam.clone(),
    };
    let group_dn = match &found.group {
        Some(group) => group.dn.clone(),
        None => group_place(wanted, found)?,
    };
    for home in homes(&account_dn, &group_dn, found) {
        let is_so = found.ous.contains(&home);
        if is_ou(&home) {
            steps.push(Planned {
                step: Step::Change(Change::CreateOu { dn: home }),
                is_so,
            });
        }
    }
    steps.extend(password_steps(wanted, found, &whom));
    steps.push(account_step(found.account.as_ref(), account_dn, name));
    steps.extend(found.account.as_ref().map(flags_step));
    steps.push(Planned {
        step: Step::Change(Change::CreateGroup {
            sam: group_sam(found.group.as_ref(), &group_dn),
            dn: group_dn,
        }),
        is_so: found.group.is_some(),
    });
    let sid = found.account.as_ref().and_then(|a| a.sid.as_ref());
    for (target, rules) in &found.targets {
        steps.extend(target_steps(wanted, target, rules, &whom, sid));
    }
    Ok(steps)
}

fn ou(wanted: &Wanted, found: &Found) -> Result<Dn, NoPlan> {
    match &wanted.account_ou {
        Some(ou) => Ok(ou.clone()),
        None => default_account_ou(&found.head),
    }
}

fn group_place(wanted: &Wanted, found: &Found) -> Result<Dn, NoPlan> {
    let name = &wanted.reset_group;
    match name.parse::<Dn>() {
        Ok(dn) => Ok(dn),
        Err(_) => ou(wanted, found)?
            .child("CN", name)
            .map_err(|_| NoPlan::NoDn(name.clone())),
    }
}

fn group_sam(group: Option<&AdminObject>, dn: &Dn) -> String {
    match group {
        Some(group) => group.sam.clone(),
        None => dn.common_name().to_owned(),
    }
}

/// The OUs of what is to be made, or is in the OU of the settings already; each once.
fn homes(account: &Dn, group: &Dn, found: &Found) -> Vec<Dn> {
    let account = account.parent().filter(|_| found.account.is_none());
    let group = group.parent().filter(|_| found.group.is_none());
    let mut homes: Vec<Dn> = account.into_iter().collect();
    homes.extend(group.filter(|group| !homes.contains(group)));
    homes
}

fn is_ou(dn: &Dn) -> bool {
    let start = dn.as_str().trim_start().get(..2);
    start.is_some_and(|kind| kind.eq_ignore_ascii_case("ou"))
}

fn below_a_target(account: &Dn, found: &Found) -> Option<Dn> {
    let mut targets = found.targets.iter().map(|(target, _)| target);
    targets.find(|target| account.is_below(target)).cloned()
}

fn is_user(object: &AdminObject) -> bool {
    let has = |class: &str| object.classes.iter().any(|c| c == class);
    has("user") && !has("computer")
}

/// What has to be done about the password, before there is an account.
fn password_steps(wanted: &Wanted, found: &Found, sam: &str) -> Vec<Planned> {
    let mut steps = Vec::new();
    if let SecretSource::File(file) = &wanted.password {
        let file = file.clone();
        let may_make = found.account.is_none() || wanted.reset_password;
        let step = if found.has_password || may_make {
            Step::MakePassword { file }
        } else {
            let sam = sam.to_owned();
            Step::PasswordIsMissing { file, sam }
        };
        steps.push(Planned {
            step,
            is_so: found.has_password,
        });
    }
    if let Some(account) = found.account.as_ref().filter(|_| wanted.reset_password) {
        let step = Step::ResetPassword {
            account: account.dn.clone(),
            sam: sam.to_owned(),
        };
        steps.push(Planned { step, is_so: false });
    }
    steps
}

fn account_step(account: Option<&AdminObject>, dn: Dn, mut name: AccountName) -> Planned {
    if let Some(account) = account {
        name.sam.clone_from(&account.sam);
    }
    Planned {
        step: Step::CreateAccount { dn, name },
        is_so: account.is_some(),
    }
}

fn flags_step(account: &AdminObject) -> Planned {
    let set = FLAGS_SET & !account.flags;
    let clear = FLAGS_CLEAR & account.flags;
    let is_so = set == 0 && clear == 0;
    Planned {
        step: Step::Change(Change::SetFlags {
            account: account.dn.clone(),
            set: if is_so { FLAGS_SET } else { set },
            clear,
        }),
        is_so,
    }
}

/// Gives what the settings call for, and takes away what Keyward gave under other settings.
fn target_steps(
    wanted: &Wanted,
    target: &Dn,
    rules: &Descriptor,
    whom: &str,
    sid: Option<&Sid>,
) -> Vec<Planned> {
    let needed = wanted.needs.rights();
    let has = |right: &Right| sid.is_some_and(|sid| rules.contains(&right.rule(sid)));
    let missing: Vec<Right> = needed.iter().copied().filter(|r| !has(r)).collect();
    let is_so = missing.is_empty();
    let grant = Planned {
        step: Step::Grant {
            target: target.clone(),
            whom: whom.to_owned(),
            rights: if is_so { needed.clone() } else { missing },
        },
        is_so,
    };
    let too_many: Vec<Ace> = Right::ALL
        .iter()
        .filter(|right| !needed.contains(right) && has(right))
        .filter_map(|right| sid.map(|sid| right.rule(sid)))
        .collect();
    let take = (!too_many.is_empty()).then(|| Planned {
        step: Step::Change(Change::RemoveRules {
            object: target.clone(),
            whom: whom.to_owned(),
            rules: too_many,
        }),
        is_so: false,
    });
    std::iter::once(grant).chain(take).collect()
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MakePassword { file } => {
                write!(f, "write a new random password into {}", file.display())
            }
            Self::CreateAccount { dn, name } => {
                write!(f, "make the service account {}: {dn}", name.sam)
            }
            Self::ResetPassword { sam, .. } => {
                write!(f, "give {sam} the password of the settings")
            }
            Self::Grant {
                target,
                whom,
                rights,
            } => {
                let names: Vec<&str> = rights.iter().copied().map(Right::name).collect();
                let names = names.join(", ");
                write!(f, "give {whom} {names} on people below {target}")
            }
            Self::Change(change) => change.fmt(f),
            Self::PasswordIsMissing { file, sam } => write!(
                f,
                "{sam} is there already, but {} does not hold its password: write it there (mode 0600), or run this again \
                 with --reset-account-password to give it a new one",
                file.display()
            ),
        }
    }
}

#[cfg(test)]
mod tests;
