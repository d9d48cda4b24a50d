//! What every domain has from the start: rights, groups, and their fixed identifiers.

/// Rights at the head of the domain (MS-ADTS 6.1.1.1.x, shortened to what is looked at).
pub(super) const HEAD_ACCESS: &str = "(A;;GA;;;SY)(A;CI;GA;;;EA)(A;CI;CCLCSWRPWPLOCRSDRCWDWO;;;BA)\
    (A;;CCLCSWRPWPLOCRSDRCWDWO;;;DA)(A;CI;LC;;;RU)(A;;RPRC;;;RU)(A;;RPLCLORC;;;AU)(A;;RP;;;WD)\
    (OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;BA)(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;ED)\
    (OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;BA)(OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;DD)\
    (OA;CIIO;RP;4c164200-20c0-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;RU)";

/// Rights of a new user, from the schema (MS-ADSC, class user, defaultSecurityDescriptor).
pub(super) const USER_ACCESS: &str = "(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;DA)(A;;GA;;;SY)\
    (A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;AO)(A;;RPLCLORC;;;PS)\
    (OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;PS)(OA;;CR;ab721a54-1e2f-11d0-9819-00aa0040529b;;PS)\
    (OA;;CR;ab721a56-1e2f-11d0-9819-00aa0040529b;;PS)(OA;;RPWP;77b5b886-944a-11d1-aebd-0000f80367c1;;PS)\
    (OA;;RPWP;e45795b2-9455-11d1-aebd-0000f80367c1;;PS)(OA;;RPWP;e45795b3-9455-11d1-aebd-0000f80367c1;;PS)\
    (A;;RC;;;AU)(OA;;RP;59ba2f42-79a2-11d0-9020-00c04fc2d3cf;;AU)\
    (OA;;RP;77b5b886-944a-11d1-aebd-0000f80367c1;;AU)(OA;;RP;e45795b3-9455-11d1-aebd-0000f80367c1;;AU)\
    (OA;;RP;e48d0154-bcf8-11d1-8702-00c04fb96050;;AU)(OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)\
    (OA;;RPWP;bf967a7f-0de6-11d0-a285-00aa003049e2;;CA)";

/// Rights of everything else.
pub(super) const OTHER_ACCESS: &str =
    "(A;;GA;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;DA)(A;;RPLCLORC;;;AU)";

/// Built-in groups of the domain: RID and name.
pub(super) const GROUPS: [(u32, &str); 15] = [
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
];

/// Built-in groups of every domain: SID and name.
pub(super) const ALIASES: [(&str, &str); 9] = [
    ("S-1-5-32-544", "Administrators"),
    ("S-1-5-32-545", "Users"),
    ("S-1-5-32-546", "Guests"),
    ("S-1-5-32-548", "Account Operators"),
    ("S-1-5-32-549", "Server Operators"),
    ("S-1-5-32-550", "Print Operators"),
    ("S-1-5-32-551", "Backup Operators"),
    ("S-1-5-32-552", "Replicator"),
    ("S-1-5-32-554", "Pre-Windows 2000 Compatible Access"),
];
