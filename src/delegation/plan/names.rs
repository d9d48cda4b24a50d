//! What the service account is called and where it is made.

use super::NoPlan;
use crate::domain::identity::Dn;

/// Longer ones are refused by Windows' own tools and by the DC (MS-SAMR 3.1.1.6).
const LONGEST_SAM: usize = 20;
/// Characters that no sAMAccountName may have (MS-SAMR 3.1.1.8.4), and `@`, which makes a UPN of it.
const FORBIDDEN: [char; 17] = [
    '"', '/', '\\', '[', ']', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '%',
];

/// The names of the service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName {
    /// sAMAccountName.
    pub sam: String,
    /// userPrincipalName.
    pub upn: String,
    /// Where it is made, if the settings say that.
    pub dn: Option<Dn>,
}

impl AccountName {
    /// From the settings' user name: sAMAccountName, `DOMAIN\name`, UPN or DN.
    ///
    /// # Errors
    /// [`NoPlan::BadName`].
    pub fn of(username: &str, head: &Dn) -> Result<Self, NoPlan> {
        let dn = username.parse::<Dn>().ok();
        let (sam, upn) = match (&dn, username.rsplit_once('\\'), username.rsplit_once('@')) {
            (Some(dn), _, _) => (dn.common_name(), None),
            (None, Some((_, sam)), _) => (sam, None),
            (None, None, Some((sam, _))) => (sam, Some(username.to_owned())),
            (None, None, None) => (username, None),
        };
        let is_bad = sam.is_empty()
            || sam.chars().count() > LONGEST_SAM
            || sam.ends_with('.')
            || sam.contains(|c: char| c.is_control() || FORBIDDEN.contains(&c));
        if is_bad {
            return Err(NoPlan::BadName(sam.to_owned()));
        }
        Ok(Self {
            upn: upn.unwrap_or_else(|| format!("{sam}@{}", dns_name(head))),
            sam: sam.to_owned(),
            dn,
        })
    }

    /// Whether it is the name that every account has in its own domain.
    pub(super) fn has_default_upn(&self, head: &Dn) -> bool {
        let default = format!("{}@{}", self.sam, dns_name(head));
        self.upn.eq_ignore_ascii_case(&default)
    }

    /// Where it is made.
    ///
    /// # Errors
    /// [`NoPlan::NoDn`].
    pub fn place(&self, ou: &Dn) -> Result<Dn, NoPlan> {
        match &self.dn {
            Some(dn) => Ok(dn.clone()),
            None => ou
                .child("CN", &self.sam)
                .map_err(|_| NoPlan::NoDn(self.sam.clone())),
        }
    }
}

/// The OU of the service account where the settings name none.
///
/// # Errors
/// [`NoPlan::NoDn`] below a DN that is too long for another step.
pub fn default_account_ou(head: &Dn) -> Result<Dn, NoPlan> {
    head.child("OU", "Keyward")
        .map_err(|_| NoPlan::NoDn("Keyward".to_owned()))
}

/// The head of the domain that `dn` is in, as its text tells: from the first `DC=` on.
pub fn head_of(dn: &Dn) -> Option<Dn> {
    let is_head = |dn: &Dn| {
        let kind = dn.as_str().trim_start().get(..2);
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("dc"))
    };
    steps(dn).find(is_head)
}

/// `example.test` of `DC=example,DC=test`.
fn dns_name(head: &Dn) -> String {
    let labels: Vec<String> = steps(head)
        .map(|step| step.common_name().to_lowercase())
        .collect();
    labels.join(".")
}

/// It, what it is in, and so on.
fn steps(dn: &Dn) -> impl Iterator<Item = Dn> {
    std::iter::successors(Some(dn.clone()), Dn::parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> Dn {
        text.parse().expect("a DN")
    }

    #[test]
    fn every_form_of_the_user_name_leads_to_an_account() {
        let head = dn("DC=Example,DC=test");
        let ou = dn("OU=Keyward,DC=example,DC=test");
        for (username, sam, upn, place) in [
            (
                "svc",
                "svc",
                "svc@example.test",
                "CN=svc,OU=Keyward,DC=example,DC=test",
            ),
            (
                "EXAMPLE\\svc",
                "svc",
                "svc@example.test",
                "CN=svc,OU=Keyward,DC=example,DC=test",
            ),
            (
                "svc@corp.example",
                "svc",
                "svc@corp.example",
                "CN=svc,OU=Keyward,DC=example,DC=test",
            ),
            (
                "CN=svc,OU=Services,DC=example,DC=test",
                "svc",
                "svc@example.test",
                "CN=svc,OU=Services,DC=example,DC=test",
            ),
        ] {
            let name = AccountName::of(username, &head).expect("a name");
            assert_eq!((name.sam.as_str(), name.upn.as_str()), (sam, upn));
            assert_eq!(name.place(&ou), Ok(dn(place)));
        }
    }

    #[test]
    fn what_no_account_can_be_called_is_refused_before_anything_is_done() {
        let head = dn("DC=example,DC=test");
        for username in [
            "",
            "a:b",
            "svc_passwordreset_too_long",
            "ends.",
            "a\nb",
            "@x",
        ] {
            let name = AccountName::of(username, &head);
            assert!(matches!(name, Err(NoPlan::BadName(_))), "{username:?}");
        }
    }

    #[test]
    fn the_head_of_the_domain_is_read_off_a_dn() {
        let head = head_of(&dn("OU=A,OU=B, dc=example,DC=test"));
        assert_eq!(head, Some(dn("DC=example,DC=test")));
        assert_eq!(head_of(&dn("OU=A,O=example")), None);
    }
}
