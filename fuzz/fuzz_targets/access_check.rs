//! Who may do what by a descriptor: bit by bit the first rule that speaks of it decides; what is
//! inherited is never more than what is above.
#![no_main]

use keyward::domain::identity::Sid;
use keyward::domain::security_descriptor::{
    AceKind, Held, RightGuid, Rights, SecurityDescriptor, Token,
};
use libfuzzer_sys::fuzz_target;

/// Whether one right is held, looked at by itself.
fn one(held: &Held<'_>, path: &[RightGuid], right: Rights) -> bool {
    if held.implicit().contains(right) {
        return true;
    }
    let decides = |rule: &&&keyward::domain::security_descriptor::Ace| {
        rule.rights.mapped().contains(right)
            && rule.object.is_none_or(|object| path.contains(&object))
    };
    let found = held.rules().iter().find(decides);
    found.is_some_and(|rule| rule.kind == AceKind::Allow)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let Ok(descriptor) = SecurityDescriptor::try_from(bytes) else {
        return;
    };
    // Every other trustee is in the token, from the first or from the second on.
    let trustees = descriptor.rules().iter().map(|rule| rule.trustee.clone());
    let trustees: Vec<Sid> = trustees.chain(descriptor.owner.clone()).collect();
    let skipped = usize::from(choice & 1);
    let token = Token(trustees.iter().skip(skipped).step_by(2).cloned().collect());
    let object = trustees.first().filter(|_| choice & 2 != 0);
    let types = descriptor.rules().iter().filter_map(|rule| rule.object);
    let path: Vec<RightGuid> = types.take(usize::from(choice >> 2 & 3)).collect();

    let held = descriptor.held_by(&token, object);
    let granted = descriptor.granted(&token, object, &path);
    assert_eq!(held.granted(&path), granted);
    for bit in 0..32 {
        let right = Rights(1 << bit);
        assert_eq!(
            granted.contains(right),
            one(&held, &path, right),
            "{right:?}"
        );
        if let Some(rule) = held.deciding(&path, right) {
            assert_eq!(rule.kind == AceKind::Allow, granted.contains(right));
        }
    }
    for rule in descriptor.rules() {
        let class = rule.inherited_by.unwrap_or(RightGuid::GP_LINK);
        let Some(child) = rule.on_child(class) else {
            assert!(!rule.reaches(class));
            continue;
        };
        assert!(rule.flags.inherits_to_containers() && child.flags.inherited());
        assert_eq!(
            (child.rights, child.object, &child.trustee),
            (rule.rights, rule.object, &rule.trustee)
        );
        assert!(!rule.flags.no_propagate() || child.on_child(class).is_none());
    }
});
