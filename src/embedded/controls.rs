//! The controls of a request: what it asks for, and whether that is offered.

use super::answer::Refusal;
use super::rootdse::{OLD_POLICY_HINTS, POLICY_HINTS};
use ldap3_proto::control::LdapControl;

/// What the controls of a request ask for.
pub(super) struct Asked {
    /// Size of the page, and the cookie of the one before.
    pub page: Option<(usize, Vec<u8>)>,
    /// Parts of security descriptors.
    pub sd_flags: Option<u32>,
    /// A reset is to mind the password history.
    pub policy_hints: bool,
}

impl Asked {
    /// # Errors
    /// 12 for a critical control that is not offered.
    pub(super) fn read(controls: &[LdapControl], offers_hints: bool) -> Result<Self, Refusal> {
        let mut asked = Self {
            page: None,
            sd_flags: None,
            policy_hints: false,
        };
        for control in controls {
            match control {
                LdapControl::SimplePagedResults { size, cookie } => {
                    let size = usize::try_from(*size).unwrap_or(0);
                    asked.page = Some((size, cookie.clone()));
                }
                LdapControl::SdFlags { flags, .. } => {
                    asked.sd_flags = u32::try_from(*flags).ok();
                }
                LdapControl::Unknown { oid, value, .. }
                    if offers_hints && [POLICY_HINTS, OLD_POLICY_HINTS].contains(&oid.as_str()) =>
                {
                    // A sequence with one number: 1 turns it on, 0 off.
                    let last = value.as_ref().and_then(|value| value.last());
                    asked.policy_hints = last.is_some_and(|flags| flags & 1 == 1);
                }
                LdapControl::Unknown {
                    criticality: true, ..
                } => {
                    return Err(Refusal::unknown_control());
                }
                _ => {}
            }
        }
        Ok(asked)
    }
}
