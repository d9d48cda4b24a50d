//! Attributes of an entry → values. Absent is fine where AD may leave an attribute out; a value
//! of the wrong form is an error, never a guess.

use crate::domain::account::AccountFlags;
use crate::domain::identity::{Dn, Sid};
use crate::domain::time::Filetime;
use jiff::Timestamp;
use ldap3_proto::proto::{LdapPartialAttribute, LdapSearchResultEntry};
use std::str::FromStr;

/// An entry of a search result.
pub(super) struct Entry(Vec<LdapPartialAttribute>);

/// An attribute that is not what the schema says, or is missing where AD always has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed {
    pub attribute: &'static str,
}

impl From<LdapSearchResultEntry> for Entry {
    fn from(entry: LdapSearchResultEntry) -> Self {
        Self(entry.attributes)
    }
}

impl Entry {
    /// All values; none where the attribute is absent. Part of the values only (`;range=…`) is an
    /// error: a decision must not rest on half a list.
    pub(super) fn values(&self, attribute: &'static str) -> Result<&[Vec<u8>], Malformed> {
        let mut values: &[Vec<u8>] = &[];
        for present in &self.0 {
            let (name, options) = match present.atype.split_once(';') {
                Some((name, options)) => (name, Some(options)),
                None => (present.atype.as_str(), None),
            };
            if name.eq_ignore_ascii_case(attribute) {
                if options.is_some() && !present.vals.is_empty() {
                    return Err(Malformed { attribute });
                }
                if options.is_none() {
                    values = &present.vals;
                }
            }
        }
        Ok(values)
    }

    /// Values as a server with a limit sends them: those that came, and the number of the first
    /// one that did not (MS-ADTS 3.1.1.3.1.3.3).
    pub(super) fn part(
        &self,
        attribute: &'static str,
    ) -> Result<(&[Vec<u8>], Option<usize>), Malformed> {
        for present in self.0.iter().filter(|present| !present.vals.is_empty()) {
            let Some((name, range)) = present.atype.split_once(";range=") else {
                continue;
            };
            if !name.eq_ignore_ascii_case(attribute) {
                continue;
            }
            let (_, last) = range.split_once('-').ok_or(Malformed { attribute })?;
            let next = match last {
                "*" => None,
                last => {
                    let last: usize = last.parse().map_err(|_| Malformed { attribute })?;
                    Some(last.saturating_add(1))
                }
            };
            return Ok((&present.vals, next));
        }
        Ok((self.values(attribute)?, None))
    }

    /// The only value, or none.
    pub(super) fn value(&self, attribute: &'static str) -> Result<Option<&[u8]>, Malformed> {
        match self.values(attribute)? {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(Malformed { attribute }),
        }
    }

    pub(super) fn text(&self, attribute: &'static str) -> Result<Option<String>, Malformed> {
        self.value(attribute)?
            .map(|value| text(attribute, value))
            .transpose()
    }

    /// As [`Self::text`], and an empty text is none.
    pub(super) fn filled(&self, attribute: &'static str) -> Result<Option<String>, Malformed> {
        let text = self.text(attribute)?;
        Ok(text.filter(|text| !text.trim().is_empty()))
    }

    pub(super) fn texts(&self, attribute: &'static str) -> Result<Vec<String>, Malformed> {
        let values = self.values(attribute)?.iter();
        values.map(|value| text(attribute, value)).collect()
    }

    pub(super) fn parsed<T: FromStr>(
        &self,
        attribute: &'static str,
    ) -> Result<Option<T>, Malformed> {
        let parse = |text: String| text.parse().map_err(|_| Malformed { attribute });
        self.text(attribute)?.map(parse).transpose()
    }

    pub(super) fn dn(&self, attribute: &'static str) -> Result<Option<Dn>, Malformed> {
        self.parsed(attribute)
    }

    pub(super) fn dns(&self, attribute: &'static str) -> Result<Vec<Dn>, Malformed> {
        let parse = |text: String| text.parse().map_err(|_| Malformed { attribute });
        self.texts(attribute)?.into_iter().map(parse).collect()
    }

    pub(super) fn sid(&self, attribute: &'static str) -> Result<Option<Sid>, Malformed> {
        self.binary(attribute)
    }

    pub(super) fn sids(&self, attribute: &'static str) -> Result<Vec<Sid>, Malformed> {
        let values = self.values(attribute)?.iter();
        values
            .map(|value| Sid::try_from(value.as_slice()).map_err(|_| Malformed { attribute }))
            .collect()
    }

    pub(super) fn binary<'a, T: TryFrom<&'a [u8]>>(
        &'a self,
        attribute: &'static str,
    ) -> Result<Option<T>, Malformed> {
        let parse = |value| T::try_from(value).map_err(|_| Malformed { attribute });
        self.value(attribute)?.map(parse).transpose()
    }

    /// A FILETIME; absent is 0, which AD treats alike.
    pub(super) fn filetime(&self, attribute: &'static str) -> Result<Filetime, Malformed> {
        Ok(Filetime(self.parsed(attribute)?.unwrap_or(0)))
    }

    /// A time as LDAP writes it, `20260301123456.0Z`, to the second (RFC 4517 3.3.13).
    pub(super) fn time(&self, attribute: &'static str) -> Result<Option<Timestamp>, Malformed> {
        let parse = |text: String| generalized_time(&text).ok_or(Malformed { attribute });
        self.text(attribute)?.map(parse).transpose()
    }

    /// A 32-bit number; AD writes it signed, so the top bit is a minus.
    pub(super) fn bits(&self, attribute: &'static str) -> Result<u32, Malformed> {
        let number: i64 = self.parsed(attribute)?.unwrap_or(0);
        u32::try_from(number)
            .or_else(|_| i32::try_from(number).map(i32::cast_unsigned))
            .map_err(|_| Malformed { attribute })
    }

    /// `userAccountControl`, or'ed with what the DC computes (MS-ADTS 3.1.1.4.5.17). Every account
    /// has it: where it is absent it may not be read, and nobody can say what protects the account.
    pub(super) fn flags(&self) -> Result<AccountFlags, Malformed> {
        self.value("userAccountControl")?
            .always("userAccountControl")?;
        let stored = self.bits("userAccountControl")?;
        let computed = self.bits("msDS-User-Account-Control-Computed")?;
        Ok(AccountFlags(stored | computed))
    }

    /// The name for people: displayName, else the object's own name, else the account name.
    pub(super) fn person_name(&self) -> Result<String, Malformed> {
        for attribute in ["displayName", "cn", "name", "sAMAccountName"] {
            if let Some(name) = self.filled(attribute)? {
                return Ok(name);
            }
        }
        Err(Malformed { attribute: "name" })
    }
}

/// What AD always has.
pub(super) trait Always<T> {
    /// The value, or an error that names the attribute.
    fn always(self, attribute: &'static str) -> Result<T, Malformed>;
}

impl<T> Always<T> for Option<T> {
    fn always(self, attribute: &'static str) -> Result<T, Malformed> {
        self.ok_or(Malformed { attribute })
    }
}

fn generalized_time(text: &str) -> Option<Timestamp> {
    let (date, fraction) = text.strip_suffix('Z')?.split_at_checked(14)?;
    let no_fraction = fraction.is_empty() || fraction.starts_with('.');
    if !no_fraction || !date.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", date).ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(time).ok()
}

fn text(attribute: &'static str, value: &[u8]) -> Result<String, Malformed> {
    let text = std::str::from_utf8(value).map_err(|_| Malformed { attribute })?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attributes: &[(&str, &[&[u8]])]) -> Entry {
        let attribute = |(name, values): &(&str, &[&[u8]])| LdapPartialAttribute {
            atype: (*name).to_owned(),
            vals: values.iter().map(|v| v.to_vec()).collect(),
        };
        Entry(attributes.iter().map(attribute).collect())
    }

    #[test]
    fn absent_attributes_are_no_mistake() {
        let entry = entry(&[]);
        assert_eq!(entry.text("mail"), Ok(None));
        assert_eq!(entry.filetime("lockoutTime"), Ok(Filetime(0)));
        assert_eq!(entry.bits("userAccountControl"), Ok(0));
        assert_eq!(entry.sids("tokenGroups"), Ok(Vec::new()));
    }

    #[test]
    fn flags_that_may_not_be_read_are_not_taken_for_none() {
        let attribute = "userAccountControl";
        assert_eq!(entry(&[]).flags(), Err(Malformed { attribute }));
        let locked = entry(&[
            (attribute, &[b"512"]),
            ("msDS-User-Account-Control-Computed", &[b"16"]),
        ]);
        assert_eq!(locked.flags(), Ok(AccountFlags(0x210)));
    }

    #[test]
    fn names_are_found_in_whatever_case_the_server_writes_them() {
        let entry = entry(&[("SAMACCOUNTNAME", &[b"alice"])]);
        assert_eq!(entry.text("sAMAccountName"), Ok(Some("alice".to_owned())));
    }

    #[test]
    fn values_of_the_wrong_form_are_mistakes_that_name_the_attribute() {
        let entry = entry(&[
            ("mail", &[b"\xff\xfe"]),
            ("objectSid", &[b"\x01\x05"]),
            ("pwdLastSet", &[b"soon"]),
            ("userAccountControl", &[b"99999999999"]),
            ("sAMAccountName", &[b"a", b"b"]),
        ]);
        assert!(entry.text("mail").is_err());
        assert!(entry.sid("objectSid").is_err());
        assert!(entry.filetime("pwdLastSet").is_err());
        assert!(entry.bits("userAccountControl").is_err());
        assert_eq!(
            entry.text("sAMAccountName"),
            Err(Malformed {
                attribute: "sAMAccountName"
            })
        );
    }

    #[test]
    fn part_of_a_list_is_not_taken_for_the_whole() {
        let part = entry(&[("tokenGroups;range=0-1499", &[b"x"])]);
        assert!(part.values("tokenGroups").is_err());
        let beside = entry(&[("tokenGroups", &[]), ("tokenGroups;range=0-1499", &[b"x"])]);
        assert!(beside.values("tokenGroups").is_err());
    }

    #[test]
    fn the_top_bit_of_flags_is_a_minus_on_the_wire() {
        let entry = entry(&[("groupType", &[b"-2147483646"])]);
        assert_eq!(entry.bits("groupType"), Ok(0x8000_0002));
    }

    #[test]
    fn a_person_without_a_display_name_has_the_name_of_the_object() {
        let named = entry(&[("displayName", &[b" "]), ("cn", &[b"Norbert Noname"])]);
        assert_eq!(named.person_name(), Ok("Norbert Noname".to_owned()));
        assert!(entry(&[]).person_name().is_err());
    }
}
