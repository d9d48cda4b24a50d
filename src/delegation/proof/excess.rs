//! Rights too many, by rules for the account itself and by ownership.

use super::comparison::Comparison;
use super::finding::{Excess, Finding, What, id};
use super::membership::memberships;
use super::named;
use super::origins::{Origin, Sight};
use super::words::Ruled;
use crate::delegation::change::Change;
use crate::delegation::needs::Right;
use crate::domain::identity::{Dn, Sid};
use crate::domain::security_descriptor::Ace;
use crate::domain::text::counted;
use std::collections::{HashMap, HashSet};

/// Copies of a rule of `AdminSDHolder` that one mend takes away; the rest goes within the hour by itself.
const COPIES: usize = 100;

/// What was found, and of how many no finding was made.
pub(super) fn excesses(comparison: &mut Comparison) -> (Vec<Finding>, u64) {
    let account = comparison.parties.token.account.clone();
    let emptied = super::origins::Origins::new(&account.sid);
    let (origins, left_out) = std::mem::replace(&mut comparison.rules, emptied).resolve();
    let comparison = &*comparison;
    let groups: HashSet<&Sid> = comparison
        .parties
        .token
        .groups
        .iter()
        .map(|group| &group.sid)
        .collect();
    // What comes with an old SID goes with it: that is a finding of the account.
    let history: HashSet<&Sid> = account.sid_history.iter().collect();
    let mut found = Vec::new();
    let mut of_groups: HashMap<Sid, Vec<Origin>> = HashMap::new();
    for origin in origins {
        let trustee = &origin.rule.trustee;
        if history.contains(trustee) {
            continue;
        }
        if groups.contains(trustee) {
            of_groups.entry(trustee.clone()).or_default().push(origin);
        } else {
            found.push(of_rule(comparison, &origin));
        }
    }
    let mut more = 0;
    for (owner, owned) in &comparison.owned {
        if groups.contains(owner) || history.contains(owner) {
            continue;
        }
        found.extend(
            owned
                .objects
                .iter()
                .map(|(object, class)| of_owner(comparison, object, class)),
        );
        more += owned.more;
    }
    found.extend(named::findings(comparison));
    more += comparison.naming.more;
    let by_groups = left_out
        .iter()
        .filter(|(trustee, _)| groups.contains(trustee));
    let by_groups: HashMap<&Sid, u64> = by_groups.map(|(group, count)| (group, *count)).collect();
    more += left_out.values().sum::<u64>() - by_groups.values().sum::<u64>();
    found.extend(memberships(comparison, &of_groups, &by_groups));
    (found, more)
}

fn of_rule(comparison: &Comparison, origin: &Origin) -> Finding {
    let parties = &comparison.parties;
    let sam = &parties.token.account.sam;
    let ruled = Ruled {
        schema: &parties.schema,
        rule: &origin.rule,
        object: &origin.object,
        class: &origin.class,
    };
    let reaches = origin.reach.objects;
    let reach = match reaches {
        0 => String::new(),
        _ => format!(
            " {} it by inheritance.",
            counted(reaches, "object below has", "objects below have")
        ),
    };
    let from = if origin.sight == Sight::Explicit {
        format!(
            "A rule that was set on {} itself: {}.{reach}",
            origin.object, origin.rule
        )
    } else {
        format!(
            "An inherited rule whose origin is not to be seen: the object was moved, or its rules were not renewed since the rule was taken away further up: {}.",
            origin.rule
        )
    };
    Finding {
        id: id("rule", &origin.object, &origin.rule.to_string()),
        sentence: format!("{sam} may {}.", ruled.may()),
        origin: from,
        consequence: ruled.consequence(),
        mend: mend_rule(comparison, origin),
        what: What::Excess(Excess::Rule {
            object: origin.object.clone(),
            rule: origin.rule.clone(),
            reaches,
        }),
    }
}

fn mend_rule(comparison: &Comparison, origin: &Origin) -> Vec<Change> {
    let mut mend = replacements(comparison, |target| {
        let object = &origin.object;
        target == object || target.is_below(object)
    });
    let away = |object: Dn, rules: Vec<Ace>| Change::RemoveRules {
        object,
        whom: whom(comparison, &origin.rule.trustee),
        rules,
    };
    mend.push(away(origin.object.clone(), origin.rules()));
    let copies = origin.copies.iter().take(COPIES).cloned();
    mend.extend(copies.map(|copy| away(copy.object, copy.rules)));
    mend
}

/// The needed rights that targets have in a wider form only: given exactly, before the wider rule goes.
pub(super) fn replacements(
    comparison: &Comparison,
    concerned: impl Fn(&Dn) -> bool,
) -> Vec<Change> {
    let account = &comparison.parties.token.account;
    let targets = comparison.targets.iter();
    let targets = targets.filter(|target| concerned(&target.dn));
    let changes = targets.filter_map(|target| {
        let given = target.given.iter();
        let wide: Vec<Right> = given
            .filter(|right| !target.exact.contains(right))
            .copied()
            .collect();
        let rules: Vec<Ace> = wide.iter().map(|right| right.rule(&account.sid)).collect();
        (!rules.is_empty()).then(|| Change::AddRules {
            object: target.dn.clone(),
            whom: account.sam.clone(),
            rules,
        })
    });
    changes.collect()
}

fn of_owner(comparison: &Comparison, object: &Dn, class: &str) -> Finding {
    let account = &comparison.parties.token.account;
    // Domain Admins.
    let owner = comparison
        .parties
        .domain()
        .and_then(|domain| domain.with_rid(512));
    Finding {
        id: id("owner", object, ""),
        sentence: format!("{} owns {object}.", account.sam),
        origin: "Whoever makes an object owns it, and an administrator can make anybody the owner."
            .to_owned(),
        consequence: format!(
            "An owner can change the rules of the object (class {class}), and so give itself every right over it."
        ),
        mend: owner
            .map(|owner| Change::SetOwner {
                object: object.clone(),
                owner,
            })
            .into_iter()
            .collect(),
        what: What::Excess(Excess::Owner {
            object: object.clone(),
        }),
    }
}

/// The name of a trustee, for people.
pub(super) fn whom(comparison: &Comparison, trustee: &Sid) -> String {
    let token = &comparison.parties.token;
    let mut groups = token.groups.iter();
    if *trustee == token.account.sid {
        token.account.sam.clone()
    } else if super::weigh::is_self(trustee) {
        "SELF".to_owned()
    } else {
        let group = groups.find(|group| group.sid == *trustee);
        group.map_or_else(|| trustee.to_string(), |group| group.name.clone())
    }
}
