//! The beginning of a record's line, read strictly: exactly as it is written, or not at all.
//!
//! The rest of a line is proven by its hash; only what tells place, time and phase is read.

/// No log has more records: the largest number of a database.
const MOST: u64 = u64::MAX >> 1;

/// What the verifier reads of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// The number that the line gives itself.
    pub seq: u64,
    /// RFC 3339 with microseconds, UTC.
    pub time: &'a str,
    /// What was done.
    pub action: &'a str,
    /// Where it stands in the course of an action.
    pub phase: Phase,
}

/// The phase of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Written before something is done.
    Attempt,
    /// Written after it: which attempt it ends.
    Outcome(u64),
    /// Nothing was to be done.
    Event,
}

impl<'a> Head<'a> {
    /// `None`: not written as a record is.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let mut rest = Rest(line.strip_suffix(b"}")?);
        rest.skip(b"{\"seq\":")?;
        let seq = rest.number()?;
        rest.skip(b",\"time\":\"")?;
        let time = rest.until_quote().filter(|time| is_time(time.as_bytes()))?;
        rest.skip(b",\"action\":\"")?;
        let action = rest.until_quote().filter(|word| is_word(word.as_bytes()))?;
        rest.skip(b",\"phase\":\"")?;
        let phase = match rest.until_quote()? {
            "attempt" => Phase::Attempt,
            "event" => Phase::Event,
            "outcome" => {
                rest.skip(b",\"attempt\":")?;
                Phase::Outcome(rest.number()?)
            }
            _ => return None,
        };
        let ends = matches!(rest.0.first(), None | Some(b','));
        ends.then_some(Self {
            seq,
            time,
            action,
            phase,
        })
    }
}

/// What is left of a line.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn skip(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    /// A number as JSON has it, without sign, fraction or leading zeros.
    fn number(&mut self) -> Option<u64> {
        let length = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at_checked(length)?;
        let leads_with_zero = length > 1 && digits.first() == Some(&b'0');
        let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        self.0 = rest;
        (!leads_with_zero && number <= MOST).then_some(number)
    }

    fn until_quote(&mut self) -> Option<&'a str> {
        let end = self.0.iter().position(|byte| *byte == b'"')?;
        let (text, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        std::str::from_utf8(text).ok()
    }
}

/// `2026-03-02T12:00:00.120000Z`.
fn is_time(text: &[u8]) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00.000000Z";
    text.len() == SHAPE.len()
        && text.iter().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == shape,
        })
}

fn is_word(text: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'_';
    (1..=64).contains(&text.len()) && text.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"seq":42,"time":"2026-03-02T12:00:00.120000Z","action":"reset_password","phase":"outcome","attempt":41,"result":"ok"}"#;

    #[test]
    fn place_time_action_and_phase_are_read() {
        let head = Head::parse(LINE.as_bytes()).unwrap();
        assert_eq!((head.seq, head.phase), (42, Phase::Outcome(41)));
        assert_eq!(
            (head.time, head.action),
            ("2026-03-02T12:00:00.120000Z", "reset_password")
        );
        let event = r#"{"seq":0,"time":"2026-03-02T12:00:00.000000Z","action":"service_started","phase":"event"}"#;
        assert_eq!(Head::parse(event.as_bytes()).unwrap().phase, Phase::Event);
    }

    #[test]
    fn what_is_written_in_another_way_is_no_record() {
        for (from, to) in [
            ("{\"seq\":42", " {\"seq\":42"),
            ("{\"seq\":42", "{\"seq\":042"),
            ("{\"seq\":42", "{\"seq\":-42"),
            ("{\"seq\":42", "{\"seq\":42.0"),
            ("{\"seq\":42", "{\"seq\":99999999999999999999"),
            ("{\"seq\":42", "{\"seq\":"),
            (".120000Z", ".12Z"),
            ("T12", " 12"),
            ("reset_password", "Reset"),
            ("reset_password", ""),
            ("\"outcome\"", "\"end\""),
            (",\"attempt\":41", ""),
            ("41,", "41;"),
            ("ok\"}", "ok\""),
        ] {
            assert!(LINE.contains(from), "{from}");
            let changed = LINE.replacen(from, to, 1);
            assert_eq!(Head::parse(changed.as_bytes()), None, "{from} -> {to}");
        }
        for length in 0..LINE.len() {
            assert_eq!(Head::parse(&LINE.as_bytes()[..length]), None);
        }
    }
}
