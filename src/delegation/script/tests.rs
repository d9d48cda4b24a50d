//! What the scripts say, and that no name gets out of its quotes.

use super::*;
use crate::delegation::change::Change;
use crate::delegation::needs::Needs;
use crate::domain::secret::SecretSource;
use crate::domain::security_descriptor::{Ace, AceFlags, AceKind, Rights};

fn dn(text: &str) -> Dn {
    text.parse().expect("a DN")
}

fn sid() -> Sid {
    "S-1-5-21-1-2-3-1105".parse().expect("a SID")
}

fn wanted(target: &str) -> Wanted {
    Wanted {
        username: "svc".to_owned(),
        password: SecretSource::Value("Never-In-A-Script-1!".into()),
        account_ou: None,
        reset_group: "Password Resetters".to_owned(),
        needs: Needs {
            targets: vec![dn(target)],
            unlock: true,
        },
        reset_password: false,
    }
}

const FORMATS: [Format; 3] = [Format::PowerShell, Format::Dsacls, Format::Ldif];
const STAFF: &str = "OU=Staff,DC=example,DC=test";

fn made(format: Format, undo: bool) -> String {
    script(format, undo, &wanted(STAFF), "EXAMPLE", None).expect("a script")
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
}

#[test]
fn powershell_makes_all_of_it_and_asks_for_the_password() {
    has(
        &made(Format::PowerShell, false),
        &[
            "if (-not (Get-ADObject -LDAPFilter '(distinguishedName=OU=Keyward,DC=example,DC=test)')) {\n    \
             New-ADOrganizationalUnit -Name 'Keyward' -Path 'DC=example,DC=test'",
            "$password = Read-Host -AsSecureString",
            "New-ADUser -Name 'svc' -SamAccountName 'svc' -UserPrincipalName 'svc@example.test' -Path 'OU=Keyward,DC=example,DC=test'",
            "Set-ADAccountControl -Identity 'svc' -AccountNotDelegated $true",
            "New-ADGroup -Name 'Password Resetters'",
            "$acl = Get-Acl -LiteralPath 'AD:\\OU=Staff,DC=example,DC=test'",
            "$acl.AddAccessRule((New-KeywardRule $sid 'ExtendedRight' '00299570-246d-11d0-a768-00aa006e0529'))",
            "$acl.AddAccessRule((New-KeywardRule $sid 'ReadProperty, WriteProperty' 'bf967a0a-0de6-11d0-a285-00aa003049e2'))",
            "$acl.AddAccessRule((New-KeywardRule $sid 'ReadProperty, WriteProperty' '28630ebf-41d5-11d1-a9c1-0000f80367c1'))",
            "Set-Acl -LiteralPath 'AD:\\OU=Staff,DC=example,DC=test' -AclObject $acl",
        ],
    );
    has(
        &made(Format::PowerShell, true),
        &["$acl.RemoveAccessRuleSpecific((New-KeywardRule $sid 'ExtendedRight'"],
    );
}

#[test]
fn dsacls_gives_each_right_to_users_below_only() {
    has(
        &made(Format::Dsacls, false),
        &[
            "dsadd ou \"OU=Keyward,DC=example,DC=test\"\r\n",
            "dsadd user \"CN=svc,OU=Keyward,DC=example,DC=test\" -samid \"svc\" -upn \"svc@example.test\" -pwd *",
            "dsacls \"OU=Staff,DC=example,DC=test\" /I:S /G \"EXAMPLE\\svc:CA;Reset Password;user\"\r\n",
            "dsacls \"OU=Staff,DC=example,DC=test\" /I:S /G \"EXAMPLE\\svc:RPWP;pwdLastSet;user\"\r\n",
            "dsacls \"OU=Staff,DC=example,DC=test\" /I:S /G \"EXAMPLE\\svc:RPWP;lockoutTime;user\"\r\n",
        ],
    );
    has(
        &made(Format::Dsacls, true),
        &["dsacls \"OU=Staff,DC=example,DC=test\" /R \"EXAMPLE\\svc\"\r\n"],
    );
}

#[test]
fn ldif_makes_objects_and_leaves_the_rules_of_others_alone() {
    let with_sid = script(Format::Ldif, false, &wanted(STAFF), "EXAMPLE", Some(sid()));
    let text = with_sid.expect("a script");
    has(
        &text,
        &[
            "dn: OU=Keyward,DC=example,DC=test\nchangetype: add\n",
            "dn: CN=svc,OU=Keyward,DC=example,DC=test\nchangetype: add\n",
            // NORMAL_ACCOUNT, DONT_EXPIRE_PASSWORD, NOT_DELEGATED and, for now, ACCOUNTDISABLE.
            "userAccountControl: 1114626\n",
            "groupType: -2147483646\n",
            "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;S-1-5-21-1-2-3-1105)",
        ],
    );
    assert!(!text.contains("nTSecurityDescriptor"));
    has(&made(Format::Ldif, true), &["changetype: delete\n"]);
}

#[test]
fn no_script_has_a_password_and_each_says_how_interactive_logon_is_denied() {
    for format in FORMATS {
        let text = made(format, false);
        assert!(!text.contains("Never-In-A-Script-1!"));
        has(
            &text,
            &[
                "SeDenyInteractiveLogonRight = EXAMPLE\\svc",
                "SeDenyRemoteInteractiveLogonRight = EXAMPLE\\svc",
            ],
        );
        has(&made(format, true), &["Deny log on"]);
    }
}

#[test]
fn only_the_rights_of_the_settings_are_in_it() {
    let mut no_unlock = wanted(STAFF);
    no_unlock.needs.unlock = false;
    for format in FORMATS {
        let text = script(format, false, &no_unlock, "EXAMPLE", None).expect("a script");
        assert!(
            !text.contains("lockoutTime") && !text.contains("28630ebf"),
            "{text}"
        );
    }
}

#[test]
fn a_name_can_end_neither_a_text_nor_a_line() {
    let odd =
        wanted("OU=x'\u{2019}\\; Remove-Item \\\"C:\\\\%TEMP%\\\"\n& del *,DC=example,DC=test");
    let shell = script(Format::PowerShell, false, &odd, "EXAMPLE", None).expect("a script");
    has(&shell, &["'AD:\\OU=x''\u{2019}\u{2019}\\; Remove-Item"]);
    let prompt = script(Format::Dsacls, false, &odd, "EXAMPLE", None).expect("a script");
    has(
        &prompt,
        &[
            "dsacls \"OU=x'\u{2019}\\; Remove-Item \\22C:\\5C\\25TEMP\\25\\22\\0A\\26 del *,DC=example,DC=test\" /I:S",
        ],
    );
    let ldif = script(Format::Ldif, false, &odd, "EXAMPLE", None).expect("a script");
    let starts = [
        "#",
        "dn:",
        "changetype:",
        "objectClass:",
        "ou:",
        "sAM",
        "user",
        "desc",
        "group",
    ];
    for line in ldif.lines().filter(|line| !line.is_empty()) {
        assert!(starts.iter().any(|start| line.starts_with(start)), "{line}");
    }
}

#[test]
fn a_name_that_no_prompt_takes_is_refused_for_dsacls_only() {
    let mut odd = wanted(STAFF);
    odd.reset_group = "100% Resetters & \"co\"".to_owned();
    let refused = script(Format::Dsacls, false, &odd, "EXAMPLE", None);
    assert_eq!(refused, Err(NoPlan::NotForPrompt(odd.reset_group.clone())));
    let shell = script(Format::PowerShell, false, &odd, "EXAMPLE", None).expect("a script");
    has(&shell, &["-SamAccountName '100% Resetters & \"co\"'"]);
}

#[test]
fn a_single_change_is_one_command() {
    let everything = Ace {
        kind: AceKind::Allow,
        flags: AceFlags(0x02),
        rights: Rights::EVERYTHING,
        object: None,
        inherited_by: None,
        trustee: sid(),
    };
    let take = Change::RemoveRules {
        object: dn(STAFF),
        whom: "svc".to_owned(),
        rules: vec![everything],
    };
    let command = powershell::change(&take);
    has(
        &command,
        &[
            "$acl.RemoveAccessRuleSpecific((New-Object System.DirectoryServices.ActiveDirectoryAccessRule(\
             [System.Security.Principal.SecurityIdentifier]'S-1-5-21-1-2-3-1105', \
             [System.DirectoryServices.ActiveDirectoryRights]983551, 'Allow', \
             [guid]'00000000-0000-0000-0000-000000000000', 'All', [guid]'00000000-0000-0000-0000-000000000000')))",
        ],
    );
    assert_eq!(command.lines().count(), 1);
    assert_eq!(
        dsacls::change(&take, "EXAMPLE"),
        None,
        "it cannot take off single rules"
    );
    let give = Change::AddRules {
        object: dn(STAFF),
        whom: "svc".to_owned(),
        rules: vec![Right::PwdLastSet.rule(&sid())],
    };
    assert_eq!(
        dsacls::change(&give, "EXAMPLE"),
        Some(vec![
            "dsacls \"OU=Staff,DC=example,DC=test\" /I:S /G \"EXAMPLE\\svc:RPWP;pwdLastSet;user\""
                .to_owned()
        ])
    );
    let leave = Change::RemoveMember {
        group: dn("CN=O'Group,DC=x"),
        member: dn("CN=svc,DC=x"),
    };
    assert_eq!(
        powershell::change(&leave),
        "Remove-ADGroupMember -Identity 'CN=O''Group,DC=x' -Members 'CN=svc,DC=x' -Confirm:$false"
    );
}
