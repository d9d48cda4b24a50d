//! Evaluates search filters in three values: a filter about an attribute that the schema does not
//! have is neither true nor false (RFC 4511 4.5.1.7), and `!` does not make it true.

use super::attributes;
use super::entry::Entry;
use super::folding::fold;
use super::links::links;
use super::schema::{self, Attribute, Kind, Syntax};
use super::tree::Tree;
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use jiff::Timestamp;
use ldap3_proto::proto::{LdapFilter, LdapMatchingRuleAssertion, LdapSubstringFilter};
use std::collections::HashSet;

const BIT_AND: &str = "1.2.840.113556.1.4.803";
const BIT_OR: &str = "1.2.840.113556.1.4.804";
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// What a filter is evaluated over.
#[derive(Clone, Copy)]
pub(super) struct Candidates<'t> {
    pub tree: &'t Tree,
    pub now: Timestamp,
}

impl Candidates<'_> {
    /// Whether the filter is true, false or undefined for an object.
    pub(super) fn matches(self, filter: &LdapFilter, entry: &Entry) -> Option<bool> {
        match filter {
            LdapFilter::And(all) => self.combined(all, entry, false),
            LdapFilter::Or(any) => self.combined(any, entry, true),
            LdapFilter::Not(inner) => self.matches(inner, entry).map(|is| !is),
            LdapFilter::Equality(name, value) | LdapFilter::Approx(name, value) => {
                self.equals(name, value, entry)
            }
            LdapFilter::Substring(name, parts) => self.contains(name, parts, entry),
            LdapFilter::GreaterOrEqual(name, value) => {
                self.compares(name, value, entry, std::cmp::Ordering::is_ge)
            }
            LdapFilter::LessOrEqual(name, value) => {
                self.compares(name, value, entry, std::cmp::Ordering::is_le)
            }
            LdapFilter::Present(name) => {
                let attribute = searchable(name)?;
                Some(!self.texts(attribute, entry).is_empty())
            }
            LdapFilter::Extensible(rule) => self.rule(rule, entry),
        }
    }

    /// `decisive` is the value of one part that settles the whole.
    fn combined(self, parts: &[LdapFilter], entry: &Entry, decisive: bool) -> Option<bool> {
        let mut known = Some(!decisive);
        for part in parts {
            match self.matches(part, entry) {
                Some(is) if is == decisive => return Some(decisive),
                Some(_) => {}
                None => known = None,
            }
        }
        known
    }

    fn texts(self, attribute: &Attribute, entry: &Entry) -> Vec<String> {
        attributes::texts(self.tree, entry, attribute, self.now)
    }

    fn equals(self, name: &str, value: &str, entry: &Entry) -> Option<bool> {
        if name.eq_ignore_ascii_case("anr") {
            return Some(self.anr(value, entry));
        }
        let attribute = searchable(name)?;
        match attribute.name {
            "objectGUID" => return Some(Some(entry.guid) == guid(value)),
            "objectSid" => return Some(entry.sid.is_some() && entry.sid == sid(value)),
            "objectCategory" => {
                let short = value.split([',', '=']).nth(1).unwrap_or(value).trim();
                return Some(fold(short) == fold(entry.class.category()));
            }
            _ => {}
        }
        let same: Box<dyn Fn(&str) -> bool> = match attribute.syntax {
            Syntax::Integer => {
                let wanted: i64 = value.parse().ok()?;
                Box::new(move |text| text.parse() == Ok(wanted))
            }
            Syntax::Link => {
                let wanted = attributes::named(self.tree, value)?;
                return Some(self.links_to(attribute, entry, wanted));
            }
            _ => {
                let wanted = fold(value);
                Box::new(move |text| fold(text) == wanted)
            }
        };
        Some(self.texts(attribute, entry).iter().any(|text| same(text)))
    }

    fn links_to(self, attribute: &Attribute, entry: &Entry, wanted: &Entry) -> bool {
        match attribute.name {
            "memberOf" => self.tree.groups_of(entry.guid).any(|g| g == wanted.guid),
            "directReports" => links(wanted.values("manager")).contains(&entry.guid),
            "distinguishedName" => entry.guid == wanted.guid,
            name if attribute.kind == Kind::Stored => {
                links(entry.values(name)).contains(&wanted.guid)
            }
            _ => {
                let texts = self.texts(attribute, entry).into_iter();
                let mut dns = texts.filter_map(|text| text.parse::<Dn>().ok());
                dns.any(|dn| dn == wanted.dn)
            }
        }
    }

    fn contains(self, name: &str, parts: &LdapSubstringFilter, entry: &Entry) -> Option<bool> {
        if name.eq_ignore_ascii_case("anr") {
            let start = parts.initial.as_deref().unwrap_or_default();
            return Some(!start.is_empty() && self.anr(start, entry));
        }
        let attribute = searchable(name)?;
        if attribute.syntax != Syntax::Text {
            return Some(false);
        }
        Some(
            self.texts(attribute, entry)
                .iter()
                .any(|text| has_parts(&fold(text), parts)),
        )
    }

    fn compares(
        self,
        name: &str,
        value: &str,
        entry: &Entry,
        fits: fn(std::cmp::Ordering) -> bool,
    ) -> Option<bool> {
        let attribute = searchable(name)?;
        let wanted = fold(value);
        Some(self.texts(attribute, entry).iter().any(|text| {
            if attribute.syntax == Syntax::Integer {
                let pair = (text.parse::<i64>(), value.parse::<i64>());
                return matches!(pair, (Ok(has), Ok(wanted)) if fits(has.cmp(&wanted)));
            }
            fits(fold(text).cmp(&wanted))
        }))
    }

    /// Ambiguous name resolution: the start of any name, or first and last name in either order
    /// (MS-ADTS 3.1.1.3.1.3.3). With `=` in front, the whole name.
    fn anr(self, value: &str, entry: &Entry) -> bool {
        const NAMES: [&str; 7] = [
            "displayName",
            "givenName",
            "sn",
            "name",
            "physicalDeliveryOfficeName",
            "proxyAddresses",
            "sAMAccountName",
        ];
        let (value, exact) = match value.trim().strip_prefix('=') {
            Some(rest) => (fold(rest), true),
            None => (fold(value.trim()), false),
        };
        let begins = |name: &str, start: &str| {
            let texts = schema::attribute(name)
                .map(|a| self.texts(a, entry))
                .unwrap_or_default();
            texts.iter().map(|text| fold(text)).any(|text| {
                if exact {
                    text == start
                } else {
                    text.starts_with(start)
                }
            })
        };
        if NAMES.iter().any(|name| begins(name, &value)) {
            return true;
        }
        value.split_once(' ').is_some_and(|(first, last)| {
            (begins("givenName", first) && begins("sn", last))
                || (begins("sn", first) && begins("givenName", last))
        })
    }

    fn rule(self, rule: &LdapMatchingRuleAssertion, entry: &Entry) -> Option<bool> {
        let attribute = searchable(rule.type_.as_deref()?)?;
        let bits = |text: &str| text.parse::<i64>().ok();
        match rule.matching_rule.as_deref()? {
            BIT_AND => {
                let wanted = bits(&rule.match_value)?;
                Some(
                    self.texts(attribute, entry)
                        .iter()
                        .filter_map(|t| bits(t))
                        .any(|has| has & wanted == wanted),
                )
            }
            BIT_OR => {
                let wanted = bits(&rule.match_value)?;
                Some(
                    self.texts(attribute, entry)
                        .iter()
                        .filter_map(|t| bits(t))
                        .any(|has| has & wanted != 0),
                )
            }
            IN_CHAIN => {
                let end = attributes::named(self.tree, &rule.match_value)?.guid;
                Some(self.chain(attribute.name, entry.guid, end))
            }
            _ => None,
        }
    }

    /// Whether `end` is reached from `start` along an attribute, in any number of steps.
    fn chain(self, attribute: &str, start: ObjectGuid, end: ObjectGuid) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![start];
        while let Some(guid) = open.pop() {
            let next = match attribute {
                "memberOf" => self.tree.groups_of(guid).collect(),
                _ => self
                    .tree
                    .entry(guid)
                    .map(|e| links(e.values(attribute)))
                    .unwrap_or_default(),
            };
            if next.contains(&end) {
                return true;
            }
            open.extend(next.into_iter().filter(|guid| seen.insert(*guid)));
        }
        false
    }
}

/// The only objects that a filter can be true for, where it names an identifier or an account.
pub(super) fn pinned(tree: &Tree, filter: &LdapFilter) -> Option<Vec<ObjectGuid>> {
    let is = |name: &str, wanted: &str| name.eq_ignore_ascii_case(wanted);
    let guids = |entry: &Entry| entry.guid;
    match filter {
        LdapFilter::Equality(name, value) if is(name, "objectGUID") => guid(value).map(|g| vec![g]),
        LdapFilter::Equality(name, value) if is(name, "objectSid") => {
            sid(value).map(|sid| tree.by_sid(&sid).map(guids).into_iter().collect())
        }
        LdapFilter::Equality(name, value) if is(name, "distinguishedName") => {
            let dn = value.parse::<Dn>().ok();
            let found = dn.and_then(|dn| tree.by_dn(&dn));
            Some(found.map(guids).into_iter().collect())
        }
        LdapFilter::Equality(name, value) if is(name, "memberOf") => {
            let group = attributes::named(tree, value);
            Some(group.map(|g| links(g.values("member"))).unwrap_or_default())
        }
        LdapFilter::Equality(name, value) if is(name, "manager") => {
            let boss = attributes::named(tree, value).map(guids);
            let found = boss.map(|boss| tree.linking(boss, "manager").collect());
            Some(found.unwrap_or_default())
        }
        LdapFilter::Equality(name, value) => {
            let indexed = ["sAMAccountName", "userPrincipalName"];
            let name = indexed.into_iter().find(|known| is(name, known))?;
            Some(tree.by_name(name, value).map(guids).collect())
        }
        LdapFilter::And(parts) => parts.iter().find_map(|part| pinned(tree, part)),
        // An object that two parts mean is one object.
        LdapFilter::Or(parts) if !parts.is_empty() => {
            let all: Option<Vec<_>> = parts.iter().map(|part| pinned(tree, part)).collect();
            let mut seen = HashSet::new();
            let mut all: Vec<_> = all?.into_iter().flatten().collect();
            all.retain(|guid| seen.insert(*guid));
            Some(all)
        }
        _ => None,
    }
}

/// An attribute that filters may name. Constructed ones cannot be searched for, but for the links.
fn searchable(name: &str) -> Option<&'static Attribute> {
    schema::attribute(name).filter(|attribute| match attribute.kind {
        Kind::Stored | Kind::System => true,
        Kind::Constructed => matches!(attribute.name, "memberOf" | "directReports"),
        Kind::Secret => false,
    })
}

/// An objectGUID in a filter: dashed text, or the 16 bytes.
fn guid(value: &str) -> Option<ObjectGuid> {
    value
        .parse()
        .ok()
        .or_else(|| ObjectGuid::try_from(value.as_bytes()).ok())
}

/// An objectSid in a filter: `S-1-…`, or the bytes.
fn sid(value: &str) -> Option<Sid> {
    value
        .parse()
        .ok()
        .or_else(|| Sid::try_from(value.as_bytes()).ok())
}

fn has_parts(text: &str, parts: &LdapSubstringFilter) -> bool {
    let mut rest = text;
    if let Some(initial) = &parts.initial {
        let Some(after) = rest.strip_prefix(fold(initial).as_str()) else {
            return false;
        };
        rest = after;
    }
    for part in &parts.any {
        let Some((_, after)) = rest.split_once(fold(part).as_str()) else {
            return false;
        };
        rest = after;
    }
    parts
        .final_
        .as_ref()
        .is_none_or(|end| rest.ends_with(&fold(end)))
}

#[cfg(test)]
mod tests {
    use super::super::test_domain;
    use super::*;

    fn matches(filter: &LdapFilter, sam: &str) -> Option<bool> {
        let tree = test_domain::tree(Timestamp::UNIX_EPOCH).unwrap();
        let candidates = Candidates {
            tree: &tree,
            now: Timestamp::UNIX_EPOCH,
        };
        candidates.matches(filter, tree.by_sam(sam).unwrap())
    }

    fn equals(name: &str, value: &str) -> LdapFilter {
        LdapFilter::Equality(name.to_owned(), value.to_owned())
    }

    #[test]
    fn an_unknown_attribute_is_neither_true_nor_false() {
        let (true_, false_) = (equals("sn", "able"), equals("sn", "baker"));
        let unknown = || equals("noSuchAttribute", "1");
        for (filter, expected) in [
            (unknown(), None),
            (LdapFilter::Not(Box::new(unknown())), None),
            (LdapFilter::And(vec![true_.clone(), unknown()]), None),
            (
                LdapFilter::And(vec![unknown(), false_.clone()]),
                Some(false),
            ),
            (LdapFilter::Or(vec![unknown(), true_.clone()]), Some(true)),
            (LdapFilter::Or(vec![false_, unknown()]), None),
            (LdapFilter::And(Vec::new()), Some(true)),
            (LdapFilter::Or(Vec::new()), Some(false)),
            (LdapFilter::Not(Box::new(true_)), Some(false)),
        ] {
            assert_eq!(matches(&filter, "alice.able"), expected, "{filter:?}");
        }
    }

    #[test]
    fn text_is_compared_without_case_and_accents() {
        for name in ["Jürgen Müßig", "JÜRGEN MÜSSIG", "jurgen mussig"] {
            assert_eq!(
                matches(&equals("cn", name), "odd.umlaut"),
                Some(true),
                "{name}"
            );
        }
        assert_eq!(matches(&equals("cn", "Jurgen"), "odd.umlaut"), Some(false));
    }

    #[test]
    fn secrets_and_computed_values_cannot_be_searched_for() {
        for name in [
            "unicodePwd",
            "ntPwdHistory",
            "tokenGroups",
            "sDRightsEffective",
        ] {
            assert_eq!(
                matches(&LdapFilter::Present(name.to_owned()), "alice.able"),
                None,
                "{name}"
            );
        }
    }

    #[test]
    fn parts_of_a_text_match_in_order_and_do_not_overlap() {
        let parts = |initial: &str, any: &[&str], last: &str| LdapSubstringFilter {
            initial: Some(initial.to_owned()).filter(|text| !text.is_empty()),
            any: any.iter().map(|&text| text.to_owned()).collect(),
            final_: Some(last.to_owned()).filter(|text| !text.is_empty()),
        };
        for (filter, expected) in [
            (parts("al", &["ce"], "able"), true),
            (parts("", &["ICE", "b"], ""), true),
            (parts("", &["b", "ice"], ""), false),
            (parts("alice a", &[], "able"), false),
            (parts("alice", &[], "alice able"), false),
        ] {
            assert_eq!(has_parts("alice able", &filter), expected, "{filter:?}");
        }
    }

    #[test]
    fn only_what_must_hold_pins_a_filter() {
        let tree = test_domain::tree(Timestamp::UNIX_EPOCH).unwrap();
        let alice = tree.by_sam("alice.able").unwrap();
        let (guid, name) = (
            equals("objectguid", &alice.guid.to_string()),
            equals("samaccountname", "ALICE.able"),
        );
        let sid = equals("objectSid", &alice.sid.as_ref().unwrap().to_string());
        let other = equals("cn", "x");
        for only in [&guid, &name, &sid] {
            let all = LdapFilter::And(vec![other.clone(), only.clone()]);
            assert_eq!(pinned(&tree, &all), Some(vec![alice.guid]), "{only:?}");
            let either = LdapFilter::Or(vec![other.clone(), only.clone()]);
            assert!(pinned(&tree, &either).is_none());
            assert!(pinned(&tree, &LdapFilter::Not(Box::new(only.clone()))).is_none());
        }
    }
}
