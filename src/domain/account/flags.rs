//! `userAccountControl` and its computed companion (MS-ADTS 2.2.16).

use crate::domain::time::Filetime;

const ACCOUNT_DISABLE: u32 = 0x2;
const LOCKOUT: u32 = 0x10;
const PASSWORD_NOT_REQUIRED: u32 = 0x20;
const INTERDOMAIN_TRUST_ACCOUNT: u32 = 0x800;
const WORKSTATION_TRUST_ACCOUNT: u32 = 0x1000;
const SERVER_TRUST_ACCOUNT: u32 = 0x2000;
const DONT_EXPIRE_PASSWORD: u32 = 0x1_0000;
const SMARTCARD_REQUIRED: u32 = 0x4_0000;
const TRUSTED_FOR_DELEGATION: u32 = 0x8_0000;
const PASSWORD_EXPIRED: u32 = 0x80_0000;
const TRUSTED_TO_AUTHENTICATE_FOR_DELEGATION: u32 = 0x100_0000;

/// `userAccountControl` and `msDS-User-Account-Control-Computed`, or'ed (MS-ADTS 2.2.16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountFlags(pub u32);

impl AccountFlags {
    /// ACCOUNTDISABLE (0x2).
    pub fn disabled(self) -> bool {
        self.has(ACCOUNT_DISABLE)
    }

    /// LOCKOUT, computed (0x10).
    pub fn locked(self) -> bool {
        self.has(LOCKOUT)
    }

    /// `PASSWD_NOTREQD` (0x20): the DC skips length and complexity (MS-SAMR 3.1.1.7.2).
    pub fn password_not_required(self) -> bool {
        self.has(PASSWORD_NOT_REQUIRED)
    }

    /// `PASSWORD_EXPIRED`, computed (0x800000); also set while the password must be changed.
    pub fn password_expired(self) -> bool {
        self.has(PASSWORD_EXPIRED)
    }

    /// `DONT_EXPIRE_PASSWORD` (0x10000).
    pub fn password_never_expires(self) -> bool {
        self.has(DONT_EXPIRE_PASSWORD)
    }

    /// `SMARTCARD_REQUIRED` (0x40000).
    pub fn smart_card_required(self) -> bool {
        self.has(SMARTCARD_REQUIRED)
    }

    /// `INTERDOMAIN_TRUST_ACCOUNT` (0x800).
    pub fn domain_trust(self) -> bool {
        self.has(INTERDOMAIN_TRUST_ACCOUNT)
    }

    /// `WORKSTATION_TRUST_ACCOUNT` (0x1000) or `SERVER_TRUST_ACCOUNT` (0x2000): a computer or a DC.
    pub fn computer(self) -> bool {
        self.has(WORKSTATION_TRUST_ACCOUNT) || self.has(SERVER_TRUST_ACCOUNT)
    }

    /// `TRUSTED_FOR_DELEGATION` (0x80000) or `TRUSTED_TO_AUTHENTICATE_FOR_DELEGATION` (0x1000000): it can act as others.
    pub fn trusted_for_delegation(self) -> bool {
        self.has(TRUSTED_FOR_DELEGATION) || self.has(TRUSTED_TO_AUTHENTICATE_FOR_DELEGATION)
    }

    /// Whether pwdLastSet = 0 means nothing for this account (MS-SAMR 3.1.5.14.4).
    pub fn ignores_must_change(self) -> bool {
        self.password_never_expires() || self.smart_card_required()
    }

    /// Whether the holder has to choose a new password at the next logon.
    pub fn must_change_password(self, password_last_set: Filetime) -> bool {
        password_last_set == Filetime(0) && !self.ignores_must_change()
    }

    fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_flag_is_read_from_its_own_bit() {
        type Reader = fn(AccountFlags) -> bool;
        let readers: [(u32, Reader); 12] = [
            (0x2, AccountFlags::disabled),
            (0x10, AccountFlags::locked),
            (0x20, AccountFlags::password_not_required),
            (0x800, AccountFlags::domain_trust),
            (0x1000, AccountFlags::computer),
            (0x2000, AccountFlags::computer),
            (0x1_0000, AccountFlags::password_never_expires),
            (0x4_0000, AccountFlags::smart_card_required),
            (0x8_0000, AccountFlags::trusted_for_delegation),
            (0x100_0000, AccountFlags::trusted_for_delegation),
            (0x80_0000, AccountFlags::password_expired),
            (0x4_0000, AccountFlags::ignores_must_change),
        ];
        for (bit, read) in readers {
            assert!(read(AccountFlags(bit)), "{bit:x}");
            assert!(!read(AccountFlags(0x200)), "{bit:x}");
        }
    }

    #[test]
    fn must_change_means_nothing_where_the_password_never_expires() {
        assert!(AccountFlags(0x200).must_change_password(Filetime(0)));
        assert!(!AccountFlags(0x200).must_change_password(Filetime(1)));
        assert!(!AccountFlags(0x1_0200).must_change_password(Filetime(0)));
        assert!(!AccountFlags(0x4_0200).must_change_password(Filetime(0)));
    }
}
