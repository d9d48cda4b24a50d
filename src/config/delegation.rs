//! `[delegation]`: which rights the service account is to have, and where its account lives.

use super::section::section;
use crate::domain::identity::Dn;

section! {
    /// The rights of the service account: what `keyward delegation` sets up and proves.
    Delegation = "delegation" {
        /// The organisational unit of its own in which `keyward delegation apply` makes the service
        /// account, and the group if there is none. Left out: `OU=Keyward` at the head of the domain.
        account_ou: Option<Dn>,
        /// Whether operators may unlock accounts too: one more right, to write `lockoutTime`.
        unlock: bool = "true",
        /// Work even though the service account may do more than it needs. Whoever gets hold of it can
        /// then do all of that. A banner says so on each page, and `keyward doctor` fails.
        danger_allow_excess_rights: bool = "false",
    }
}
