//! Groups that give power by what they are, whatever rules there are for them, and what a member could do.

use crate::domain::identity::Sid;

const ADMINISTRATORS: &str =
    "Its members administer the domain: with it, one can read and change everything there is.";
const OPERATORS: &str = "Its members change most accounts and groups of the domain and sign in to domain controllers: with it, one can take the domain over.";
const SERVERS: &str = "Its members sign in to domain controllers and change what runs there: with it, one can take the domain over.";
const BACKUP: &str = "Its members read and overwrite every file of a domain controller, the passwords of all accounts among them.";
const CERTIFICATES: &str =
    "Its members publish certificates for accounts: with it, one can sign in as somebody else.";
const POLICIES: &str =
    "Its members make group policies, which run programs on the machines that they are linked to.";
const KEYS: &str =
    "Its members write the keys with which accounts sign in: with it, one can sign in as anybody.";
const CONTROLLERS: &str =
    "It is for domain controllers: with it, one can copy the secrets of the directory.";
const REMOTE: &str = "Its members sign in remotely to domain controllers, where whoever is signed in can attack the rest.";
const LOGS: &str = "Its members read what domain controllers log, which names people, machines and now and then a secret.";
const TRUSTS: &str = "Its members make one-way trusts to this forest: with it, one can let accounts of a foreign domain in.";
const NETWORK: &str = "Its members change the network settings of domain controllers: with it, one can redirect the domain's traffic.";
const COM: &str = "Its members start programs on domain controllers from afar.";
const CRYPTOGRAPHY: &str = "Its members change how domain controllers encrypt.";
const STORAGE: &str =
    "Its members have complete access to the replicated disks of servers, passwords included.";
const CACHED: &str = "Passwords of its members may be copied to read-only domain controllers, which are guarded less.";
const LICENCES: &str = "Its members write licence data into the account of every user.";
const AUTHORIZATION: &str = "Its members read the groups of every account.";
const DNS: &str = "Its members have the DNS service load a program of their choice: with it, one can take the domain's controllers over.";
const UPDATE: &str =
    "Its members' DNS records have no protection, and it lets them take over names of others.";
const EXCHANGE: &str = "Exchange gives it wide rights over the domain, up to changing the rules at its head: with it, one can take the domain over.";

/// By RID in a domain.
const OF_A_DOMAIN: [(u32, &str); 13] = [
    (498, CONTROLLERS),
    (512, ADMINISTRATORS),
    (516, CONTROLLERS),
    (517, CERTIFICATES),
    (518, ADMINISTRATORS),
    (519, ADMINISTRATORS),
    (520, POLICIES),
    (521, CONTROLLERS),
    (522, CONTROLLERS),
    (526, KEYS),
    (527, KEYS),
    (553, AUTHORIZATION),
    (571, CACHED),
];

/// By RID in BUILTIN.
const OF_BUILTIN: [(u32, &str); 17] = [
    (544, ADMINISTRATORS),
    (548, OPERATORS),
    (549, SERVERS),
    (550, SERVERS),
    (551, BACKUP),
    (552, BACKUP),
    (555, REMOTE),
    (556, NETWORK),
    (557, TRUSTS),
    (560, AUTHORIZATION),
    (561, LICENCES),
    (562, COM),
    (569, CRYPTOGRAPHY),
    (573, LOGS),
    (578, SERVERS),
    (580, REMOTE),
    (582, STORAGE),
];

/// By sAMAccountName: they have no RID of their own.
const BY_NAME: [(&str, &str); 10] = [
    ("DnsAdmins", DNS),
    ("DnsUpdateProxy", UPDATE),
    ("Exchange Windows Permissions", EXCHANGE),
    ("Exchange Trusted Subsystem", EXCHANGE),
    ("Exchange Servers", EXCHANGE),
    ("Exchange Organization Administrators", EXCHANGE),
    ("Organization Management", EXCHANGE),
    ("Recipient Management", EXCHANGE),
    ("Hygiene Management", EXCHANGE),
    ("Server Management", EXCHANGE),
];

/// What a member could do, where the group gives power by what it is.
pub(super) fn power(group: &Sid, name: &str) -> Option<&'static str> {
    let rid = group.rid()?;
    let of = |known: &[(u32, &'static str)]| {
        let known = known.iter().find(|(known, _)| *known == rid);
        known.map(|(_, power)| *power)
    };
    if *group == Sid::builtin(rid) {
        return of(&OF_BUILTIN);
    }
    let by_name = || {
        let mut known = BY_NAME.iter();
        let known = known.find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, power)| *power)
    };
    if group.is_of_a_domain() {
        of(&OF_A_DOMAIN).or_else(by_name)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{sid, sid_of};

    #[test]
    fn groups_with_power_are_known_by_sid_and_some_by_name() {
        assert_eq!(
            power(&Sid::builtin(548), "Konten-Operatoren"),
            Some(OPERATORS)
        );
        assert_eq!(power(&sid_of(512), "Domänen-Admins"), Some(ADMINISTRATORS));
        assert_eq!(power(&sid("S-1-5-21-9-9-9-519"), "x"), Some(ADMINISTRATORS));
        assert_eq!(power(&sid_of(1101), "dnsadmins"), Some(DNS));
    }

    #[test]
    fn harmless_groups_are_not_among_them() {
        for (group, name) in [
            (sid_of(513), "Domain Users"),
            (sid_of(2001), "PasswordReset"),
            (Sid::builtin(545), "Users"),
            (Sid::builtin(512), "no such group"),
            (sid("S-1-1-0"), "Everyone"),
        ] {
            assert_eq!(power(&group, name), None, "{name}");
        }
    }
}
