//! LDIF for `ldifde`, `ldapmodify` or `ldbmodify`. A list of access rules is one value with the rules of
//! everybody else in it, so that no file made beforehand can add to it: those are printed as SDDL,
//! with the command that adds them.

use super::quoting::{comment, guid, ldif, prompt_dn};
use super::{Setup, policy};
use crate::delegation::needs::{Right, USER_CLASS};
use crate::delegation::plan::FLAGS_NEW;
use crate::domain::identity::Dn;

pub(super) fn set_up(setup: &Setup) -> String {
    let mut text = head(setup, "makes organisational unit, account and group");
    for (ou, _) in setup.homes() {
        text += &add(
            &ou,
            &["top", "organizationalUnit"],
            &[("ou", ou.common_name())],
        );
    }
    text += "\n# Disabled until it has a password, which no file should hold. Then, with a random one of at least 32\n\
             # characters that goes into Keyward's password file too:\n";
    let sam = comment(&setup.account.sam);
    text.extend([format!(
        "#   samba-tool user setpassword {sam} && samba-tool user enable {sam}\n"
    )]);
    text +=
        "#   or \"Reset Password\" and \"Enable Account\" in Active Directory Users and Computers";
    // 0x2: ACCOUNTDISABLE.
    let flags = (FLAGS_NEW | 0x2).to_string();
    text += &add(
        &setup.account_dn,
        &["top", "person", "organizationalPerson", "user"],
        &[
            ("sAMAccountName", &setup.account.sam),
            ("userPrincipalName", &setup.account.upn),
            ("userAccountControl", &flags),
            (
                "description",
                "Keyward's service account: resets passwords, signs in nowhere else",
            ),
        ],
    );
    text += &add(
        &setup.group_dn,
        &["top", "group"],
        &[
            ("sAMAccountName", &setup.group_sam),
            ("groupType", "-2147483646"),
        ],
    );
    text += "\n# The rights: LDIF would replace the rules of everybody else. These commands add to them.\n";
    if setup.sid.is_none() {
        text += "# SID is the account's objectSid; --account-sid writes it in.\n";
    }
    for target in &setup.targets {
        text.extend([format!(
            "#   samba-tool dsacl set --objectdn={} --sddl='{}'\n",
            comment(&shell_quoted(target)),
            sddl(setup)
        )]);
        text.extend([format!(
            "#   or on Windows: keyward delegation script --format dsacls (dsacls {})\n",
            comment(&prompt_dn(target))
        )]);
    }
    text += "#\n";
    for line in policy::steps(setup) {
        text += format!("# {}", comment(&line)).trim_end();
        text.push('\n');
    }
    text
}

pub(super) fn undo(setup: &Setup) -> String {
    let mut text = head(setup, "removes account and group");
    text += "# The rights first, while their account still has a name: keyward delegation revoke, or the undo of\n\
             # the PowerShell script. LDIF would replace the rules of everybody else. Where samba-tool dsacl --help\n\
             # lists \"delete\", which older versions of Samba do not have:\n";
    for target in &setup.targets {
        text.extend([format!(
            "#   samba-tool dsacl delete --objectdn={} --sddl='{}'\n",
            comment(&shell_quoted(target)),
            sddl(setup)
        )]);
    }
    for dn in [&setup.account_dn, &setup.group_dn] {
        text.extend([format!("\n{}changetype: delete\n", ldif("dn", dn.as_str()))]);
    }
    text += "\n# The organisational unit, if nothing else is in it:\n";
    for (ou, _) in setup.homes() {
        text.extend([format!(
            "# {}# changetype: delete\n",
            ldif("dn", ou.as_str())
        )]);
    }
    text.extend([format!("\n# {}\n", policy::UNDO)]);
    text
}

fn head(setup: &Setup, what: &str) -> String {
    format!(
        "# Keyward: this {what}, for the account {}.\n\
         # ldifde -i -f FILE (Windows), or ldapmodify -H ldaps://HOST -D ADMINISTRATOR -W -f FILE\n",
        comment(&setup.qualified())
    )
}

fn add(dn: &Dn, classes: &[&str], attributes: &[(&str, &str)]) -> String {
    let mut text = format!("\n{}changetype: add\n", ldif("dn", dn.as_str()));
    for class in classes {
        text += &ldif("objectClass", class);
    }
    for (name, value) in attributes {
        text += &ldif(name, value);
    }
    text
}

/// The rules of all rights, for the account's SID or a word in its place.
fn sddl(setup: &Setup) -> String {
    let sid = setup.sid.as_ref().map(ToString::to_string);
    let sid = sid.unwrap_or_else(|| "SID".to_owned());
    let rule = |right: &Right| {
        let rights = match right {
            Right::ResetPassword => "CR",
            Right::PwdLastSet | Right::LockoutTime => "RPWP",
        };
        format!(
            "(OA;CIIO;{rights};{};{};{sid})",
            guid(right.guid()),
            guid(USER_CLASS)
        )
    };
    setup.rights.iter().map(rule).collect()
}

fn shell_quoted(dn: &Dn) -> String {
    format!("'{}'", dn.as_str().replace('\'', r"'\''"))
}
