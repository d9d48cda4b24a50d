//! The tests' own hand in the directory, as Administrator: independent of what is tested.

use super::directory::Scene;
use super::ldap::Ldap;
use keyward::domain::identity::Sid;
use keyward::domain::security_descriptor::Ace;
use ldap3_proto::LdapResultCode;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapAddRequest, LdapModify, LdapOp, LdapPartialAttribute, LdapResult};

/// A connection of Administrator.
pub async fn administrator(scene: &Scene) -> Ldap {
    let account = &scene.people["administrator"];
    let name = account["username"].as_str().unwrap();
    let password = account["password"].as_str().unwrap();
    sign_in(scene, name, password).await
}

/// A connection of somebody, by sAMAccountName.
pub async fn sign_in(scene: &Scene, name: &str, password: &str) -> Ldap {
    let name = format!("{name}@{}", scene.people["dns_domain"].as_str().unwrap());
    Ldap::signed_in(scene, &name, password).await
}

/// Makes an object.
pub async fn add(admin: &mut Ldap, dn: &str, class: &str, attributes: &[(&str, &str)]) {
    let class = [("objectClass", class)];
    let attributes = class.iter().chain(attributes);
    let attributes = attributes.map(|(name, value)| LdapPartialAttribute {
        atype: (*name).to_owned(),
        vals: vec![value.as_bytes().to_vec()],
    });
    let request = LdapAddRequest {
        dn: dn.to_owned(),
        attributes: attributes.collect(),
    };
    admin.send(LdapOp::AddRequest(request), Vec::new()).await;
    match admin.next().await.map(|message| message.op) {
        Some(LdapOp::AddResponse(result)) => {
            assert_eq!(
                result.code,
                LdapResultCode::Success,
                "{dn}: {}",
                result.message
            );
        }
        other => panic!("not an add response: {other:?}"),
    }
}

/// Deletes an object with all below it.
pub async fn delete(admin: &mut Ldap, dn: &str) -> LdapResult {
    let tree = LdapControl::Unknown {
        oid: "1.2.840.113556.1.4.805".to_owned(),
        criticality: true,
        value: None,
    };
    admin
        .send(LdapOp::DelRequest(dn.to_owned()), vec![tree])
        .await;
    match admin.next().await.map(|message| message.op) {
        Some(LdapOp::DelResponse(result)) => result,
        other => panic!("not a delete response: {other:?}"),
    }
}

/// Changes an object.
pub async fn modify(
    admin: &mut Ldap,
    dn: &str,
    changes: Vec<LdapModify>,
    control: Option<LdapControl>,
) {
    let result = admin
        .modify_with(dn, changes, control.into_iter().collect())
        .await;
    assert_eq!(
        result.code,
        LdapResultCode::Success,
        "{dn}: {}",
        result.message
    );
}

/// Which parts of a descriptor are meant: 1 owner, 2 group, 4 rules.
pub fn sd_flags(flags: i32) -> LdapControl {
    LdapControl::SdFlags {
        criticality: true,
        flags,
    }
}

/// A descriptor with these rules in this very order, canonical or not.
pub fn descriptor(owner: Option<&Sid>, protected: bool, rules: &[Ace]) -> Vec<u8> {
    let owner = owner.map(Sid::to_bytes).unwrap_or_default();
    let body: Vec<u8> = rules.iter().flat_map(Ace::to_bytes).collect();
    let control: u16 = if protected { 0x9004 } else { 0x8004 };
    let mut bytes = vec![1, 0];
    bytes.extend(control.to_le_bytes());
    let owner_at = if owner.is_empty() { 0 } else { 20 };
    for offset in [owner_at, 0, 0, 20 + owner.len()] {
        bytes.extend(u32::try_from(offset).unwrap().to_le_bytes());
    }
    bytes.extend(owner);
    bytes.extend([4, 0]);
    bytes.extend(u16::try_from(8 + body.len()).unwrap().to_le_bytes());
    bytes.extend(u16::try_from(rules.len()).unwrap().to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(body);
    bytes
}
