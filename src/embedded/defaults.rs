//! What every domain has from the start: groups with their fixed identifiers, and the rights of those
//! containers that do not have the default of their class. The others are in `schema_classes.txt`.

/// `CN=AdminSDHolder`: what members of protected groups get (MS-ADTS 3.1.1.6.1.1).
pub(super) const ADMIN_SD_HOLDER: &str = "(A;;GA;;;SY)(A;;CCDCLCSWRPWPLOCRSDRCWDWO;;;DA)\
    (A;;CCDCLCSWRPWPLOCRSDRCWDWO;;;EA)(A;;CCDCLCSWRPWPLOCRSDRCWDWO;;;BA)(A;;RPLCLORC;;;AU)\
    (OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)(OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;PS)\
    (OA;;RPWP;bf967a7f-0de6-11d0-a285-00aa003049e2;;CA)";

/// `CN=Users` and `CN=Computers`: administrators of accounts make them there.
pub(super) const ACCOUNTS: &str = "(A;;GA;;;SY)(A;;CCDCLCSWRPWPLOCRRCWDWO;;;DA)(A;;RPLCLORC;;;AU)\
    (OA;;CCDC;bf967aba-0de6-11d0-a285-00aa003049e2;;AO)(OA;;CCDC;bf967a9c-0de6-11d0-a285-00aa003049e2;;AO)\
    (OA;;CCDC;4828cc14-1437-45bc-9b07-ad6f015e5f28;;AO)(OA;;CCDC;bf967aa8-0de6-11d0-a285-00aa003049e2;;PO)";

/// `OU=Domain Controllers`.
pub(super) const CONTROLLERS: &str =
    "(A;;GA;;;SY)(A;;CCLCSWRPWPLOCRRCWDWO;;;DA)(A;;RPLCLORC;;;AU)(A;;RPLCLORC;;;ED)";

/// `CN=Configuration`.
pub(super) const CONFIGURATION: &str = "(A;;RPLCLORC;;;AU)(A;CI;GA;;;EA)(A;;GA;;;SY)\
    (A;CIIO;CCLCSWRPWPLOCRSDRCWDWO;;;DA)(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;ED)\
    (OA;;CR;1131f6ab-9c07-11d1-f79f-00c04fc2dcd2;;ED)(OA;;CR;1131f6ac-9c07-11d1-f79f-00c04fc2dcd2;;ED)\
    (OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;ED)(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;BA)\
    (OA;;CR;1131f6ab-9c07-11d1-f79f-00c04fc2dcd2;;BA)(OA;;CR;1131f6ac-9c07-11d1-f79f-00c04fc2dcd2;;BA)\
    (OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;BA)";

/// Containers in the configuration.
pub(super) const IN_CONFIGURATION: &str =
    "(A;;RPLCLORC;;;AU)(A;;CCLCSWRPWPLOCRRCWDWO;;;EA)(A;;GA;;;SY)";

/// `CN=Schema`.
pub(super) const SCHEMA: &str = "(A;CI;RPLCLORC;;;AU)(A;CI;CCLCSWRPWPLOCRRCWDWO;;;SA)(A;CI;GA;;;SY)\
    (OA;;CR;e12b56b6-0a95-11d1-adbb-00c04fd8d5cd;;SA)(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;ED)\
    (OA;;CR;1131f6ab-9c07-11d1-f79f-00c04fc2dcd2;;ED)(OA;;CR;1131f6ac-9c07-11d1-f79f-00c04fc2dcd2;;ED)\
    (OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;ED)(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;BA)\
    (OA;;CR;1131f6ab-9c07-11d1-f79f-00c04fc2dcd2;;BA)(OA;;CR;1131f6ac-9c07-11d1-f79f-00c04fc2dcd2;;BA)\
    (OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;BA)";

/// Built-in groups of the domain: RID and name.
pub(super) const GROUPS: [(u32, &str); 16] = [
    (512, "Domain Admins"),
    (513, "Domain Users"),
    (514, "Domain Guests"),
    (515, "Domain Computers"),
    (516, "Domain Controllers"),
    (517, "Cert Publishers"),
    (518, "Schema Admins"),
    (519, "Enterprise Admins"),
    (520, "Group Policy Creator Owners"),
    (521, "Read-only Domain Controllers"),
    (522, "Cloneable Domain Controllers"),
    (525, "Protected Users"),
    (526, "Key Admins"),
    (527, "Enterprise Key Admins"),
    (553, "RAS and IAS Servers"),
    (1101, "DnsAdmins"),
];

/// Built-in groups of every domain: SID and name.
pub(super) const ALIASES: [(&str, &str); 17] = [
    ("S-1-5-32-544", "Administrators"),
    ("S-1-5-32-545", "Users"),
    ("S-1-5-32-546", "Guests"),
    ("S-1-5-32-548", "Account Operators"),
    ("S-1-5-32-549", "Server Operators"),
    ("S-1-5-32-550", "Print Operators"),
    ("S-1-5-32-551", "Backup Operators"),
    ("S-1-5-32-552", "Replicator"),
    ("S-1-5-32-554", "Pre-Windows 2000 Compatible Access"),
    ("S-1-5-32-555", "Remote Desktop Users"),
    ("S-1-5-32-556", "Network Configuration Operators"),
    ("S-1-5-32-557", "Incoming Forest Trust Builders"),
    ("S-1-5-32-560", "Windows Authorization Access Group"),
    ("S-1-5-32-561", "Terminal Server License Servers"),
    ("S-1-5-32-562", "Distributed COM Users"),
    ("S-1-5-32-578", "Hyper-V Administrators"),
    ("S-1-5-32-580", "Remote Management Users"),
];

/// Principals from elsewhere that built-in groups hold, and the groups.
pub(super) const FOREIGN: [(&str, &[&str]); 4] = [
    ("S-1-5-4", &["Users"]),
    ("S-1-5-9", &["Windows Authorization Access Group"]),
    ("S-1-5-11", &["Users", "Pre-Windows 2000 Compatible Access"]),
    ("S-1-5-17", &[]),
];

/// Containers below `CN=System`, beside those that have a meaning here.
pub(super) const SYSTEM_CONTAINERS: [&str; 6] = [
    "WinsockServices",
    "RpcServices",
    "FileLinks",
    "Meetings",
    "ComPartitions",
    "DomainUpdates",
];

/// The two policies of every domain: name and what it is called.
pub(super) const POLICIES: [(&str, &str); 2] = [
    (
        "{31B2F340-016D-11D2-945F-00C04FB984F9}",
        "Default Domain Policy",
    ),
    (
        "{6AC1786C-016F-11D2-945F-00C04FB984F9}",
        "Default Domain Controllers Policy",
    ),
];
