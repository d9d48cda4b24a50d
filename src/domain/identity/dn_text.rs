//! Reading and escaping the text of a distinguished name (RFC 4514).
//!
//! Taken beyond the RFC, because directories and people write them: spaces beside `,` `+` `=`, and a
//! backslash before any ASCII punctuation. Not taken: quotes, `;` as a separator, empty values.

use super::dn::{Attribute, InvalidDn, Rdn, Value};
use std::fmt::Write;

const MAX_BYTES: usize = 8 * 1024;
const MAX_RDNS: usize = 64;
const MAX_ATTRIBUTES_OF_RDN: usize = 16;

/// The RDNs of `text`, the object's own first.
///
/// # Errors
/// [`InvalidDn`] for anything else than 1 to 64 RDNs in at most 8 KiB.
pub(super) fn parse(text: &str) -> Result<Vec<Rdn>, InvalidDn> {
    if text.len() > MAX_BYTES {
        return Err(InvalidDn);
    }
    let mut reader = Reader { rest: text };
    let mut rdns = Vec::new();
    while rdns.len() < MAX_RDNS {
        let (rdn, end) = reader.rdn()?;
        rdns.push(rdn);
        if end == End::Dn {
            return Ok(rdns);
        }
    }
    Err(InvalidDn)
}

/// `value` as it stands in a DN, so that [`parse`] gives it back (RFC 4514 2.4).
pub(super) fn escape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (place, c) in value.chars().enumerate() {
        let at_edge = place == 0 || place == last;
        if c.is_ascii_control() {
            // Writing to a String cannot fail.
            write!(text, "\\{:02X}", u32::from(c)).unwrap_or_default();
            continue;
        }
        let special = matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=');
        if special || (c == ' ' && at_edge) || (c == '#' && place == 0) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// Whether `kind` may stand before the `=`: a name or a numeric OID (RFC 4512 1.4).
pub(super) fn is_attribute_type(kind: &str) -> bool {
    is_descriptor(kind) || is_numeric_oid(kind)
}

/// What ends with a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// `+`
    Attribute,
    /// `,`
    Rdn,
    /// Nothing.
    Dn,
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn rdn(&mut self) -> Result<(Rdn, End), InvalidDn> {
        self.skip_spaces();
        let left_over = self.rest.len();
        let mut attributes = Vec::new();
        while attributes.len() < MAX_ATTRIBUTES_OF_RDN {
            let kind = self.kind()?;
            let value = self.value()?;
            attributes.push(Attribute { kind, value });
            match self.end()? {
                End::Attribute => {}
                end => return Ok((Rdn::new(left_over, attributes)?, end)),
            }
        }
        Err(InvalidDn)
    }

    /// An attribute type and its `=`.
    fn kind(&mut self) -> Result<String, InvalidDn> {
        let (kind, rest) = self.rest.split_once('=').ok_or(InvalidDn)?;
        let kind = kind.trim_matches(' ');
        if !is_attribute_type(kind) {
            return Err(InvalidDn);
        }
        self.rest = rest;
        Ok(kind.to_owned())
    }

    fn value(&mut self) -> Result<Value, InvalidDn> {
        self.skip_spaces();
        if let Some(hex) = self.rest.strip_prefix('#') {
            self.rest = hex;
            return self.ber_value();
        }
        self.text_value()
    }

    fn ber_value(&mut self) -> Result<Value, InvalidDn> {
        let mut bytes = Vec::new();
        while self.rest.starts_with(|c: char| c.is_ascii_hexdigit()) {
            bytes.push(self.hex_pair()?);
        }
        self.skip_spaces();
        if bytes.is_empty() {
            return Err(InvalidDn);
        }
        Ok(Value::Ber(bytes))
    }

    fn text_value(&mut self) -> Result<Value, InvalidDn> {
        let mut bytes = Vec::new();
        // Spaces before a separator count only if one was escaped.
        let mut significant = 0;
        while let Some(c) = self.peek().filter(|c| !matches!(c, ',' | '+')) {
            match c {
                '\\' => bytes.extend(self.escaped()?),
                '"' | ';' | '<' | '>' | '\0' => return Err(InvalidDn),
                _ => {
                    self.next();
                    bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
                }
            }
            if c != ' ' {
                significant = bytes.len();
            }
        }
        bytes.truncate(significant);
        match String::from_utf8(bytes) {
            Ok(text) if !text.is_empty() => Ok(Value::Text(text)),
            _ => Err(InvalidDn),
        }
    }

    /// A backslash with a hex pair, a space or punctuation; what it stands for.
    fn escaped(&mut self) -> Result<Option<u8>, InvalidDn> {
        self.next();
        match self.peek() {
            Some(c) if c.is_ascii_hexdigit() => self.hex_pair().map(Some),
            Some(c) if c.is_ascii_punctuation() || c == ' ' => {
                self.next();
                Ok(u8::try_from(c).ok())
            }
            _ => Err(InvalidDn),
        }
    }

    fn hex_pair(&mut self) -> Result<u8, InvalidDn> {
        let high = self.hex_digit()?;
        let low = self.hex_digit()?;
        u8::try_from(high << 4 | low).map_err(|_| InvalidDn)
    }

    fn hex_digit(&mut self) -> Result<u32, InvalidDn> {
        let digit = self.next().and_then(|c| c.to_digit(16));
        digit.ok_or(InvalidDn)
    }

    fn end(&mut self) -> Result<End, InvalidDn> {
        match self.next() {
            Some('+') => Ok(End::Attribute),
            Some(',') => Ok(End::Rdn),
            None => Ok(End::Dn),
            Some(_) => Err(InvalidDn),
        }
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let c = characters.next();
        self.rest = characters.as_str();
        c
    }
}

/// A letter, then letters, digits and hyphens.
fn is_descriptor(kind: &str) -> bool {
    kind.starts_with(|c: char| c.is_ascii_alphabetic())
        && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Numbers without leading zeros, at least two, separated by dots.
fn is_numeric_oid(kind: &str) -> bool {
    let is_number = |part: &str| {
        let padded = part.len() > 1 && part.starts_with('0');
        !part.is_empty() && !padded && part.bytes().all(|b| b.is_ascii_digit())
    };
    kind.contains('.') && kind.split('.').all(is_number)
}
