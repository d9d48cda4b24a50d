//! PowerShell, with the `ActiveDirectory` module of the remote server administration tools.

use super::quoting::{comment, filter_value, guid, powershell as quoted};
use super::{Setup, policy};
use crate::delegation::change::Change;
use crate::domain::identity::Dn;
use crate::domain::security_descriptor::{Ace, AceFlags, AceKind};

/// Rules by name: the type that the two access rules of .NET need.
const FUNCTIONS: &str = r"
function New-KeywardRule($Sid, [string]$Rights, [guid]$Object) {
    New-Object System.DirectoryServices.ActiveDirectoryAccessRule($Sid,
        [System.DirectoryServices.ActiveDirectoryRights]$Rights,
        [System.Security.AccessControl.AccessControlType]::Allow, $Object,
        [System.DirectoryServices.ActiveDirectorySecurityInheritance]::Descendents,
        [guid]'bf967aba-0de6-11d0-a285-00aa003049e2')   # users
}
";

pub(super) fn set_up(setup: &Setup) -> String {
    let mut text = head(
        setup,
        "gives Keyward's service account exactly what it needs",
    );
    text += "\n# 1. An organisational unit of its own\n";
    for (ou, above) in setup.homes() {
        text += &unless_there(
            &ou,
            &format!(
                "New-ADOrganizationalUnit -Name {} -Path {} -ProtectedFromAccidentalDeletion $false",
                quoted(ou.common_name()),
                quoted(above.as_str())
            ),
        );
    }
    text += "\n# 2. The service account: its password never expires, nobody may use its identity by delegation\n";
    text += &unless_principal(&setup.account.sam, &create_account(setup));
    text.extend([format!(
        "Set-ADUser -Identity {sam} -PasswordNeverExpires $true -ChangePasswordAtLogon $false -Enabled $true\n\
         Set-ADAccountControl -Identity {sam} -AccountNotDelegated $true\n",
        sam = quoted(&setup.account.sam)
    )]);
    text += "\n# 3. The group of those who may reset passwords\n";
    text += &unless_principal(
        &setup.group_sam,
        &format!(
            "New-ADGroup -Name {} -SamAccountName {} -GroupCategory Security -GroupScope Global -Path {}",
            quoted(setup.group_dn.common_name()),
            quoted(&setup.group_sam),
            quoted(&path_of(&setup.group_dn))
        ),
    );
    text += "\n# 4. Exactly these rights, on users below each organisational unit\n";
    text += &rules(setup, "AddAccessRule");
    text += "\n# 5. To be done by hand\n";
    for line in policy::steps(setup) {
        text.extend([format!("# {}\n", comment(&line))]);
    }
    text
}

pub(super) fn undo(setup: &Setup) -> String {
    let mut text = head(setup, "takes away what the setup gave");
    text += "\n# 1. Exactly these rights; everything else on the organisational units stays\n";
    text += &rules(setup, "RemoveAccessRuleSpecific");
    text += "\n# 2. Account, group and organisational unit, if nothing else needs them: take the # away\n";
    text.extend([format!(
        "#Remove-ADUser -Identity {} -Confirm:$false\n",
        comment(&quoted(&setup.account.sam))
    )]);
    text.extend([format!(
        "#Remove-ADGroup -Identity {} -Confirm:$false\n",
        comment(&quoted(&setup.group_sam))
    )]);
    for (ou, _) in setup.homes() {
        text.extend([format!(
            "#Remove-ADOrganizationalUnit -Identity {} -Confirm:$false\n",
            comment(&quoted(ou.as_str()))
        )]);
    }
    text.extend([format!("\n# 3. {}\n", policy::UNDO)]);
    text
}

/// The command for one change, on a machine with the `ActiveDirectory` module.
pub fn change(change: &Change) -> String {
    match change {
        Change::CreateOu { dn } => format!(
            "New-ADOrganizationalUnit -Name {} -Path {} -ProtectedFromAccidentalDeletion $false",
            quoted(dn.common_name()),
            quoted(&path_of(dn))
        ),
        Change::CreateGroup { dn, sam } => format!(
            "New-ADGroup -Name {} -SamAccountName {} -GroupCategory Security -GroupScope Global -Path {}",
            quoted(dn.common_name()),
            quoted(sam),
            quoted(&path_of(dn))
        ),
        Change::SetFlags {
            account,
            set,
            clear,
        } => format!(
            "$o = Get-ADObject -Identity {0} -Properties userAccountControl; Set-ADObject -Identity {0} \
             -Replace @{{userAccountControl = (($o.userAccountControl -bor {set}) -band (-bnot {clear}))}}",
            quoted(account.as_str())
        ),
        Change::AddRules { object, rules, .. } => edit(object, &each(rules, "AddAccessRule")),
        Change::RemoveRules { object, rules, .. } => {
            edit(object, &each(rules, "RemoveAccessRuleSpecific"))
        }
        Change::AllowInheritance { object } => {
            edit(object, "$acl.SetAccessRuleProtection($false, $true)")
        }
        Change::SetOwner { object, owner } => edit(
            object,
            &format!("$acl.SetOwner([System.Security.Principal.SecurityIdentifier]'{owner}')"),
        ),
        Change::RemoveMember { group, member } => leave(group, member),
        Change::SetPrimaryGroup {
            account,
            rid,
            leave: old,
        } => {
            let dn = quoted(account.as_str());
            let first = format!(
                "$a = Get-ADUser -Identity {dn}; \
                 Add-ADGroupMember -Identity \"$($a.SID.AccountDomainSid)-{rid}\" -Members {dn}; \
                 Set-ADObject -Identity {dn} -Replace @{{primaryGroupID = {rid}}}"
            );
            match old {
                Some(old) => format!("{first}; {}", leave(old, account)),
                None => first,
            }
        }
        Change::RemoveValues {
            object,
            attribute,
            values,
        } if values.is_empty() => format!(
            "Set-ADObject -Identity {} -Clear {attribute}",
            quoted(object.as_str())
        ),
        Change::RemoveValues {
            object,
            attribute,
            values,
        } => {
            let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            format!(
                "Set-ADObject -Identity {} -Remove @{{{} = {}}}",
                quoted(object.as_str()),
                quoted(attribute),
                values.join(", ")
            )
        }
    }
}

fn head(setup: &Setup, what: &str) -> String {
    format!(
        "# Keyward: this {what}.\n\
         # Account: {}\n\
         # Run it as an administrator of the domain, in PowerShell with the ActiveDirectory module. A second run\n\
         # changes nothing.\n\
         #Requires -Modules ActiveDirectory\n\
         $ErrorActionPreference = 'Stop'\n\
         Import-Module ActiveDirectory\n",
        comment(&setup.qualified())
    )
}

fn create_account(setup: &Setup) -> String {
    format!(
        "$password = Read-Host -AsSecureString -Prompt {prompt}\n    \
         New-ADUser -Name {cn} -SamAccountName {sam} -UserPrincipalName {upn} -Path {path} `\n        \
         -AccountPassword $password -Enabled $true -PasswordNeverExpires $true -ChangePasswordAtLogon $false `\n        \
         -Description 'Keyward: resets passwords, signs in nowhere else'",
        prompt = quoted(&format!(
            "Password of {}, random, at least 32 characters; the same goes into Keyward's password file",
            setup.account.sam
        )),
        cn = quoted(setup.account_dn.common_name()),
        sam = quoted(&setup.account.sam),
        upn = quoted(&setup.account.upn),
        path = quoted(&path_of(&setup.account_dn)),
    )
}

fn unless_there(dn: &Dn, command: &str) -> String {
    let filter = format!("(distinguishedName={})", filter_value(dn.as_str()));
    unless(&filter, command)
}

fn unless_principal(sam: &str, command: &str) -> String {
    unless(&format!("(sAMAccountName={})", filter_value(sam)), command)
}

fn unless(filter: &str, command: &str) -> String {
    let filter = quoted(filter);
    format!("if (-not (Get-ADObject -LDAPFilter {filter})) {{\n    {command}\n}}\n")
}

/// Adds or takes off Keyward's own rules on every target.
fn rules(setup: &Setup, method: &str) -> String {
    let mut text = FUNCTIONS.trim_start().to_owned();
    text.extend([format!(
        "$sid = (Get-ADUser -Identity {}).SID\n",
        quoted(&setup.account.sam)
    )]);
    for target in &setup.targets {
        let lines: Vec<String> = setup
            .rights
            .iter()
            .map(|right| {
                let rights = if right.mask().0 == 0x30 {
                    "ReadProperty, WriteProperty"
                } else {
                    "ExtendedRight"
                };
                format!(
                    "$acl.{method}((New-KeywardRule $sid '{rights}' '{}'))   # {}",
                    guid(right.guid()),
                    right.name()
                )
            })
            .collect();
        let path = quoted(&format!("AD:\\{}", target.as_str()));
        text.extend([format!(
            "$acl = Get-Acl -LiteralPath {path}\n{}\nSet-Acl -LiteralPath {path} -AclObject $acl\n",
            lines.join("\n")
        )]);
    }
    text
}

fn edit(object: &Dn, what: &str) -> String {
    let path = quoted(&format!("AD:\\{}", object.as_str()));
    format!(
        "Import-Module ActiveDirectory; $acl = Get-Acl -LiteralPath {path}; {what}; \
         Set-Acl -LiteralPath {path} -AclObject $acl"
    )
}

fn each(rules: &[Ace], method: &str) -> String {
    let calls: Vec<String> = rules
        .iter()
        .map(|ace| format!("$acl.{method}(({}))", rule(ace)))
        .collect();
    calls.join("; ")
}

/// A rule as .NET has it: the mask as a number, since masks have names that differ.
fn rule(ace: &Ace) -> String {
    let kind = match ace.kind {
        AceKind::Allow => "Allow",
        AceKind::Deny => "Deny",
    };
    let object = ace.object.map_or_else(|| NOTHING.to_owned(), guid);
    let inherited_by = ace.inherited_by.map_or_else(|| NOTHING.to_owned(), guid);
    format!(
        "New-Object System.DirectoryServices.ActiveDirectoryAccessRule(\
         [System.Security.Principal.SecurityIdentifier]'{}', \
         [System.DirectoryServices.ActiveDirectoryRights]{}, '{kind}', [guid]'{object}', '{}', [guid]'{inherited_by}')",
        ace.trustee,
        ace.rights.0,
        inheritance(ace.flags)
    )
}

/// No type: all of them.
const NOTHING: &str = "00000000-0000-0000-0000-000000000000";

/// `ActiveDirectorySecurityInheritance`, from `CONTAINER_INHERIT`, `NO_PROPAGATE` and `INHERIT_ONLY`.
fn inheritance(flags: AceFlags) -> &'static str {
    match (
        flags.0 & 0x02 != 0,
        flags.0 & 0x04 != 0,
        flags.0 & 0x08 != 0,
    ) {
        (false, _, _) => "None",
        (true, false, false) => "All",
        (true, false, true) => "Descendents",
        (true, true, false) => "SelfAndChildren",
        (true, true, true) => "Children",
    }
}

fn leave(group: &Dn, member: &Dn) -> String {
    format!(
        "Remove-ADGroupMember -Identity {} -Members {} -Confirm:$false",
        quoted(group.as_str()),
        quoted(member.as_str())
    )
}

fn path_of(dn: &Dn) -> String {
    dn.parent()
        .map_or_else(String::new, |above| above.to_string())
}
