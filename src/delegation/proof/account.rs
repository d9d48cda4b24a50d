//! What the account itself has that it should not: flags and attributes.

use super::finding::{Excess, Finding, What, id};
use crate::delegation::change::Change;
use crate::directory::ServiceAccount;

/// Flag, name, what it is, what could be done with it.
const FLAGS: [(u32, &str, &str, &str); 6] = [
    (
        0x8_0000,
        "TRUSTED_FOR_DELEGATION",
        "is trusted for delegation to any service",
        "Everybody who signs in to it leaves it a ticket with which one can act as them, administrators and domain controllers among them.",
    ),
    (
        0x100_0000,
        "TRUSTED_TO_AUTH_FOR_DELEGATION",
        "is trusted to act as anybody without their password",
        "With it one can make a ticket in the name of any user for the services that it may delegate to.",
    ),
    (
        0x80,
        "ENCRYPTED_TEXT_PASSWORD_ALLOWED",
        "has its password stored with reversible encryption",
        "Whoever reads the directory's database has the password itself.",
    ),
    (
        0x20_0000,
        "USE_DES_KEY_ONLY",
        "is limited to DES",
        "Its tickets are broken in hours, and the password with them.",
    ),
    (
        0x40_0000,
        "DONT_REQ_PREAUTH",
        "signs in without pre-authentication",
        "Anybody in the network can ask for material from which its password is guessed.",
    ),
    (
        0x20,
        "PASSWD_NOTREQD",
        "needs no password",
        "The domain's password policy does not hold for it: it may have an empty password.",
    ),
];

/// The findings on the account.
pub(super) fn account(account: &ServiceAccount) -> Vec<Finding> {
    let flags = FLAGS.iter().filter(|(flag, ..)| account.flags & flag != 0);
    let mut found: Vec<Finding> = flags
        .map(|(flag, name, what, consequence)| {
            let mend = Change::SetFlags {
                account: account.dn.clone(),
                set: 0,
                clear: *flag,
            };
            finding(account, name, what, consequence, mend)
        })
        .collect();
    found.extend(attributes(account));
    found
}

fn attributes(account: &ServiceAccount) -> Vec<Finding> {
    let known = [
        (
            !account.spns.is_empty(),
            "servicePrincipalName",
            "has a service name (SPN)",
            "Every user of the domain can have a ticket made for it and guess its password from that, unseen.",
        ),
        (
            !account.delegates_to.is_empty(),
            "msDS-AllowedToDelegateTo",
            "may delegate to services",
            "With it one can act as other users at these services.",
        ),
        (
            account.acted_for,
            "msDS-AllowedToActOnBehalfOfOtherIdentity",
            "lets other accounts act at it as anybody",
            "Whoever has one of these accounts can act as any user at whatever runs under it.",
        ),
        (
            !account.sid_history.is_empty(),
            "sIDHistory",
            "has SIDs of former accounts",
            "It has every right of these accounts and groups too.",
        ),
    ];
    let there = known.into_iter().filter(|(there, ..)| *there);
    let found = there.map(|(_, attribute, what, consequence)| {
        let mend = Change::RemoveValues {
            object: account.dn.clone(),
            attribute,
            values: Vec::new(),
        };
        finding(account, attribute, what, consequence, mend)
    });
    found.collect()
}

fn finding(
    account: &ServiceAccount,
    attribute: &'static str,
    what: &str,
    consequence: &str,
    mend: Change,
) -> Finding {
    let values = match attribute {
        "servicePrincipalName" => account.spns.join(", "),
        "msDS-AllowedToDelegateTo" => account.delegates_to.join(", "),
        "sIDHistory" => {
            let sids: Vec<String> = account
                .sid_history
                .iter()
                .map(ToString::to_string)
                .collect();
            sids.join(", ")
        }
        _ => String::new(),
    };
    let origin = if values.is_empty() {
        format!("{attribute} is set on {}.", account.dn)
    } else {
        format!("{attribute} of {}: {values}.", account.dn)
    };
    Finding {
        id: id("account", &account.dn, attribute),
        what: What::Excess(Excess::Account { attribute }),
        sentence: format!("{} {what}.", account.sam),
        origin,
        consequence: consequence.to_owned(),
        mend: vec![mend],
    }
}
