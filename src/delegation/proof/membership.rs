//! Rights too many that come with a group: one finding for each direct membership.

use super::comparison::Comparison;
use super::excess::replacements;
use super::finding::{Excess, Finding, GroupRight, What, id};
use super::origins::Origin;
use super::privileged::power;
use super::words::Ruled;
use crate::delegation::change::Change;
use crate::directory::{ServiceToken, TokenGroup};
use crate::domain::identity::Sid;
use crate::domain::text::counted;
use std::collections::{HashMap, HashSet, VecDeque};

/// Rights of one membership that are listed.
const LISTED: usize = 10;
/// RID of Domain Users.
const DOMAIN_USERS: u32 = 513;

/// One finding for each direct membership that brings something. `rules`: by the group that they
/// are for; `left_out`: how many more.
pub(super) fn memberships(
    comparison: &Comparison,
    rules: &HashMap<Sid, Vec<Origin>>,
    left_out: &HashMap<&Sid, u64>,
) -> Vec<Finding> {
    let mut explained: HashSet<&Sid> = HashSet::new();
    let mut found = Vec::new();
    for group in topmost(&comparison.parties.token) {
        let reached = reached(comparison, group);
        // Where the way is not to be seen, what was told already is not told again.
        let is_direct = comparison.parties.token.direct.contains(&group.sid);
        if is_direct || !explained.contains(&group.sid) {
            found.extend(membership(comparison, group, &reached, rules, left_out));
        }
        explained.extend(reached.iter().map(|(group, _)| &group.sid));
    }
    found
}

/// The groups that the account is a direct member of, then all others: how the account comes to be
/// in one that none of the first reaches is not to be seen.
fn topmost(token: &ServiceToken) -> impl Iterator<Item = &TokenGroup> {
    let is_direct = |group: &&TokenGroup| token.direct.contains(&group.sid);
    let direct = token.groups.iter().filter(is_direct);
    direct.chain(token.groups.iter().filter(move |group| !is_direct(group)))
}

fn membership(
    comparison: &Comparison,
    direct: &TokenGroup,
    reached: &[(&TokenGroup, String)],
    rules: &HashMap<Sid, Vec<Origin>>,
    left_out: &HashMap<&Sid, u64>,
) -> Option<Finding> {
    let mut consequences = Vec::new();
    let mut rights = Vec::new();
    let mut more = 0;
    for (group, through) in reached {
        if let Some(power) = power(&group.sid, &group.name) {
            consequences.push(format!("{through}: {power}"));
        }
        more += left_out.get(&group.sid).copied().unwrap_or(0);
        for origin in rules.get(&group.sid).into_iter().flatten() {
            if rights.is_empty() && consequences.is_empty() {
                consequences.push(ruled(comparison, origin).consequence());
            }
            rights.push(GroupRight {
                object: origin.object.clone(),
                rule: Some(origin.rule.clone()),
                through: through.clone(),
            });
        }
        let owned = comparison.owned.get(&group.sid);
        if let Some(owned) = owned {
            more += owned.more;
            rights.extend(owned.objects.iter().map(|(object, _)| GroupRight {
                object: object.clone(),
                rule: None,
                through: through.clone(),
            }));
        }
    }
    if rights.is_empty() && consequences.is_empty() {
        return None;
    }
    if consequences.is_empty() {
        consequences.push(
            "An owner can change the rules of what it owns, and so give itself every right over it.".to_owned(),
        );
    }
    more += u64::try_from(rights.len().saturating_sub(LISTED)).unwrap_or(u64::MAX);
    rights.truncate(LISTED);
    let account = &comparison.parties.token.account;
    Some(Finding {
        id: id("membership", &account.dn, &direct.sid.to_string()),
        sentence: format!(
            "{} is a member of {}{}, which gives it rights that it does not need.",
            account.sam,
            direct.name,
            if is_primary(comparison, direct) {
                ", its primary group"
            } else {
                ""
            }
        ),
        origin: origin_of(comparison, &rights, more, reached),
        consequence: consequences.join(" "),
        mend: mend(comparison, direct),
        what: What::Excess(Excess::Membership {
            group: direct.name.clone(),
            rights,
            more,
        }),
    })
}

/// The group itself and every group that holds it, however deep, with the way there.
fn reached<'a>(
    comparison: &'a Comparison,
    direct: &'a TokenGroup,
) -> Vec<(&'a TokenGroup, String)> {
    let token = &comparison.parties.token;
    let mut seen: HashSet<&Sid> = HashSet::from([&direct.sid]);
    let mut waiting =
        VecDeque::from([(direct, format!("{} → {}", token.account.sam, direct.name))]);
    let mut reached = Vec::new();
    while let Some((group, through)) = waiting.pop_front() {
        for above in &group.member_of {
            let above = token.groups.iter().find(|known| known.sid == *above);
            if let Some(above) = above
                && seen.insert(&above.sid)
            {
                waiting.push_back((above, format!("{through} → {}", above.name)));
            }
        }
        reached.push((group, through));
    }
    reached
}

fn ruled<'a>(comparison: &'a Comparison, origin: &'a Origin) -> Ruled<'a> {
    Ruled {
        schema: &comparison.parties.schema,
        rule: &origin.rule,
        object: &origin.object,
        class: &origin.class,
    }
}

fn origin_of(
    comparison: &Comparison,
    rights: &[GroupRight],
    more: u64,
    reached: &[(&TokenGroup, String)],
) -> String {
    if rights.is_empty() {
        let powerful = reached
            .iter()
            .filter(|(group, _)| power(&group.sid, &group.name).is_some());
        let ways: Vec<&str> = powerful.map(|(_, through)| through.as_str()).collect();
        return format!("By what the group is: {}.", ways.join("; "));
    }
    let schema = &comparison.parties.schema;
    let told = rights.iter().map(|right| match &right.rule {
        Some(rule) => {
            let ruled = Ruled {
                schema,
                rule,
                object: &right.object,
                class: "",
            };
            format!("{} may {} ({rule})", right.through, ruled.may())
        }
        None => format!("{} owns {}", right.through, right.object),
    });
    let told: Vec<String> = told.collect();
    let more = match more {
        0 => String::new(),
        more => format!("; and {}", counted(more, "more right", "more rights")),
    };
    format!("{}{more}.", told.join("; "))
}

fn is_primary(comparison: &Comparison, group: &TokenGroup) -> bool {
    let account = &comparison.parties.token.account;
    group.sid.domain() == account.sid.domain() && group.sid.rid() == Some(account.primary_group)
}

/// Leaves a group that the account is a direct member of; nothing for others.
pub(super) fn mend(comparison: &Comparison, direct: &TokenGroup) -> Vec<Change> {
    let account = &comparison.parties.token.account;
    if !comparison.parties.token.direct.contains(&direct.sid) {
        return Vec::new();
    }
    let leave = if is_primary(comparison, direct) {
        Change::SetPrimaryGroup {
            account: account.dn.clone(),
            rid: DOMAIN_USERS,
            leave: direct.dn.clone(),
        }
    } else {
        let Some(group) = &direct.dn else {
            return Vec::new();
        };
        Change::RemoveMember {
            group: group.clone(),
            member: account.dn.clone(),
        }
    };
    let mut mend = replacements(comparison, |_| true);
    mend.push(leave);
    mend
}
