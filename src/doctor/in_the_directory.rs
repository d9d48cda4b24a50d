//! What a domain controller is asked: first each of them, then, where one answers, everything else at
//! the same time.

use super::check::{Check, Told};
use super::examination::{Event, Installation, Tell, within};
use super::memory::Memory;
use super::{
    account, controller, lockout, logons, outside_use, password_age, rights, rules, scope, words,
};
use crate::config::WrongPasswords;
use crate::delegation::needs::Needs;
use crate::delegation::proof::{Progress, prove};
use crate::directory::{DcStatus, DirectoryError, ServiceToken};
use crate::domain::account::DcName;
use crate::domain::identity::ObjectGuid;
use crate::domain::rules::WrittenRule;
use futures_util::future::join_all;
use std::time::Duration;

/// One domain controller: a connection, a bind, two reads.
const CONTROLLER: Duration = Duration::from_secs(30);
/// Scope and account: some pages.
const READING: Duration = Duration::from_mins(10);
/// The proof reads the whole domain.
const PROOF: Duration = Duration::from_hours(1);

/// What rests on a domain controller that answers.
const REST: [&str; 12] = [
    "lockout",
    "scope.user_ou",
    "scope.auditors",
    "account.state",
    "account.groups",
    "account.logons",
    "account.delegation",
    "account.spn",
    "account.place",
    "account.password_age",
    "rights",
    "outside_use",
];

/// Looks at everything that the directory tells.
pub(super) async fn look(
    of: &Installation,
    memory: &Memory,
    tell: Tell<'_>,
    done: &mut dyn FnMut(Vec<Check>),
) {
    let token = within("account", READING, of.directory.service_token()).await;
    let token = token.unwrap_or(Err(DirectoryError::Busy));
    // Without its groups the account can still be looked at on each domain controller.
    let own = match &token {
        Ok(token) => token.account.guid,
        Err(_) => match within("account", READING, of.directory.service_account()).await {
            Ok(Ok(account)) => account.guid,
            _ => ObjectGuid::from([0; 16]),
        },
    };
    let controllers = controllers(of, own).await;
    let statuses: Vec<(&DcName, &DcStatus)> = controllers
        .iter()
        .filter_map(|(dc, seen)| Some((dc, &seen.as_ref().ok()?.status)))
        .collect();
    for (dc, seen) in &controllers {
        done(controller::look(&dc.0, seen));
    }
    if statuses.is_empty() {
        let because =
            words::not_looked_at("no domain controller answers and lets the service account in");
        let article: &[&str] = &["scope.reset_group", "scope.members"];
        let article = is_article(of).then_some(article).into_iter().flatten();
        let of_rules = article.chain(has_names(of).then_some(&"scope.rules"));
        let rest = REST.iter().chain(of_rules);
        done(rest.map(|name| because.clone().named(name)).collect());
        return;
    }
    let (lockout, scope, account, logons, rights, outside) = tokio::join!(
        lockout(of),
        scope(of, memory),
        account(of, memory, &token),
        logons(of, memory, &statuses),
        Box::pin(rights(of, tell)),
        outside_use(of, memory, tell),
    );
    for checks in [lockout, scope, account, logons, rights, outside] {
        done(checks);
    }
}

async fn controllers(
    of: &Installation,
    own: ObjectGuid,
) -> Vec<(DcName, Result<controller::Seen, DirectoryError>)> {
    let ask = async |dc: DcName| {
        let status = within("controller", CONTROLLER, of.directory.dc_status(&dc, own)).await;
        let seen = status
            .unwrap_or(Err(DirectoryError::Unreachable { tried: 1 }))
            .map(|status| controller::Seen {
                status,
                at: of.clock.now(),
            });
        (dc, seen)
    };
    join_all(of.directory.domain_controllers().into_iter().map(ask)).await
}

async fn lockout(of: &Installation) -> Vec<Check> {
    let max_wrong = of.settings().sign_in.max_wrong.map(WrongPasswords::count);
    vec![match of.directory.domain_facts().await {
        Ok(facts) => lockout::look(&facts, max_wrong),
        Err(error) => failed(&error).named("lockout"),
    }]
}

async fn scope(of: &Installation, memory: &Memory) -> Vec<Check> {
    let ad = &of.settings().ad;
    let count = within(
        "scope.user_ou",
        READING,
        of.directory.count_people(&ad.user_ou),
    );
    let ou = match count.await {
        Ok(people) => scope::user_ou(ad.user_ou.as_str(), &people),
        Err(late) => late,
    };
    let mut rules = if is_article(of) {
        reset_group(of, memory).await
    } else {
        Vec::new()
    };
    if has_names(of) {
        let written = of.settings().written_rules();
        let look = rules::look(&of.directory, &written, of.clock.now());
        rules.push(match within("scope.rules", READING, Box::pin(look)).await {
            Ok(check) | Err(check) => check,
        });
    }
    let auditors = match within("scope.auditors", READING, auditors(of)).await {
        Ok(Ok(groups)) => scope::auditors(&groups),
        Ok(Err(error)) => failed(&error).named("scope.auditors"),
        Err(late) => late,
    };
    std::iter::once(ou).chain(rules).chain([auditors]).collect()
}

/// Whether the article's rule is in force, and no `[[rule]]` is written.
fn is_article(of: &Installation) -> bool {
    let rules = of.settings().rules.iter();
    rules
        .map(|rule| rule.name.as_str())
        .eq([WrittenRule::ARTICLE])
}

/// Whether the settings name more than the article's do: rules, or somebody whom they protect.
fn has_names(of: &Installation) -> bool {
    let protect = &of.settings().protect;
    let protected = protect.groups.iter().chain(protect.accounts.iter());
    !is_article(of) || protected.count() > 0
}

async fn reset_group(of: &Installation, memory: &Memory) -> Vec<Check> {
    let name = of.settings().ad.reset_group.as_str();
    match within("scope.reset_group", READING, members(of, memory)).await {
        Ok(Ok(members)) if members.is_empty() => vec![scope::group(name, &members)],
        Ok(Ok(members)) => vec![scope::group(name, &members), scope::out_of_action(&members)],
        Ok(Err(error)) => vec![scope::no_group(name, &error)],
        Err(late) => vec![late],
    }
}

/// Each auditors' group of the settings, and how many people are in it; `None`: it is not there.
async fn auditors(of: &Installation) -> Result<Vec<(&str, Option<usize>)>, DirectoryError> {
    let mut found = Vec::new();
    for name in of.settings().audit.auditors.iter() {
        let people = match of.directory.group_sid(name).await? {
            Some(group) => {
                let groups = of.directory.groups().await?;
                Some(of.directory.members(&group, &groups).await?.len())
            }
            None => None,
        };
        found.push((name, people));
    }
    Ok(found)
}

async fn members(
    of: &Installation,
    memory: &Memory,
) -> Result<Vec<scope::Standing>, DirectoryError> {
    let name = of.settings().ad.reset_group.as_str();
    let missing = DirectoryError::NotFound {
        what: "ad.reset_group",
    };
    let group = of.directory.group_sid(name).await?.ok_or(missing)?;
    let groups = of.directory.groups().await?;
    let members = of.directory.members(&group, &groups).await?;
    let signed_in = memory.last_sign_ins().await;
    Ok(scope::standing(&members, &signed_in, of.clock.now()))
}

async fn account(
    of: &Installation,
    memory: &Memory,
    token: &Result<ServiceToken, DirectoryError>,
) -> Vec<Check> {
    let token = match token {
        Ok(token) => token,
        Err(error) => return vec![failed(error).named("account.state")],
    };
    let mut checks = match of.directory.domain_facts().await {
        Ok(facts) => account::look(token, &facts.sid),
        Err(error) => vec![failed(&error).named("account.state")],
    };
    checks.extend(place(of, token).await);
    let days = of.settings().service_account.rotate_after_days.days();
    let set = token.account.password_last_set;
    let rotated = memory.last_rotation().await;
    checks.push(password_age::look(set, days, rotated, of.clock.now()));
    checks
}

async fn place(of: &Installation, token: &ServiceToken) -> Option<Check> {
    let parent = token.account.dn.parent()?;
    let beside = of.directory.accounts_beside(&parent, token.account.guid);
    Some(match within("account.place", READING, beside).await {
        Ok(Ok((names, more))) => account::place(token, &names, more),
        Ok(Err(error)) => failed(&error).named("account.place"),
        Err(late) => late,
    })
}

async fn logons(
    of: &Installation,
    memory: &Memory,
    statuses: &[(&DcName, &DcStatus)],
) -> Vec<Check> {
    let looks = match memory.whole() {
        Ok((_, looks)) => looks,
        Err(why) => return vec![why.named("account.logons")],
    };
    let connections = of.settings().ad.connections.count();
    let mut checks = Vec::new();
    for (dc, status) in statuses {
        let kept = async {
            let last = looks.logons(&dc.0).await?;
            looks.note_logons(&dc.0, logons::to_keep(status)).await?;
            Ok::<_, crate::store::StoreError>(last)
        };
        checks.push(match kept.await {
            Ok(last) => logons::look(&dc.0, status, last, connections),
            Err(error) => words::memory::not_kept(&error)
                .named("account.logons")
                .about(&dc.0),
        });
    }
    checks
}

async fn rights(of: &Installation, tell: Tell<'_>) -> Vec<Check> {
    let settings = of.settings();
    let needs = Needs {
        targets: vec![settings.ad.user_ou.clone()],
        unlock: settings.delegation.unlock,
    };
    let progress = |Progress { objects, .. }| {
        tell(Event::Looking {
            at: "rights",
            objects,
        });
    };
    let proof = Box::pin(prove(&of.directory, &needs, of.clock.now(), progress));
    match within("rights", PROOF, proof).await {
        Ok(proof) => rights::look(&proof),
        Err(late) => vec![late],
    }
}

async fn outside_use(of: &Installation, memory: &Memory, tell: Tell<'_>) -> Vec<Check> {
    let (log, looks) = match memory.whole() {
        Ok(whole) => whole,
        Err(why) => return vec![why.named("outside_use")],
    };
    let progress = |objects| {
        tell(Event::Looking {
            at: "outside_use",
            objects,
        });
    };
    let scope = &of.settings().ad.user_ou;
    let look = outside_use::look(&of.directory, log, looks, scope, of.clock.now(), progress);
    let told = match within("outside_use", READING, look).await {
        Ok(Ok(found)) => words::outside_use::outside_use(&found),
        Ok(Err(outside_use::OutsideUseError::Directory(error))) => failed(&error),
        Ok(Err(outside_use::OutsideUseError::Store(error))) => words::memory::not_kept(&error),
        Err(late) => return vec![late],
    };
    vec![told.named("outside_use")]
}

/// The directory did not answer this one question.
fn failed(error: &DirectoryError) -> Told {
    words::unread(error)
}
