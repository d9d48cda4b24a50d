//! Commands for a Windows command prompt: `dsadd`, `dsmod` and `dsacls`.

use super::quoting::{comment, prompt_dn, prompt_name};
use super::{Setup, policy};
use crate::delegation::change::Change;
use crate::delegation::needs::Right;
use crate::delegation::plan::NoPlan;
use crate::domain::identity::Dn;

pub(super) fn set_up(setup: &Setup) -> Result<String, NoPlan> {
    let sam = name(&setup.account.sam)?;
    let mut lines = head(
        setup,
        "gives Keyward's service account exactly what it needs",
    );
    for (ou, _) in setup.homes() {
        lines.push(format!("dsadd ou {}", prompt_dn(&ou)));
    }
    lines.push(
        "rem The prompt asks for the password: random, at least 32 characters. The same goes into"
            .to_owned(),
    );
    lines.push("rem Keyward's password file.".to_owned());
    lines.push(format!(
        "dsadd user {} -samid {sam} -upn {} -pwd * -mustchpwd no -pwdneverexpires yes -disabled no",
        prompt_dn(&setup.account_dn),
        name(&setup.account.upn)?
    ));
    lines.push("rem No command of this kind sets the flag that keeps others from using its identity by delegation:".to_owned());
    lines.push(
        "rem account properties > Account > \"Account is sensitive and cannot be delegated\"."
            .to_owned(),
    );
    lines.push(format!(
        "dsadd group {} -samid {} -secgrp yes -scope g",
        prompt_dn(&setup.group_dn),
        name(&setup.group_sam)?
    ));
    for target in &setup.targets {
        for right in &setup.rights {
            lines.push(grant(target, &setup.domain, &setup.account.sam, *right)?);
        }
    }
    lines.push(String::new());
    lines.extend(remarks(policy::steps(setup)));
    Ok(ended(&lines))
}

pub(super) fn undo(setup: &Setup) -> Result<String, NoPlan> {
    let mut lines = head(setup, "takes away what the setup gave");
    lines.push("rem dsacls can only take all rules of an account off an object at once, not single ones. The".to_owned());
    lines.push(
        "rem PowerShell script and keyward delegation revoke take off exactly their own."
            .to_owned(),
    );
    for target in &setup.targets {
        lines.push(format!(
            "dsacls {} /R {}",
            prompt_dn(target),
            name(&setup.qualified())?
        ));
    }
    lines.push(
        "rem Account, group and organisational unit, if nothing else needs them: take the rem away"
            .to_owned(),
    );
    lines.push(format!(
        "rem dsrm -noprompt {}",
        prompt_dn(&setup.account_dn)
    ));
    lines.push(format!("rem dsrm -noprompt {}", prompt_dn(&setup.group_dn)));
    for (ou, _) in setup.homes() {
        lines.push(format!("rem dsrm -noprompt {}", prompt_dn(&ou)));
    }
    lines.extend(remarks(vec![policy::UNDO.to_owned()]));
    Ok(ended(&lines))
}

/// The commands for one change, where commands of this kind can make it: they cannot take off
/// single rules, name rights by GUID or change flags. `domain` is the NetBIOS name.
pub fn change(change: &Change, domain: &str) -> Option<Vec<String>> {
    match change {
        Change::CreateOu { dn } => Some(vec![format!("dsadd ou {}", prompt_dn(dn))]),
        Change::CreateGroup { dn, sam } => Some(vec![format!(
            "dsadd group {} -samid {} -secgrp yes -scope g",
            prompt_dn(dn),
            prompt_name(sam)?
        )]),
        Change::AddRules {
            object,
            whom,
            rules,
        } => {
            let line = |rule| grant(object, domain, whom, Right::of_rule(rule)?).ok();
            rules.iter().map(line).collect()
        }
        Change::AllowInheritance { object } => {
            Some(vec![format!("dsacls {} /P:N", prompt_dn(object))])
        }
        Change::RemoveMember { group, member } => Some(vec![format!(
            "dsmod group {} -rmmbr {}",
            prompt_dn(group),
            prompt_dn(member)
        )]),
        Change::RemoveRules { .. }
        | Change::SetFlags { .. }
        | Change::SetOwner { .. }
        | Change::SetPrimaryGroup { .. }
        | Change::RemoveValues { .. } => None,
    }
}

/// `/I:S`: for objects below only; `user`: for those of this class.
fn grant(target: &Dn, domain: &str, sam: &str, right: Right) -> Result<String, NoPlan> {
    let what = match right {
        Right::ResetPassword => "CA;Reset Password;user",
        Right::PwdLastSet => "RPWP;pwdLastSet;user",
        Right::LockoutTime => "RPWP;lockoutTime;user",
    };
    let account = name(&format!("{domain}\\{sam}"))?;
    let account = account.trim_matches('"');
    Ok(format!(
        "dsacls {} /I:S /G \"{account}:{what}\"",
        prompt_dn(target)
    ))
}

fn name(text: &str) -> Result<String, NoPlan> {
    prompt_name(text).ok_or_else(|| NoPlan::NotForPrompt(text.to_owned()))
}

fn head(setup: &Setup, what: &str) -> Vec<String> {
    let mut lines = vec!["@echo off".to_owned()];
    lines.extend(remarks(vec![
        format!("Keyward: this {what}."),
        format!("Account: {}", setup.qualified()),
        "Run it as an administrator of the domain, at a command prompt. Save it as UTF-8."
            .to_owned(),
        "What is there already is refused, and the rest goes on.".to_owned(),
    ]));
    lines.push("chcp 65001 >nul".to_owned());
    lines
}

/// A batch file expands `%…%` in remarks too.
fn remarks(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| {
        format!("rem {}", comment(&line).replace('%', "%%"))
            .trim_end()
            .to_owned()
    })
}

fn ended(lines: &[String]) -> String {
    let mut text = lines.join("\r\n");
    text.push_str("\r\n");
    text
}
