//! The two writes. Each is one modify, sent once, to the DC that the account was read from, at the
//! DN that was just read: a moved account fails instead of being changed elsewhere.

use super::diagnostics;
use super::domain_facts::POLICY_HINTS;
use super::error::WriteError;
use super::servers::Servers;
use super::unicode_pwd;
use crate::domain::account::Account;
use crate::domain::authorize::Permit;
use crate::domain::password::NewPassword;
use crate::domain::rules::Action;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapModify, LdapModifyRequest, LdapModifyType, LdapOp, LdapPartialAttribute,
};

/// What is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetOptions {
    /// pwdLastSet = 0 in the same modify.
    pub must_change: bool,
    /// lockoutTime = 0 in the same modify.
    pub unlock: bool,
}

/// Sets a new password. `policy_hints`: the DC offers to mind the history, so it must.
pub(super) async fn set_password(
    servers: &Servers,
    permit: Permit,
    account: &Account,
    new: &NewPassword,
    options: ResetOptions,
    policy_hints: bool,
) -> Result<(), WriteError> {
    check(&permit, account, Action::ResetPassword)?;
    let mut changes = vec![replace(
        "unicodePwd",
        std::mem::take(&mut *unicode_pwd::encode(new)),
    )];
    if options.must_change {
        changes.push(replace("pwdLastSet", b"0".to_vec()));
    }
    if options.unlock {
        changes.push(replace("lockoutTime", b"0".to_vec()));
    }
    let controls = if policy_hints {
        vec![policy_hints_control()]
    } else {
        Vec::new()
    };
    modify(servers, account, changes, controls, "reset password").await
}

/// Ends a lockout.
pub(super) async fn unlock(
    servers: &Servers,
    permit: Permit,
    account: &Account,
) -> Result<(), WriteError> {
    check(&permit, account, Action::UnlockAccount)?;
    let changes = vec![replace("lockoutTime", b"0".to_vec())];
    modify(servers, account, changes, Vec::new(), "write lockoutTime").await
}

fn check(permit: &Permit, account: &Account, action: Action) -> Result<(), WriteError> {
    if permit.target() == account.guid && permit.action() == action {
        Ok(())
    } else {
        Err(WriteError::OtherPermit)
    }
}

async fn modify(
    servers: &Servers,
    account: &Account,
    changes: Vec<LdapModify>,
    controls: Vec<LdapControl>,
    operation: &'static str,
) -> Result<(), WriteError> {
    let op = LdapOp::ModifyRequest(LdapModifyRequest {
        dn: account.dn.as_str().to_owned(),
        changes,
    });
    let result = servers.modify(&account.dc, op, controls).await?;
    Ok(diagnostics::modify_result(&result, operation)?)
}

fn replace(attribute: &str, value: Vec<u8>) -> LdapModify {
    LdapModify {
        operation: LdapModifyType::Replace,
        modification: LdapPartialAttribute {
            atype: attribute.to_owned(),
            vals: vec![value],
        },
    }
}

/// Critical, with the value `SEQUENCE { INTEGER 1 }` (MS-ADTS 3.1.1.3.4.1.27).
fn policy_hints_control() -> LdapControl {
    LdapControl::Unknown {
        oid: POLICY_HINTS.to_owned(),
        criticality: true,
        value: Some(vec![0x30, 0x03, 0x02, 0x01, 0x01]),
    }
}
