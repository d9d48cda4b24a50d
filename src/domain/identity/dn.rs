//! Distinguished names as values: equality and scope compare parsed, folded RDNs, never text.
//!
//! The folding is stricter than Active Directory's (which also ignores accents and width): two names
//! that are one there may differ here, and never the other way round. Reading text is in `dn_text`.

use super::dn_text;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;

/// A distinguished name (RFC 4514) of 1 to 64 RDNs and at most 8 KiB of text.
#[derive(Debug, Clone)]
pub struct Dn {
    text: String,
    rdns: Vec<Rdn>,
}

/// Not a distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a distinguished name")]
pub struct InvalidDn;

impl Dn {
    /// The text as it was received; this is what goes back to the directory.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this object lies below `base` (strictly).
    pub fn is_below(&self, base: &Dn) -> bool {
        match self.rdns.len().checked_sub(base.rdns.len()) {
            None | Some(0) => false,
            Some(deeper) => self.rdns.iter().skip(deeper).eq(&base.rdns),
        }
    }

    /// Whether `sibling`'s parent is an OU and this object lies below that: as [`parent`](Self::parent) and
    /// [`is_below`](Self::is_below), and nothing is copied.
    pub fn is_below_ou_of(&self, sibling: &Dn) -> bool {
        let Some((_, above)) = sibling.rdns.split_first() else {
            return false;
        };
        let is_ou = above.first().is_some_and(Rdn::is_ou);
        match self.rdns.len().checked_sub(above.len()) {
            None | Some(0) => false,
            Some(deeper) => is_ou && self.rdns.iter().skip(deeper).eq(above),
        }
    }

    /// The DN of the parent; `None` at the root.
    pub fn parent(&self) -> Option<Dn> {
        let (_, above) = self.rdns.split_first()?;
        let from = above.first()?.left_over;
        let cut = self.text.len().checked_sub(from)?;
        Some(Dn {
            text: self.text.get(cut..)?.to_owned(),
            rdns: above.to_vec(),
        })
    }

    /// Whether it names an organisational unit.
    pub fn is_ou(&self) -> bool {
        self.rdns.first().is_some_and(Rdn::is_ou)
    }

    /// Whether its first RDN is one name, as all are that Active Directory makes, and not several (`CN=a+OU=b`).
    pub fn has_one_name(&self) -> bool {
        self.rdns.first().is_some_and(|rdn| rdn.key.len() == 1)
    }

    /// The unescaped value of the first RDN, for people.
    pub fn common_name(&self) -> &str {
        self.rdns.first().map_or("", |rdn| &rdn.shown)
    }

    /// The DN of an object below this one, its value escaped. The one place where a DN is made.
    ///
    /// # Errors
    /// [`InvalidDn`] if `kind` is not an attribute type, `value` is empty, or the whole is too long.
    pub fn child(&self, kind: &str, value: &str) -> Result<Dn, InvalidDn> {
        if !dn_text::is_attribute_type(kind) {
            return Err(InvalidDn);
        }
        format!("{kind}={},{}", dn_text::escape(value), self.text).parse()
    }
}

impl FromStr for Dn {
    type Err = InvalidDn;

    fn from_str(text: &str) -> Result<Self, InvalidDn> {
        Ok(Dn {
            rdns: dn_text::parse(text)?,
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Dn {
    fn eq(&self, other: &Self) -> bool {
        self.rdns == other.rdns
    }
}

impl Eq for Dn {}

impl Hash for Dn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rdns.hash(state);
    }
}

/// One step of a DN. Only `key` is compared.
#[derive(Debug, Clone)]
pub(super) struct Rdn {
    /// Bytes of the text from this RDN to the end.
    left_over: usize,
    /// The first value as people read it.
    shown: String,
    /// Sorted, because the order within `CN=a+UID=b` means nothing.
    key: Vec<(String, ValueKey)>,
}

/// What a value is compared by. A `#…` value equals no text, whatever its bytes spell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum ValueKey {
    Text(String),
    Ber(Vec<u8>),
}

/// One `type=value` as it was read.
pub(super) struct Attribute {
    /// The attribute type as written.
    pub kind: String,
    /// Its value.
    pub value: Value,
}

/// A value as it was read.
pub(super) enum Value {
    /// Unescaped text.
    Text(String),
    /// The bytes of a `#…` value: BER, never read as text.
    Ber(Vec<u8>),
}

impl Rdn {
    /// Whether its only attribute is `ou`.
    fn is_ou(&self) -> bool {
        matches!(self.key.as_slice(), [(kind, _)] if kind == "ou")
    }

    /// `left_over`: bytes of the DN's text from the start of this RDN.
    ///
    /// # Errors
    /// [`InvalidDn`] if an attribute type stands in it twice (X.501 9.3).
    pub(super) fn new(left_over: usize, attributes: Vec<Attribute>) -> Result<Self, InvalidDn> {
        let shown = attributes.first().map(|a| a.value.shown());
        let mut key: Vec<_> = attributes.into_iter().map(Attribute::into_key).collect();
        key.sort();
        if key
            .windows(2)
            .any(|pair| matches!(pair, [(first, _), (second, _)] if first == second))
        {
            return Err(InvalidDn);
        }
        Ok(Rdn {
            left_over,
            shown: shown.ok_or(InvalidDn)?,
            key,
        })
    }
}

impl PartialEq for Rdn {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Rdn {}

impl Hash for Rdn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl Attribute {
    fn into_key(self) -> (String, ValueKey) {
        let value = match self.value {
            Value::Text(text) => ValueKey::Text(fold(&text)),
            Value::Ber(bytes) => ValueKey::Ber(bytes),
        };
        (self.kind.to_ascii_lowercase(), value)
    }
}

impl Value {
    fn shown(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Ber(bytes) => bytes
                .iter()
                .fold("#".to_owned(), |text, byte| format!("{text}{byte:02x}")),
        }
    }
}

/// Canonically composed, each character folded by itself.
fn fold(text: &str) -> String {
    text.nfc().map(fold_char).nfc().collect()
}

/// Simple case folding: characters whose other case is several characters stay (`ß`), and nothing
/// outside ASCII becomes ASCII (`ı`, `ſ`), so that no name can pass for a plain one.
fn fold_char(c: char) -> char {
    let folded = single(c.to_uppercase())
        .and_then(|upper| single(upper.to_lowercase()))
        .unwrap_or(c);
    if folded.is_ascii() && !c.is_ascii() {
        c
    } else {
        folded
    }
}

fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next();
    first.filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dn(text: &str) -> Dn {
        text.parse()
            .unwrap_or_else(|InvalidDn| panic!("{text:?} is a DN"))
    }

    fn refused(text: &str) {
        assert!(text.parse::<Dn>().is_err(), "{text:?}");
    }

    #[test]
    fn case_blanks_around_separators_and_order_within_an_rdn_mean_nothing() {
        let written = dn("CN=Alice Able,OU=Staff,DC=example,DC=com");
        assert_eq!(
            written,
            dn("cn = alice ABLE , ou=STAFF, dc=Example,Dc=com ")
        );
        assert_eq!(dn("CN=a+UID=b,DC=x"), dn("uid=B+cn=A,dc=X"));
        assert_ne!(written, dn("CN=Alice  Able,OU=Staff,DC=example,DC=com"));
        assert_ne!(written, dn("OU=Alice Able,OU=Staff,DC=example,DC=com"));
    }

    #[test]
    fn each_way_to_escape_a_character_gives_the_same_name() {
        assert_eq!(dn(r"CN=Able\, Alice,DC=x"), dn(r"CN=Able\2c\20Alice,DC=x"));
        assert_eq!(dn(r"CN=M\C3\BCller,DC=x"), dn("CN=müller,DC=x"));
        assert_eq!(
            dn(r#"CN=\"a\"\+\;\<b\>\\\=,DC=x"#).common_name(),
            r#""a"+;<b>\="#
        );
        assert_eq!(dn(r"CN=\ a\ ,DC=x").common_name(), " a ");
        assert_eq!(dn(r"CN=a\20 ,DC=x").common_name(), "a ");
        assert_eq!(dn(r"CN=\#1,DC=x").common_name(), "#1");
        assert_eq!(dn(r"CN=a\0ADEL:1,DC=x").common_name(), "a\nDEL:1");
        assert_eq!(dn("CN=a=b,DC=x").common_name(), "a=b");
    }

    #[test]
    fn unicode_is_folded_without_letting_a_lookalike_pass_for_ascii() {
        assert_eq!(dn("OU=ÄRZTE,DC=x"), dn("OU=ärzte,DC=x"));
        assert_eq!(dn("OU=A\u{308}rzte,DC=x"), dn("OU=Ärzte,DC=x"));
        assert_eq!(dn("OU=ΟΔΌΣ,DC=x"), dn("OU=οδός,DC=x"));
        assert_ne!(dn("OU=\u{17f}ales,DC=x"), dn("OU=sales,DC=x"));
        assert_ne!(dn("OU=\u{131}t,DC=x"), dn("OU=it,DC=x"));
        assert_ne!(dn("OU=\u{ff29}T,DC=x"), dn("OU=IT,DC=x"));
        assert_ne!(dn("OU=Straße,DC=x"), dn("OU=Strasse,DC=x"));
    }

    #[test]
    fn a_value_that_is_not_text_equals_no_text_that_looks_like_it() {
        assert_eq!(dn("CN=#04024869,DC=x"), dn("cn=#04024869 ,dc=x"));
        assert_eq!(dn("CN=#04024869,DC=x").common_name(), "#04024869");
        assert_ne!(dn("CN=#04024869,DC=x"), dn(r"CN=\#04024869,DC=x"));
        assert_ne!(dn("CN=#04024869,DC=x"), dn("CN=Hi,DC=x"));
        assert_ne!(dn("CN=#4869,DC=x"), dn("CN=Hi,DC=x"));
    }

    #[test]
    fn below_means_strictly_below_by_whole_names() {
        let sales = dn("OU=Sales,DC=example,DC=com");
        assert!(dn("CN=a,ou=sales,dc=example,dc=com").is_below(&sales));
        assert!(dn("CN=a,OU=North,OU=Sales,DC=example,DC=com").is_below(&sales));
        for outside in [
            "OU=Sales,DC=example,DC=com",
            "DC=example,DC=com",
            "CN=a,OU=XSales,DC=example,DC=com",
            "CN=a,OU=Sales,DC=example,DC=org",
            r"CN=a\,OU=Sales,DC=example,DC=com",
            r"CN=a\,OU\3DSales,OU=Other,DC=example,DC=com",
            "CN=a,OU=Sales+CN=b,DC=example,DC=com",
            "CN=a,OU=Sales,DC=example,DC=com,DC=com",
        ] {
            assert!(!dn(outside).is_below(&sales), "{outside}");
        }
    }

    #[test]
    fn the_parent_is_the_rest_of_the_text() {
        let alice = dn(r"CN=Able\, Alice+UID=7, OU=Staff,DC=x");
        let staff = alice.parent().unwrap();
        assert_eq!(staff.as_str(), "OU=Staff,DC=x");
        assert_eq!(staff, dn("OU=Staff,DC=x"));
        assert_eq!(staff.parent().unwrap().as_str(), "DC=x");
        assert_eq!(dn("DC=x").parent(), None);
        assert!(alice.is_below(&staff));
    }

    #[test]
    fn what_is_not_rfc_4514_is_refused() {
        for text in [
            "",
            " ",
            ",",
            "=",
            "alice",
            "CN=",
            "CN=,DC=x",
            "=a,DC=x",
            "CN=a,",
            ",CN=a",
            "CN=a,,DC=x",
            "CN=a+,DC=x",
            "CN=a;DC=x",
            r#"CN="a",DC=x"#,
            "CN=a<b,DC=x",
            "CN=a>b",
            "CN=a\0",
            "CN=#,DC=x",
            "CN=#0,DC=x",
            "CN=#0g,DC=x",
            "CN=#0102x,DC=x",
            r"CN=a\",
            r"CN=a\g",
            r"CN=a\4",
            r"CN=a\4g",
            r"CN=\FF,DC=x",
            r"CN=a\é",
            "1CN=a",
            "C_N=a",
            "1.02=a",
            "1=a",
            "1..2=a",
            ".1=a",
            "CN=a+cn=b,DC=x",
            "<GUID=00299570-246d-11d0-a768-00aa006e0529>",
            "<SID=S-1-5-18>;CN=a,DC=x",
            "OID.2.5.4.3=a",
        ] {
            refused(text);
        }
        assert_eq!(dn("2.5.4.3=a,DC=x").common_name(), "a");
    }

    #[test]
    fn length_depth_and_breadth_are_bounded() {
        let deep = |n: usize| vec!["DC=x"; n].join(",");
        assert!(deep(64).parse::<Dn>().is_ok());
        refused(&deep(65));
        let long = |n: usize| format!("CN={}", "x".repeat(n));
        assert!(long(8 * 1024 - 3).parse::<Dn>().is_ok());
        refused(&long(8 * 1024 - 2));
        let broad = |n: usize| {
            (0..n)
                .map(|i| format!("a{i}=x"))
                .collect::<Vec<_>>()
                .join("+")
        };
        assert!(broad(16).parse::<Dn>().is_ok());
        refused(&broad(17));
    }

    #[test]
    fn a_child_is_below_its_parent_whatever_its_name() {
        let base = dn("OU=Staff,DC=x");
        for name in [
            "Able, Alice",
            " a ",
            "#1",
            "a+b=\"c\"<d>;\\",
            "x,OU=Sales",
            "a\r\n\0",
            "\u{202e}a",
        ] {
            let child = base.child("CN", name).unwrap();
            assert_eq!(child.common_name(), name);
            assert_eq!(child.parent(), Some(base.clone()));
        }
        assert!(base.child("CN=a,OU", "b").is_err());
        assert!(base.child("CN", "").is_err());
    }

    #[test]
    fn equal_names_hash_alike() {
        let set = std::collections::HashSet::from([dn("CN=Zoë,DC=x")]);
        assert!(set.contains(&dn("cn=ZOË, dc=X")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn each_value_survives_its_escape(name in ".{1,24}") {
            let base = dn("OU=Staff,DC=x");
            let child = base.child("CN", &name).unwrap();
            prop_assert_eq!(child.common_name(), name.as_str());
            prop_assert!(child.is_below(&base));
            prop_assert_eq!(child.parent(), Some(base));
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "[CNOUcn=,+\\\\#\"; <>0-9a-fé\u{0}]{0,40}") {
            if let Ok(read) = text.parse::<Dn>() {
                prop_assert_eq!(read.as_str().parse::<Dn>(), Ok(read.clone()));
                prop_assert!(!read.is_below(&read));
            }
        }
    }
}
