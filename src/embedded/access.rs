//! The one question that is asked of access rules: may this bound account do that to this object?
//! Rules are weighed by the domain (MS-ADTS 5.1.3.3); which ones an object has is decided here.

use super::entry::Entry;
use super::rule_list::{Rule, settled};
use super::schema::{Attribute, Class};
use super::tree::Tree;
use crate::domain::identity::{ObjectGuid, Sid};
use crate::domain::security_descriptor::{
    Ace, AceKind, Dacl, RightGuid, Rights, SecurityDescriptor, Token as Sids, sddl,
};

/// Control right "Reset Password": `00299570-246d-11d0-a768-00aa006e0529`.
pub(super) const RESET_PASSWORD: RightGuid = RightGuid(0x0029_9570_246d_11d0_a768_00aa_006e_0529);

/// A bound account with its groups, as they were at the bind (MS-ADTS 5.1.1.1).
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub guid: ObjectGuid,
    pub sid: Sid,
    /// All groups, nested, primary and well-known ones.
    pub groups: Vec<Sid>,
    all: Sids,
}

impl Token {
    /// The token of an account.
    pub(super) fn of(tree: &Tree, entry: &Entry) -> Option<Self> {
        let sid = entry.sid.clone()?;
        let mut groups = tree.all_groups(entry);
        for well_known in WELL_KNOWN_MEMBERSHIPS {
            let well_known: Sid = well_known.parse().ok()?;
            // A group may hold them, by an object that stands for them.
            let stands_for = tree.by_sid(&well_known);
            let more = stands_for.map(|entry| tree.all_groups(entry));
            for group in more.into_iter().flatten().chain([well_known]) {
                if !groups.contains(&group) {
                    groups.push(group);
                }
            }
        }
        groups.extend(entry.sid_history());
        let all = Sids(groups.iter().cloned().chain([sid.clone()]).collect());
        Some(Self {
            guid: entry.guid,
            sid,
            groups,
            all,
        })
    }

    /// Whether the token holds this SID.
    pub(super) fn holds(&self, sid: &Sid) -> bool {
        self.all.0.contains(sid)
    }

    /// A member of Domain Admins or of the built-in Administrators.
    pub(super) fn is_administrator(&self, tree: &Tree) -> bool {
        self.holds(&tree.admins()) || self.holds(&Sid::builtin(544))
    }
}

/// Everyone, Network, Authenticated Users, Users.
const WELL_KNOWN_MEMBERSHIPS: [&str; 4] = ["S-1-1-0", "S-1-5-2", "S-1-5-11", "S-1-5-32-545"];

/// All rules of an object in the order in which they are weighed: its own, then those that it
/// inherits, nearest first.
pub(super) fn rules(tree: &Tree, entry: &Entry) -> Vec<Rule> {
    let own = entry.rules.iter().cloned();
    own.chain(inherited(tree, entry).into_iter().map(Rule::of))
        .collect()
}

/// The rules that an object takes over from above. The head of a naming context takes over none.
pub(super) fn inherited(tree: &Tree, entry: &Entry) -> Vec<Ace> {
    let parent = entry.parent.and_then(|parent| tree.entry(parent));
    let Some(parent) = parent.filter(|_| !entry.blocks_inheritance && !entry.context_head) else {
        return Vec::new();
    };
    let class = entry.class.guid();
    let own = parent.rules.iter().filter_map(Rule::meaning).cloned();
    own.chain(inherited(tree, parent))
        .filter_map(|ace| ace.on_child(class))
        .flat_map(|ace| settled(ace, &entry.owner))
        .collect()
}

/// Owner and rules of an object, ready to be asked.
pub(super) fn descriptor(tree: &Tree, entry: &Entry) -> SecurityDescriptor {
    let own = entry.rules.iter().filter_map(Rule::meaning).cloned();
    SecurityDescriptor {
        owner: Some(entry.owner.clone()),
        dacl: Dacl::Rules(own.chain(inherited(tree, entry)).collect()),
    }
}

/// Whether `token` holds `right` on the object, for one of the things that the operation concerns:
/// an attribute and its property set, a control right, or the class of a child.
pub(super) fn may(
    descriptor: &SecurityDescriptor,
    entry: &Entry,
    token: &Token,
    right: Rights,
    path: &[RightGuid],
) -> bool {
    descriptor
        .granted(&token.all, entry.sid.as_ref(), path)
        .contains(right)
}

/// Whether `token` may write an attribute of the object.
pub(super) fn may_write(
    descriptor: &SecurityDescriptor,
    entry: &Entry,
    token: &Token,
    attribute: &Attribute,
) -> bool {
    let path = attribute.path();
    may(descriptor, entry, token, Rights::WRITE_PROPERTY, &path)
}

/// Whether `token` sees the object at all. Everybody who is signed in reads everything here,
/// as in a domain with the usual rights, but for password policies: those are for administrators.
pub(super) fn may_read(tree: &Tree, entry: &Entry, token: &Token) -> bool {
    entry.class != Class::PasswordSettings || token.is_administrator(tree)
}

/// Whether a rule of the object's own takes the reading of an attribute from `token`. That everybody may
/// read is taken for granted, so only such rules are weighed, and none that is inherited.
pub(super) fn is_hidden(entry: &Entry, token: &Token, attribute: &Attribute) -> bool {
    let denies = |ace: &&Ace| ace.kind == AceKind::Deny && !ace.flags.inherit_only();
    let own = entry.rules.iter().filter_map(Rule::meaning);
    let mut rules: Vec<Ace> = own.filter(denies).cloned().collect();
    let Some(usual) = rules.first().cloned() else {
        return false;
    };
    rules.push(Ace {
        kind: AceKind::Allow,
        rights: Rights::READ_PROPERTY,
        object: None,
        trustee: token.sid.clone(),
        ..usual
    });
    let found = SecurityDescriptor {
        owner: None,
        dacl: Dacl::Rules(rules),
    };
    !may(
        &found,
        entry,
        token,
        Rights::READ_PROPERTY,
        &attribute.path(),
    )
}

/// Access rules from SDDL, `SID` standing for `trustee`; none where the text makes no sense.
pub(super) fn from_sddl(text: &str, domain: &Sid, trustee: Option<&Sid>) -> Vec<Ace> {
    let text = match trustee {
        Some(sid) => text.replace(";SID)", &format!(";{sid})")),
        None => text.to_owned(),
    };
    sddl::rules(&text, domain).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::test_domain::{self, DELEGATION};
    use super::*;
    use jiff::Timestamp;

    fn tree() -> Tree {
        test_domain::tree(Timestamp::UNIX_EPOCH).unwrap()
    }

    fn token(tree: &Tree, sam: &str) -> Token {
        Token::of(tree, tree.by_sam(sam).unwrap()).unwrap()
    }

    fn has(tree: &Tree, who: &str, whom: &str, right: RightGuid) -> bool {
        let entry = tree.by_sam(whom).unwrap();
        let (found, token) = (descriptor(tree, entry), token(tree, who));
        may(&found, entry, &token, Rights::CONTROL_ACCESS, &[right])
    }

    fn resets(tree: &Tree, who: &str, whom: &str) -> bool {
        has(tree, who, whom, RESET_PASSWORD)
    }

    #[test]
    fn the_delegation_names_whom_it_is_for() {
        let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
        let read = from_sddl(DELEGATION, &domain, Some(&domain));
        assert_eq!(read.len(), 3);
        assert!(read.iter().all(|ace| ace.trustee == domain));
        assert!(from_sddl(DELEGATION, &domain, None).is_empty());
    }

    #[test]
    fn a_delegation_reaches_users_below_the_ou_and_nobody_else() {
        let tree = tree();
        for (whom, reached) in [
            ("alice.able", true),
            ("bob.baker", true),
            ("adam.admin", true),
            ("ines.isolated", false),
            ("iris.inetorg", false),
            ("WS01$", false),
            ("otto.outside", false),
            ("svc_passwordreset", false),
        ] {
            assert_eq!(
                resets(&tree, test_domain::SERVICE_NAME, whom),
                reached,
                "{whom}"
            );
            assert!(
                !resets(&tree, test_domain::BARE_SERVICE_NAME, whom),
                "{whom}"
            );
        }
        assert!(resets(
            &tree,
            test_domain::SECOND_SERVICE_NAME,
            "iris.inetorg"
        ));
        assert!(resets(&tree, "lead.both", "otto.outside"), "a Domain Admin");
    }

    #[test]
    fn the_own_password_may_be_changed_unless_that_is_denied() {
        let tree = tree();
        for (sam, allowed) in [("alice.able", true), ("carl.cannotchange", false)] {
            let may = has(&tree, sam, sam, RightGuid::CHANGE_PASSWORD);
            assert_eq!(may, allowed, "{sam}");
            assert!(!resets(&tree, sam, sam));
        }
    }

    #[test]
    fn own_rules_come_before_inherited_ones_and_denials_first() {
        let tree = tree();
        let entry = tree.by_sam("carl.cannotchange").unwrap();
        let found = descriptor(&tree, entry);
        let inherited: Vec<_> = found
            .rules()
            .iter()
            .map(|ace| ace.flags.inherited())
            .collect();
        assert!(inherited.is_sorted() && inherited.contains(&true));
        let first = found.rules().first().unwrap();
        assert_eq!(
            first.kind,
            crate::domain::security_descriptor::AceKind::Deny
        );
    }

    #[test]
    fn the_head_of_a_naming_context_inherits_nothing() {
        let tree = tree();
        let configuration = "CN=Configuration,DC=example,DC=test".parse().unwrap();
        let head = tree.by_dn(&configuration).unwrap();
        assert!(inherited(&tree, head).is_empty());
    }
}
