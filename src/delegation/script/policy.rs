//! The step that the directory cannot take: a group policy that keeps the account from signing in
//! at a machine. Text, each line to be made a comment.

use super::Setup;

/// The steps, a line each.
pub(super) fn steps(setup: &Setup) -> Vec<String> {
    let account = setup.qualified();
    let text = format!(
        "\
Deny interactive logon: a group policy, which no change to the directory replaces.
1. In Group Policy Management make a policy \"Keyward service account\" and link it to the domain, and to
   Domain Controllers too.
2. Edit it: Computer Configuration > Policies > Windows Settings > Security Settings > Local Policies >
   User Rights Assignment.
3. Add {account} to both of these. A policy replaces what a policy of lower precedence lists: name the
   accounts that are there already as well.
     Deny log on locally                              SeDenyInteractiveLogonRight
     Deny log on through Remote Desktop Services      SeDenyRemoteInteractiveLogonRight
4. gpupdate /force on a machine; then  runas /user:{account} cmd  must be refused.
For one machine alone the same as a template: save it as keyward.inf, then run
  secedit /configure /db keyward.sdb /cfg keyward.inf /areas USER_RIGHTS
     [Unicode]
     Unicode=yes
     [Version]
     signature=\"$CHICAGO$\"
     Revision=1
     [Privilege Rights]
     SeDenyInteractiveLogonRight = {account}
     SeDenyRemoteInteractiveLogonRight = {account}"
    );
    text.lines().map(str::to_owned).collect()
}

/// How to take that step back.
pub(super) const UNDO: &str =
    "Group policy: take the account out of the two \"Deny log on\" rights, or remove the policy.";
