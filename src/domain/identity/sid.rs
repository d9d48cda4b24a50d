//! Security identifiers in their binary and their `S-1-…` form (MS-DTYP 2.4.2).

use std::fmt;
use std::str::FromStr;

/// The only revision there is.
const REVISION: u8 = 1;
/// MS-DTYP 2.4.2.2: `SubAuthorityCount` is at most 15.
const MAX_SUB_AUTHORITIES: usize = 15;
/// The authority has 48 bits.
const MAX_AUTHORITY: u64 = 0xFFFF_FFFF_FFFF;
/// Authorities from here on are written in hexadecimal (MS-DTYP 2.4.2.1).
const FIRST_HEX_AUTHORITY: u64 = 0x1_0000_0000;

/// A security identifier with 1 to 15 sub-authorities (MS-DTYP 2.4.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid {
    authority: u64,
    sub_authorities: Vec<u32>,
}

/// Not a SID in binary or `S-1-…` form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a security identifier")]
pub struct InvalidSid;

impl Sid {
    /// The last sub-authority (the RID of an account or group).
    pub fn rid(&self) -> Option<u32> {
        self.sub_authorities.last().copied()
    }

    /// The SID without its last sub-authority; `None` where nothing would be left (`S-1-5-18`).
    pub fn domain(&self) -> Option<Sid> {
        let (_, rest) = self.sub_authorities.split_last()?;
        Sid::new(self.authority, rest.to_vec()).ok()
    }

    /// This domain's SID with `rid` appended; `None` where it is full already.
    pub fn with_rid(&self, rid: u32) -> Option<Sid> {
        let mut sub_authorities = self.sub_authorities.clone();
        sub_authorities.push(rid);
        Sid::new(self.authority, sub_authorities).ok()
    }

    /// `rid` within BUILTIN, `S-1-5-32` (MS-DTYP 2.4.2.4).
    pub fn builtin(rid: u32) -> Sid {
        Sid {
            authority: 5,
            sub_authorities: vec![32, rid],
        }
    }

    /// Whether it is an account or a group of some domain: `S-1-5-21-a-b-c-RID` (MS-DTYP 2.4.2.3).
    pub fn is_of_a_domain(&self) -> bool {
        self.authority == 5 && matches!(*self.sub_authorities, [21, _, _, _, _])
    }

    /// Whether it is this very authority with these sub-authorities: how well-known SIDs are told
    /// without making one to compare with.
    pub fn is(&self, authority: u64, sub_authorities: &[u32]) -> bool {
        self.authority == authority && self.sub_authorities == sub_authorities
    }

    /// Binary form, as objectSid has it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [_, _, authority @ ..] = self.authority.to_be_bytes();
        let count = u8::try_from(self.sub_authorities.len()).unwrap_or(u8::MAX);
        let mut bytes = vec![REVISION, count];
        bytes.extend(authority);
        bytes.extend(self.sub_authorities.iter().flat_map(|s| s.to_le_bytes()));
        bytes
    }

    fn new(authority: u64, sub_authorities: Vec<u32>) -> Result<Sid, InvalidSid> {
        let count = sub_authorities.len();
        if count == 0 || count > MAX_SUB_AUTHORITIES || authority > MAX_AUTHORITY {
            return Err(InvalidSid);
        }
        Ok(Sid {
            authority,
            sub_authorities,
        })
    }
}

impl TryFrom<&[u8]> for Sid {
    type Error = InvalidSid;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidSid> {
        let (header, rest) = bytes.split_first_chunk::<8>().ok_or(InvalidSid)?;
        let [revision, count, authority @ ..] = *header;
        let (words, left_over) = rest.as_chunks::<4>();
        if revision != REVISION || words.len() != usize::from(count) || !left_over.is_empty() {
            return Err(InvalidSid);
        }
        let authority = authority
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Sid::new(
            authority,
            words.iter().map(|w| u32::from_le_bytes(*w)).collect(),
        )
    }
}

impl FromStr for Sid {
    type Err = InvalidSid;

    /// Accepts what [`Display`](fmt::Display) writes and nothing else, so that a SID has one spelling.
    fn from_str(text: &str) -> Result<Self, InvalidSid> {
        let mut parts = text.strip_prefix("S-1-").ok_or(InvalidSid)?.split('-');
        let authority = parse_authority(parts.next().ok_or(InvalidSid)?)?;
        let sub_authorities = parts
            .take(MAX_SUB_AUTHORITIES + 1)
            .map(|part| decimal(part)?.try_into().map_err(|_| InvalidSid))
            .collect::<Result<Vec<u32>, _>>()?;
        Sid::new(authority, sub_authorities)
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.authority < FIRST_HEX_AUTHORITY {
            write!(f, "S-1-{}", self.authority)?;
        } else {
            write!(f, "S-1-0x{:012X}", self.authority)?;
        }
        self.sub_authorities
            .iter()
            .try_for_each(|sub| write!(f, "-{sub}"))
    }
}

fn parse_authority(text: &str) -> Result<u64, InvalidSid> {
    let Some(digits) = text.strip_prefix("0x") else {
        return decimal(text).and_then(|n| match n {
            0..FIRST_HEX_AUTHORITY => Ok(n),
            _ => Err(InvalidSid),
        });
    };
    let spelled_once = digits.len() == 12
        && digits
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
    let number = u64::from_str_radix(digits, 16).map_err(|_| InvalidSid)?;
    if spelled_once && number >= FIRST_HEX_AUTHORITY {
        Ok(number)
    } else {
        Err(InvalidSid)
    }
}

/// A number without a sign and without leading zeros.
fn decimal(text: &str) -> Result<u64, InvalidSid> {
    let digits_only = text.bytes().all(|b| b.is_ascii_digit());
    let padded = text.len() > 1 && text.starts_with('0');
    if !digits_only || padded {
        return Err(InvalidSid);
    }
    text.parse().map_err(|_| InvalidSid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALICE: [u8; 28] = [
        1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0x51, 4, 0, 0,
    ];

    #[test]
    fn both_forms_say_the_same() {
        let sid = Sid::try_from(&ALICE[..]).unwrap();
        assert_eq!(sid.to_string(), "S-1-5-21-1-2-3-1105");
        assert_eq!("S-1-5-21-1-2-3-1105".parse(), Ok(sid.clone()));
        assert_eq!(sid.to_bytes(), ALICE);
    }

    #[test]
    fn an_account_is_its_domain_and_a_rid() {
        let sid: Sid = "S-1-5-21-1-2-3-1105".parse().unwrap();
        let domain = sid.domain().unwrap();
        assert_eq!(domain.to_string(), "S-1-5-21-1-2-3");
        assert_eq!(sid.rid(), Some(1105));
        assert_eq!(domain.with_rid(1105), Some(sid));
        assert_eq!(Sid::builtin(544).to_string(), "S-1-5-32-544");
        assert_eq!("S-1-5-18".parse::<Sid>().unwrap().domain(), None);
    }

    #[test]
    fn a_full_sid_takes_no_further_rid() {
        let full: Sid = format!("S-1-5{}", "-1".repeat(15)).parse().unwrap();
        assert_eq!(full.with_rid(1), None);
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "S-1",
            "S-1-5",
            "S-1-5-",
            "s-1-5-18",
            "S-2-5-18",
            "S-1-05-18",
            "S-1-5-+18",
            "S-1-5-18 ",
            "S-1-5-4294967296",
            "S-1-0x5-18",
            "S-1-0x00000000000A-1",
            "S-1-0x+1234567890A-1",
            "S-1-4294967296-1",
            "S-1-5-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1",
        ] {
            assert_eq!(text.parse::<Sid>(), Err(InvalidSid), "{text:?}");
        }
    }

    #[test]
    fn a_wrong_length_revision_or_count_is_refused() {
        for cut in 0..ALICE.len() {
            assert_eq!(Sid::try_from(&ALICE[..cut]), Err(InvalidSid));
        }
        let mut longer = ALICE.to_vec();
        longer.push(0);
        assert_eq!(Sid::try_from(&longer[..]), Err(InvalidSid));
        assert_eq!(
            Sid::try_from(&[2, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0][..]),
            Err(InvalidSid)
        );
        assert_eq!(
            Sid::try_from(&[1, 0, 0, 0, 0, 0, 0, 5][..]),
            Err(InvalidSid)
        );
        let sixteen = [&[1, 16, 0, 0, 0, 0, 0, 5][..], &[0; 64]].concat();
        assert_eq!(Sid::try_from(&sixteen[..]), Err(InvalidSid));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn each_sid_survives_both_forms(
            authority in 0..=MAX_AUTHORITY,
            sub_authorities in proptest::collection::vec(any::<u32>(), 1..=15),
        ) {
            let sid = Sid::new(authority, sub_authorities).unwrap();
            prop_assert_eq!(sid.to_string().parse(), Ok(sid.clone()));
            prop_assert_eq!(Sid::try_from(&sid.to_bytes()[..]), Ok(sid));
        }
    }
}
