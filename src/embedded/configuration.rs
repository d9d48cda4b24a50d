//! What lies beside people in every domain: the system's containers, group policies, the domain
//! controller's own objects, and the naming contexts for the configuration and the schema.

use super::defaults::{
    ADMIN_SD_HOLDER, CONFIGURATION, FOREIGN, IN_CONFIGURATION, POLICIES, SCHEMA, SYSTEM_CONTAINERS,
};
use super::entry::Value;
use super::founding::{Founding, NewAccount};
use super::schema::Class;
use super::schema_tables::{self, AttributeRow, ClassRow, RightRow};
use crate::domain::identity::{ObjectGuid, Sid};

impl Founding {
    /// Below `CN=System`: `AdminSDHolder`, policies, and containers that are simply there.
    pub(super) fn system(&mut self, system: ObjectGuid) {
        let holder = self.container(Class::Container, system, "AdminSDHolder");
        self.own_access(holder, ADMIN_SD_HOLDER);
        if let Some(entry) = self.tree.entry_mut(holder) {
            entry.blocks_inheritance = true;
        }
        let policies = self.container(Class::Container, system, "Policies");
        for (name, display) in POLICIES {
            let policy = self.container(Class::GroupPolicyContainer, policies, name);
            self.put(policy, "displayName", display);
            let path = ["\\\\", &self.tree.names.dns, "\\SysVol\\", name].concat();
            self.put(policy, "gPCFileSysPath", &path);
            self.put(policy, "versionNumber", "1");
            for half in ["Machine", "User"] {
                self.container(Class::Container, policy, half);
            }
        }
        for name in SYSTEM_CONTAINERS {
            self.container(Class::Container, system, name);
        }
    }

    /// Principals from elsewhere, and what is linked to the domain and its controllers.
    pub(super) fn foreign_principals(&mut self) {
        let head = self.tree.head();
        let container = self.container(Class::Container, head, "ForeignSecurityPrincipals");
        for (sid, groups) in FOREIGN {
            let guid = self.foreign(container, sid);
            for group in groups {
                let group = self.tree.by_sam(group).map(|entry| entry.guid);
                if let Some(group) = group {
                    self.tree.join(guid, group, self.now);
                }
            }
        }
    }

    /// The domain controller: its account, and the policies that are linked.
    pub(super) fn controller(&mut self, controllers: ObjectGuid) {
        let account = NewAccount {
            class: Class::Computer,
            parent: controllers,
            sam: "DC1$",
            cn: "DC1",
            // SERVER_TRUST_ACCOUNT | TRUSTED_FOR_DELEGATION (MS-ADTS 2.2.16).
            flags: 0x0008_2000,
            password: "",
        };
        let guid = self.account_with_sid(&account, self.tree.names.sid.with_rid(1_000));
        let host = ["dc1.", &self.tree.names.dns].concat();
        self.put(guid, "dNSHostName", &host);
        self.put(guid, "primaryGroupID", "516");
        let spns = ["HOST/", "ldap/", "GC/"].map(|kind| Value::Text([kind, &host].concat()));
        if let Some(entry) = self.tree.entry_mut(guid) {
            entry.put("servicePrincipalName", spns.to_vec());
        }
        for (target, (policy, _)) in [self.tree.head(), controllers].into_iter().zip(POLICIES) {
            let head = &self.tree.names.head;
            let link = format!("[LDAP://cn={policy},cn=policies,cn=system,{head};0]");
            self.put(target, "gPLink", &link);
        }
    }

    /// The naming contexts for the configuration and the schema.
    pub(super) fn configuration(&mut self) {
        let head = self.tree.head();
        let enterprise = self.tree.names.sid.with_rid(519);
        let configuration = self.owned(
            Class::Configuration,
            head,
            "Configuration",
            enterprise.as_ref(),
        );
        self.own_access(configuration, CONFIGURATION);
        for name in ["Services", "Physical Locations", "DisplaySpecifiers"] {
            let guid = self.owned(Class::Container, configuration, name, enterprise.as_ref());
            self.own_access(guid, IN_CONFIGURATION);
        }
        let rights = self.owned(
            Class::Container,
            configuration,
            "Extended-Rights",
            enterprise.as_ref(),
        );
        self.own_access(rights, IN_CONFIGURATION);
        for row in schema_tables::rights() {
            self.extended_right(rights, &row, enterprise.as_ref());
        }
        self.partitions(configuration);
        self.sites(configuration, enterprise.as_ref());
        self.schema(configuration);
    }

    fn foreign(&mut self, container: ObjectGuid, sid: &str) -> ObjectGuid {
        self.with_sid(
            Class::ForeignSecurityPrincipal,
            container,
            sid,
            sid.parse().ok(),
        )
    }

    fn sites(&mut self, configuration: ObjectGuid, owner: Option<&Sid>) {
        let sites = self.owned(Class::SitesContainer, configuration, "Sites", owner);
        self.own_access(sites, IN_CONFIGURATION);
        let site = self.owned(Class::Site, sites, "Default-First-Site-Name", owner);
        let servers = self.owned(Class::ServersContainer, site, "Servers", owner);
        let server = self.owned(Class::Server, servers, "DC1", owner);
        let host = ["dc1.", &self.tree.names.dns].concat();
        self.put(server, "dNSHostName", &host);
        self.owned(Class::DirectoryService, server, "NTDS Settings", owner);
    }

    fn extended_right(&mut self, parent: ObjectGuid, row: &RightRow, owner: Option<&Sid>) {
        let guid = self.owned(Class::ControlAccessRight, parent, row.cn, owner);
        self.put(guid, "displayName", row.display);
        self.put(guid, "rightsGuid", &row.guid.to_string());
        self.put(guid, "validAccesses", row.accesses);
    }

    fn schema(&mut self, configuration: ObjectGuid) {
        let owner = self.tree.names.sid.with_rid(518);
        let schema = self.owned(Class::Schema, configuration, "Schema", owner.as_ref());
        self.own_access(schema, SCHEMA);
        self.put(schema, "objectVersion", "88");
        for row in schema_tables::attributes() {
            self.attribute_schema(schema, row, owner.as_ref());
        }
        for row in schema_tables::classes() {
            self.class_schema(schema, row, owner.as_ref());
        }
    }

    fn attribute_schema(&mut self, schema: ObjectGuid, row: &AttributeRow, owner: Option<&Sid>) {
        let guid = self.owned(Class::AttributeSchema, schema, row.cn, owner);
        let Some(entry) = self.tree.entry_mut(guid) else {
            return;
        };
        entry.put_text("lDAPDisplayName", row.name);
        entry.put(
            "schemaIDGUID",
            vec![Value::Bytes(row.guid.to_wire().to_vec())],
        );
        if let Some(set) = row.set {
            entry.put(
                "attributeSecurityGUID",
                vec![Value::Bytes(set.to_wire().to_vec())],
            );
        }
        entry.put_text("attributeID", row.oid);
        entry.put_text("systemOnly", row.system_only);
        entry.put_text("systemFlags", row.system_flags);
        entry.put_text("searchFlags", row.search_flags);
        if !row.link.is_empty() {
            entry.put_text("linkID", row.link);
        }
    }

    fn class_schema(&mut self, schema: ObjectGuid, row: &ClassRow, owner: Option<&Sid>) {
        let guid = self.owned(Class::SchemaClassEntry, schema, row.cn, owner);
        let Some(entry) = self.tree.entry_mut(guid) else {
            return;
        };
        entry.put_text("lDAPDisplayName", row.name);
        entry.put(
            "schemaIDGUID",
            vec![Value::Bytes(row.guid.to_wire().to_vec())],
        );
        entry.put_text("governsID", row.oid);
        entry.put_text("systemOnly", row.system_only);
        if !row.access.is_empty() {
            entry.put_text("defaultSecurityDescriptor", row.access);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::access::{Token, descriptor, may, may_write};
    use super::super::schema;
    use super::super::test_domain;
    use super::super::tree::Tree;
    use super::*;
    use crate::domain::security_descriptor::Rights;
    use jiff::Timestamp;

    fn tree() -> Tree {
        test_domain::tree(Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn every_object_has_rules_and_an_owner_who_administers() {
        let tree = tree();
        let domain = &tree.names.sid;
        let admins: Vec<Sid> = [512, 518, 519]
            .iter()
            .filter_map(|rid| domain.with_rid(*rid))
            .collect();
        for entry in tree.entries() {
            assert!(!descriptor(&tree, entry).rules().is_empty(), "{}", entry.dn);
            let trusted = admins.contains(&entry.owner) || entry.owner == Sid::builtin(544);
            assert!(trusted, "{}: {}", entry.dn, entry.owner);
        }
    }

    #[test]
    fn an_ordinary_user_changes_nothing_anywhere_but_the_own_details() {
        let tree = tree();
        let norma = tree.by_sam("norma.nobody").unwrap();
        let token = Token::of(&tree, norma).unwrap();
        let changing = Rights(0x000d_0043);
        for entry in tree.entries() {
            let found = descriptor(&tree, entry);
            let held = [
                Rights::CREATE_CHILD,
                Rights::DELETE,
                Rights::WRITE_DACL,
                Rights::WRITE_OWNER,
            ];
            for right in held {
                assert!(changing.contains(right));
                assert!(
                    !may(&found, entry, &token, right, &[]),
                    "{} {right:?}",
                    entry.dn
                );
            }
            let writable: Vec<_> = schema::writable()
                .filter(|attribute| may_write(&found, entry, &token, attribute))
                .map(|attribute| attribute.name)
                .collect();
            // Whoever is in a group, or is what an object stands for, is SELF to it.
            let itself = entry.sid.as_ref().is_some_and(|sid| token.holds(sid));
            assert!(itself || writable.is_empty(), "{}: {writable:?}", entry.dn);
            assert!(!writable.contains(&"userAccountControl") && !writable.contains(&"member"));
        }
    }

    #[test]
    fn the_schema_names_what_access_rules_speak_of() {
        let tree = tree();
        let schema = "CN=Schema,CN=Configuration,DC=example,DC=test"
            .parse()
            .unwrap();
        let schema = tree.by_dn(&schema).unwrap();
        assert!(schema.context_head);
        let named = |name: &str| {
            let mut below = tree
                .children(schema.guid)
                .iter()
                .filter_map(|guid| tree.entry(*guid));
            below.any(|entry| entry.text("lDAPDisplayName") == Some(name))
        };
        for name in [
            "member",
            "servicePrincipalName",
            "msDS-KeyCredentialLink",
            "msDS-AllowedToActOnBehalfOfOtherIdentity",
            "user",
            "groupPolicyContainer",
        ] {
            assert!(named(name), "{name}");
        }
    }
}
