//! Names → objects: who signs in, which group the settings mean, which account Keyward itself is.

use super::account::{OPERATOR, by_sid, decode_operator};
use super::domain_facts::DomainFacts;
use super::reading::{ReadFailure, Reading, Search};
use super::roster::SECURITY;
use super::search::equals;
use crate::domain::identity::{Dn, Sid, SignInName};
use crate::domain::operator::Operator;
use ldap3_proto::proto::{LdapFilter, LdapMatchingRuleAssertion, LdapSearchScope};

/// The operator with this SID as they are now.
pub(super) async fn operator(reading: Reading, sid: &Sid) -> Result<Option<Operator>, ReadFailure> {
    operator_at(&reading, by_sid(sid)).await
}

async fn operator_at(reading: &Reading, base: String) -> Result<Option<Operator>, ReadFailure> {
    let Some(entry) = reading.object(base, OPERATOR, Vec::new()).await? else {
        return Ok(None);
    };
    Ok(decode_operator(&entry)?)
}

/// The one person with this sign-in name; `None` for nobody, for several, and for other domains.
pub(super) async fn sign_in_name(
    reading: Reading,
    facts: &DomainFacts,
    name: &SignInName,
) -> Result<Option<Operator>, ReadFailure> {
    let Some(filter) = sign_in_filter(facts, name) else {
        return Ok(None);
    };
    let filter = LdapFilter::And(vec![
        equals("objectCategory", "person"),
        equals("objectClass", "user"),
        filter,
    ]);
    match only_sid(&reading, &facts.head, filter).await? {
        Some(sid) => operator_at(&reading, by_sid(&sid)).await,
        None => Ok(None),
    }
}

/// A UPN is taken as AD takes it: the attribute, or the account name before the domain's own DNS
/// name (MS-ADTS 5.1.1.1.1). Where the two mean different people, nobody is meant.
pub(super) fn sign_in_filter(facts: &DomainFacts, name: &SignInName) -> Option<LdapFilter> {
    match name {
        SignInName::Sam(sam) => Some(equals("sAMAccountName", sam)),
        SignInName::DownLevel { domain, sam } => {
            let own = domain.eq_ignore_ascii_case(&facts.netbios_name);
            own.then(|| equals("sAMAccountName", sam))
        }
        SignInName::Upn(upn) => {
            let (sam, suffix) = upn.rsplit_once('@')?;
            let mut either = vec![equals("userPrincipalName", upn)];
            if suffix.eq_ignore_ascii_case(&facts.dns_name) {
                either.push(equals("sAMAccountName", sam));
            }
            Some(LdapFilter::Or(either))
        }
    }
}

/// The SID of a group by sAMAccountName, DN or CN.
pub(super) async fn group(
    reading: Reading,
    head: &Dn,
    name: &str,
) -> Result<Option<Sid>, ReadFailure> {
    group_that(&reading, head, name, &[]).await
}

/// The same, of security groups alone. No other group is in anybody's `tokenGroups`: what is denied, excepted or
/// protected by it would be nobody.
pub(super) async fn security_group(
    reading: &Reading,
    head: &Dn,
    name: &str,
) -> Result<Option<Sid>, ReadFailure> {
    const BIT_AND: &str = "1.2.840.113556.1.4.803";
    let is_security = LdapFilter::Extensible(LdapMatchingRuleAssertion {
        matching_rule: Some(BIT_AND.to_owned()),
        type_: Some("groupType".to_owned()),
        match_value: SECURITY.to_string(),
        dn_attributes: false,
    });
    group_that(reading, head, name, &[is_security]).await
}

async fn group_that(
    reading: &Reading,
    head: &Dn,
    name: &str,
    also: &[LdapFilter],
) -> Result<Option<Sid>, ReadFailure> {
    let group = |named: LdapFilter| {
        let mut all = vec![equals("objectClass", "group"), named];
        all.extend_from_slice(also);
        LdapFilter::And(all)
    };
    if let Ok(dn) = name.parse::<Dn>() {
        let found = reading
            .search(Search {
                base: dn.as_str().to_owned(),
                scope: LdapSearchScope::Base,
                filter: group(LdapFilter::Present("objectClass".to_owned())),
                attributes: &["objectSid"],
                limit: 1,
                controls: Vec::new(),
            })
            .await?;
        let entry = found.and_then(|found| found.entries.into_iter().next());
        return Ok(entry
            .map(|entry| entry.sid("objectSid"))
            .transpose()?
            .flatten());
    }
    for attribute in ["sAMAccountName", "cn"] {
        let filter = group(equals(attribute, name));
        if let Some(sid) = only_sid(reading, head, filter).await? {
            return Ok(Some(sid));
        }
    }
    Ok(None)
}

/// The SID of an account by whichever name the settings give it.
pub(super) async fn account_sid(
    reading: &Reading,
    head: &Dn,
    name: &str,
) -> Result<Option<Sid>, ReadFailure> {
    if let Ok(dn) = name.parse::<Dn>() {
        let entry = reading
            .object(dn.as_str().to_owned(), &["objectSid"], Vec::new())
            .await?;
        return match entry {
            Some(entry) => Ok(entry.sid("objectSid")?),
            None => Ok(None),
        };
    }
    let sam = name.rsplit_once('\\').map_or(name, |(_, sam)| sam);
    let filter = match name.split_once('@') {
        Some((local, _)) => LdapFilter::Or(vec![
            equals("userPrincipalName", name),
            equals("sAMAccountName", local),
        ]),
        None => equals("sAMAccountName", sam),
    };
    only_sid(reading, head, filter).await
}

/// The SID of the only object that fits; `None` for none and for several.
pub(super) async fn only_sid(
    reading: &Reading,
    head: &Dn,
    filter: LdapFilter,
) -> Result<Option<Sid>, ReadFailure> {
    let found = reading
        .search(Search {
            base: head.as_str().to_owned(),
            scope: LdapSearchScope::Subtree,
            filter,
            attributes: &["objectSid"],
            limit: 2,
            controls: Vec::new(),
        })
        .await?;
    match found.map(|found| found.entries).as_deref() {
        Some([only]) => Ok(only.sid("objectSid")?),
        _ => Ok(None),
    }
}
