//! The two dates of an X.509 certificate, read from its DER form (RFC 5280 4.1). Whether it is to be
//! trusted is the business of the TLS library.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// When a certificate begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// `notBefore`.
    pub from: Timestamp,
    /// `notAfter`.
    pub until: Timestamp,
}

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// `[0] EXPLICIT`, the version.
const VERSION: u8 = 0xa0;

/// The dates of a certificate; `None` where the bytes are not one.
pub fn validity(der: &[u8]) -> Option<Validity> {
    let (certificate, _) = tagged(der, SEQUENCE)?;
    let (body, _) = tagged(certificate, SEQUENCE)?;
    let body = match tagged(body, VERSION) {
        Some((_, rest)) => rest,
        None => body,
    };
    let (_serial, body) = tagged(body, INTEGER)?;
    let (_algorithm, body) = tagged(body, SEQUENCE)?;
    let (_issuer, body) = tagged(body, SEQUENCE)?;
    let (dates, _) = tagged(body, SEQUENCE)?;
    let (from, dates) = time(dates)?;
    let (until, _) = time(dates)?;
    Some(Validity { from, until })
}

/// The content of the value at the beginning, if it has this tag, and what follows it.
fn tagged(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = value(bytes)?;
    (found == tag).then_some((content, rest))
}

/// Tag, content and rest (X.690 8.1; lengths of at most four bytes).
fn value(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let number = digits
                .iter()
                .fold(0, |n: u64, digit| n << 8 | u64::from(*digit));
            (usize::try_from(number).ok()?, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// A `UTCTime`, whose years are 1950 to 2049, or a `GeneralizedTime`; both with seconds and in UTC
/// (RFC 5280 4.1.2.5).
fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (tag, content, rest) = value(bytes)?;
    let digits = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let mut fields = digits
        .bytes()
        .map(|digit| digit.is_ascii_digit().then(|| digit - b'0'));
    let mut two = || Some(i16::from(fields.next()??) * 10 + i16::from(fields.next()??));
    let year = match (tag, two()?) {
        (UTC_TIME, year @ 0..50) => 2000 + year,
        (UTC_TIME, year) => 1900 + year,
        (GENERALIZED_TIME, century) => century * 100 + two()?,
        _ => return None,
    };
    let mut small = || two().and_then(|number| i8::try_from(number).ok());
    let (month, day) = (small()?, small()?);
    let (hour, minute, second) = (small()?, small()?, small()?);
    let time = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let time = TimeZone::UTC.to_timestamp(time).ok()?;
    fields.next().is_none().then_some((time, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn made(until: (i32, u8, u8)) -> Vec<u8> {
        let mut parameters =
            rcgen::CertificateParams::new(vec!["dc1.example.com".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2024, 2, 29);
        parameters.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let key = rcgen::KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_dates_are_read_in_both_spellings() {
        for (until, text) in [
            ((2026, 12, 31), "2026-12-31T00:00:00Z"),
            ((2049, 1, 1), "2049-01-01T00:00:00Z"),
            ((2050, 1, 1), "2050-01-01T00:00:00Z"),
            ((2107, 6, 5), "2107-06-05T00:00:00Z"),
        ] {
            let dates = validity(&made(until)).unwrap();
            assert_eq!(dates.from, "2024-02-29T00:00:00Z".parse().unwrap());
            assert_eq!(dates.until, text.parse().unwrap());
        }
    }

    #[test]
    fn a_piece_of_a_certificate_has_no_dates() {
        let whole = made((2026, 12, 31));
        for length in 0..whole.len() {
            assert_eq!(validity(&whole[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_time_that_is_none_is_refused() {
        for content in [
            "260230000000Z",
            "2601010000Z",
            "260101000000",
            "26010100000xZ",
            "2601010000000Z",
        ] {
            let mut bytes = vec![UTC_TIME, u8::try_from(content.len()).unwrap()];
            bytes.extend(content.bytes());
            assert_eq!(time(&bytes), None, "{content}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _dates = validity(&bytes);
        }
    }
}
