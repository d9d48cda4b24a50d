"""Who and what is in the test domain: names, passwords, policy, and one line for each person.

To add somebody: one line in PEOPLE (or OPERATORS, SPECIAL …). Nothing else is needed.
`dev/fixtures.py --list` prints them.
"""

from dataclasses import dataclass, field

# ---------------------------------------------------------------- the constants that tests use

PASSWORD = "Start-Pass-123!"                      # of every person below
SERVICE_NAME = "svc_passwordreset"
SERVICE_PASSWORD = "Svc-Secret-For-Tests-0001!"
SECOND_SERVICE_NAME = "svc_toomuch"               # has rights that Keyward must complain about
BARE_SERVICE_NAME = "svc_nothing"                 # has no right at all
RESET_GROUP = "Password Resetters"
NESTED_GROUP = "Team Leads"                       # a member of RESET_GROUP
AUDITOR_GROUP = "Log Readers"                     # they read the audit log
NESTED_AUDITOR_GROUP = "Data Protection"          # a member of AUDITOR_GROUP
STRICT_GROUP = "Strict Passwords"                 # the PSO "Strict" applies to it
SPARE_LEADS = 20                                  # lead.spare1 … lead.spare20
TARGETS = 40                                      # target.01 … target.40
BULK = 60                                         # bulk.01 … bulk.60, "Bulk Person NN"
MANY_GROUPS = 200                                 # groups of gus.groups
UPN_SUFFIX = "example.org"                        # a second UPN suffix of the forest

POLICY = {
    "min_length": 10,
    "complexity": True,
    "history": 24,
    "lockout_threshold": 5,
    "lockout_minutes": 30,
    "window_minutes": 30,
    "max_age_days": 90,
    "min_age_days": 0,
}
STRICT_MIN_LENGTH = 20                            # PSO "Strict"
TOUCHY_THRESHOLD = 3                              # PSO "Touchy": a lower lockout threshold

OUS = [  # (name, parent); a parent comes first
    ("Staff", ""),                                # the rule's base, `user_ou`
    ("Sales", "Staff"),
    ("XSales", "Staff"),                          # ends like "Sales"
    ("Production", "Staff"),
    ("Umlaut Ä", "Staff"),
    ("Elsewhere", ""),                            # outside
    ("XStaff", ""),                               # outside, ends like "Staff"
    ("Service Accounts", ""),
    ("Groups", ""),
    ("Many", "Groups"),
]

# The least that Keyward needs, as an administrator would delegate it on OU=Staff.
USER_CLASS = "bf967aba-0de6-11d0-a285-00aa003049e2"
RESET_PASSWORD = "00299570-246d-11d0-a768-00aa006e0529"
CHANGE_PASSWORD = "ab721a53-1e2f-11d0-9819-00aa0040529b"
PWD_LAST_SET = "bf967a0a-0de6-11d0-a285-00aa003049e2"
LOCKOUT_TIME = "28630ebf-41d5-11d1-a9c1-0000f80367c1"
DELEGATION = [
    f"(OA;CIIO;CR;{RESET_PASSWORD};{USER_CLASS};SID)",
    f"(OA;CIIO;RPWP;{PWD_LAST_SET};{USER_CLASS};SID)",
    f"(OA;CIIO;RPWP;{LOCKOUT_TIME};{USER_CLASS};SID)",
]
GET_CHANGES = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2"
GET_CHANGES_ALL = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"

# userAccountControl
NORMAL = 0x200
DISABLED, NOT_REQUIRED, NEVER_EXPIRES, SMARTCARD = 0x2, 0x20, 0x10000, 0x40000
TRUSTED_FOR_DELEGATION, TRUSTED_TO_AUTH = 0x80000, 0x1000000
WORKSTATION, INTERDOMAIN_TRUST = 0x1000, 0x800

DOMAIN_ADMINS, BACKUP_OPERATORS = "Domain Admins", "Backup Operators"


@dataclass
class Account:
    """One account. `cn` is its display name too, unless `more` has another."""

    sam: str
    cn: str
    ou: str
    note: str
    groups: list = field(default_factory=list)
    uac: int = NORMAL
    more: dict = field(default_factory=dict)      # LDAP attributes, put in as they are
    # What is done after it exists:
    locked: bool = False
    must_change: bool = False
    password_days: int = 0                        # set that long ago
    primary: str = ""                             # its primary group
    cannot_change: bool = False
    isolated: bool = False                        # inherits no rights
    password: str = PASSWORD
    object_class: str = "user"


def lead(sam, cn, note, groups=(RESET_GROUP,), ou="Elsewhere", **rest):
    return Account(sam, cn, ou, note, list(groups), **rest)


OPERATORS = [
    lead("lead.lena", "Lena Lead", "operator, by the nested group", [NESTED_GROUP]),
    lead("lead.direct", "Dirk Direct", "operator, direct member"),
    lead("lead.primary", "Petra Primary", "operator, only by the primary group", primary=RESET_GROUP),
    lead("olga.operator", "Olga Operator", "operator inside Staff: a peer", ou="Staff"),
    lead("lead.disabled", "Doris Disabled", "operator, disabled", uac=NORMAL | DISABLED),
    lead("lead.expired", "Ewald Expired", "operator, account expired", more={"accountExpires": "-1d"}),
    lead("lead.locked", "Lotte Locked", "operator, locked out", locked=True),
    lead("lead.mustchange", "Max Mustchange", "operator, must change the password", must_change=True),
    lead("lead.pwdexpired", "Paul Pastdue", "operator, password expired by age", password_days=120),
    lead("lead.hours", "Hanna Hours", "operator, no logon hours", more={"logonHours": bytes(21)}),
    lead("lead.touchy", "Toni Touchy", f"operator, PSO with a lockout threshold of {TOUCHY_THRESHOLD}"),
    lead("lead.upn", "Ulla Upn", "operator, UPN unlike the account name",
         more={"userPrincipalName": "another.name@example.test"}),
    lead("lead.suffix", "Sven Suffix", "operator, UPN with the forest's other suffix",
         more={"userPrincipalName": f"lead.suffix@{UPN_SUFFIX}"}),
    lead("lead.both", "Bea Both", "operator, outside, and a Domain Admin", [RESET_GROUP, DOMAIN_ADMINS]),
    *(lead(f"lead.spare{n}", f"Spare Lead {n}", "operator for tests that harm it")
      for n in range(1, SPARE_LEADS + 1)),
    lead("ada.auditor", "Ada Auditor", "auditor by the nested group, no operator", [NESTED_AUDITOR_GROUP]),
    lead("bo.both", "Bo Both", "operator and auditor", [RESET_GROUP, AUDITOR_GROUP]),
    Account("norma.nobody", "Norma Nobody", "Elsewhere", "in no group: not an operator"),
]

PEOPLE = [
    Account("alice.able", "Alice Able", "Staff", "plain, everything filled in", more={
        "givenName": "Alice", "sn": "Able", "department": "Sales", "title": "Account Manager",
        "company": "Example Ltd", "mail": "alice.able@example.test", "telephoneNumber": "+49 30 5550101",
        "physicalDeliveryOfficeName": "Berlin, room 101", "employeeID": "10001", "manager": "lead.lena"}),
    Account("bob.baker", "Bob Baker", "Sales", "plain, in a sub OU", more={
        "givenName": "Bob", "sn": "Baker", "department": "Sales", "mail": "bob.baker@example.test"}),
    Account("lou.locked", "Lou Locked", "Staff", "locked out", locked=True),
    Account("dora.disabled", "Dora Disabled", "Staff", "disabled", uac=NORMAL | DISABLED),
    Account("ed.expired", "Ed Expired", "Staff", "account expired", more={"accountExpires": "-1d"}),
    Account("mia.mustchange", "Mia Mustchange", "Staff", "must change already", must_change=True),
    Account("otis.oldpassword", "Otis Oldpassword", "Staff", "password expired by age", password_days=120),
    Account("nina.never", "Nina Never", "Staff", "password never expires", uac=NORMAL | NEVER_EXPIRES),
    Account("nora.notrequired", "Nora Notrequired", "Staff", "PASSWD_NOTREQD", uac=NORMAL | NOT_REQUIRED),
    Account("sam.smartcard", "Sam Smartcard", "Staff", "smart card required", uac=NORMAL | SMARTCARD),
    Account("carl.cannotchange", "Carl Cannotchange", "Staff", "may not change the password", cannot_change=True),
    Account("ines.isolated", "Ines Isolated", "Staff", "inherits no rights: not delegated", isolated=True),
    Account("stan.strict", "Stan Strict", "Staff", f"PSO Strict, at least {STRICT_MIN_LENGTH}", [STRICT_GROUP]),
    Account("gus.groups", "Gus Groups", "Staff", f"in {MANY_GROUPS} groups"),
    Account("norbert.noname", "Norbert Noname", "Staff", "no display name",
            more={"displayName": None}),
    Account("chris.sales", "Chris Twin (Sales)", "Sales", "same display name as chris.production",
            more={"displayName": "Chris Twin", "department": "Sales"}),
    Account("chris.production", "Chris Twin (Production)", "Production", "same display name as chris.sales",
            more={"displayName": "Chris Twin", "department": "Production"}),
    Account("carla.coffee", "Carla Coffee", "Staff", "in a group that is only named like a protected one",
            ["Domain Admins of Coffee"]),
    # Protected, in each way that there is.
    Account("adam.admin", "Adam Admin", "Staff", "protected: Domain Admins, direct", [DOMAIN_ADMINS]),
    Account("anna.nested", "Anna Nested", "Staff", "protected: Domain Admins, nested", ["Server Team"]),
    Account("pia.primary", "Pia Primary", "Staff", "protected: Domain Admins as primary group",
            primary=DOMAIN_ADMINS),
    Account("bea.backup", "Bea Backup", "Staff", "protected: Backup Operators (built in)", [BACKUP_OPERATORS]),
    Account("stale.admincount", "Stale Admincount", "Staff", "adminCount=1, in no protected group",
            more={"adminCount": "1"}),
    Account("dirk.delegation", "Dirk Delegation", "Staff", "trusted for delegation",
            uac=NORMAL | TRUSTED_FOR_DELEGATION),
    Account("tara.toauth", "Tara Toauth", "Staff", "trusted to authenticate for delegation",
            uac=NORMAL | TRUSTED_TO_AUTH),
    Account("dan.dcsync", "Dan Dcsync", "Staff", "shadow admin: may replicate secrets (DCSync)"),
    Account("willi.writedacl", "Willi Writedacl", "Staff", "shadow admin: WriteDACL at the domain head"),
    # Not people.
    Account("WS01$", "WS01", "Staff", "computer", uac=WORKSTATION, object_class="computer", password=""),
    Account("gmsa01$", "gmsa01", "Staff", "gMSA", uac=WORKSTATION, password="",
            object_class="msDS-GroupManagedServiceAccount", more={"msDS-ManagedPasswordInterval": "30"}),
    Account("msa01$", "msa01", "Staff", "managed service account", uac=WORKSTATION, password="",
            object_class="msDS-ManagedServiceAccount"),
    Account("TRUSTED$", "TRUSTED$", "Staff", "trust account", uac=INTERDOMAIN_TRUST | NOT_REQUIRED, password=""),
    Account("iris.inetorg", "Iris Inetorg", "Staff", "inetOrgPerson: a user to people, not to the ACEs",
            object_class="inetOrgPerson"),
    # Outside.
    Account("otto.outside", "Otto Outside", "Elsewhere", "outside the rule's base"),
    Account("xaver.xstaff", "Xaver Xstaff", "XStaff", "outside, in an OU whose name ends like Staff"),
    Account("fake.inside", "Fake,OU=Staff,DC=example,DC=test", "Elsewhere", "outside, the CN claims to be inside"),
    Account(SERVICE_NAME, "Keyward service", "Service Accounts", "the service account, delegated as it should be",
            uac=NORMAL | NEVER_EXPIRES, password=SERVICE_PASSWORD),
    Account(SECOND_SERVICE_NAME, "Too powerful service", "Service Accounts",
            "a service account with GenericAll on Staff", uac=NORMAL | NEVER_EXPIRES, password=SERVICE_PASSWORD),
    Account(BARE_SERVICE_NAME, "Powerless service", "Service Accounts",
            "a service account without any delegation", uac=NORMAL | NEVER_EXPIRES, password=SERVICE_PASSWORD),
]

SPECIAL = [  # (account name, CN, display name, OU): what breaks parsers and pages
    ("odd.comma", "Comma, Connie", None, "Staff"),
    ("odd.backslash", "Back\\slash Bert", None, "Staff"),
    ("odd.hash", "#hash Hanna", None, "Staff"),
    ("odd.plus", "Plus+Paula", None, "Staff"),
    ("odd.quote", 'Quote "Quentin" Quist', None, "Staff"),
    ("odd.less", "Less<Lena", None, "Staff"),
    ("odd.greater", "Greater>Gregor", None, "Staff"),
    ("odd.semicolon", "Semi;Simon", None, "Staff"),
    ("odd.equals", "Equals=Erika", None, "Staff"),
    ("odd.star", "Star*Stella (Paren)", None, "Staff"),
    ("odd.slash", "Slash/Sascha", None, "Staff"),
    ("odd.leading", " Leading Lisa", None, "Staff"),
    ("odd.trailing", "Trailing Tom ", None, "Staff"),
    ("odd.apostrophe", "Pat O'Neil & Sons", None, "Staff"),
    ("odd.umlaut", "Jürgen Müßig", None, "Umlaut Ä"),
    ("zoë.größe", "Zoë Größe", None, "Umlaut Ä"),
    ("odd.emoji", "Emma 😀 Emoji", None, "Staff"),
    ("odd.cjk", "山田 太郎", None, "Staff"),
    ("odd.arabic", "محمد علي", None, "Staff"),
    ("odd.markup", "Markup Marvin", "<script>alert(1)</script>", "Staff"),
    ("odd.attribute", "Attribute Anton", '" autofocus onfocus="alert(1)', "Staff"),
    ("odd.template", "Template Tilda", "{{7*7}} ${7*7} %s", "Staff"),
    ("odd.bidi", "Bidi Bruno", "Bruno \u202egnp.exe", "Staff"),
    ("odd.zerowidth", "Zero Zita", "Zi\u200bta\u00ad Zero", "Staff"),
    ("odd.linebreak", "Line Linda", "Linda\r\nX-Injected: yes", "Staff"),
    ("odd.ansi", "Ansi Andi", "\x1b[31mAndi\x1b[0m\u2028next", "Staff"),
    ("odd.formula", "Formula Fritz", "=HYPERLINK(\"http://evil.test\")", "Staff"),
    ("odd.ou", "OU=Sales, really", None, "Staff"),
    ("odd.xsales", "XSales", None, "XSales"),
    ("odd.long.name.20char", "Long Lothar " + "x" * 52, "Lothar " + "Langname " * 27, "Staff"),
]

NAMES = """Tara Amsel|Timo Buche|Tina Dachs|Tom Eiche|Thea Falke|Till Ginster|Trude Hecht|Tobias Igel
Tilda Kiebitz|Theo Linde|Tamara Marder|Tristan Nelke|Tabea Otter|Titus Pappel|Toni Quendel|Tanja Rabe
Thilo Spatz|Tessa Tanne|Tjark Ulme|Traudl Veilchen|Ulrike Weide|Udo Zander|Ursel Ahorn|Uwe Birke|Una Distel
Urban Elster|Uta Fichte|Ulf Geier|Verena Hasel|Viktor Iltis|Vera Kresse|Valentin Luchs|Viola Meise
Volker Narzisse|Vanessa Orchidee|Veit Primel|Wanda Reiher|Walter Salbei|Wiebke Thymian|Wilhelm Uhu"""
NAMES = NAMES.replace("\n", "|").split("|")

GROUPS = [  # (name, members that are groups)
    (NESTED_GROUP, []),
    (RESET_GROUP, [NESTED_GROUP]),
    (NESTED_AUDITOR_GROUP, []),
    (AUDITOR_GROUP, [NESTED_AUDITOR_GROUP]),
    (STRICT_GROUP, []),
    ("Server Team", []),                          # put into Domain Admins below
    ("Domain Admins of Coffee", []),
]


def everybody():
    """All accounts, in the order in which they are made."""
    yield from OPERATORS
    yield from PEOPLE
    for sam, cn, display, ou in SPECIAL:
        yield Account(sam, cn, ou, "odd name", more={"displayName": display} if display else {})
    for n in range(1, TARGETS + 1):
        yield Account(f"target.{n:02}", NAMES[n - 1], "Staff", "spare person to reset",
                      more={"department": "Production" if n % 2 else "Sales"})
    for n in range(1, BULK + 1):
        yield Account(f"bulk.{n:02}", f"Bulk Person {n:02}", "Production", "one of many hits")
