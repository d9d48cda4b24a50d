//! Forms and queries as they come from a browser: `application/x-www-form-urlencoded`, read strictly.
//!
//! Pure and without a panic on any input (fuzzed). A doubled field, a broken escape, text that is
//! not UTF-8 and, at the end, a field that nobody asked for are errors: two readers of one request
//! must not be able to understand two different things.

/// More fields than any form here has.
const MOST_FIELDS: usize = 16;

/// The fields of one form or query, each at most once.
#[derive(Default)]
pub struct Fields(Vec<(String, String)>);

/// Why a form is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidForm {
    /// A `%` without two hexadecimal digits, or a value that is not UTF-8.
    #[error("the form's encoding is broken")]
    Encoding,
    /// The same name twice.
    #[error("a field is there twice")]
    Doubled,
    /// More fields than any form has.
    #[error("too many fields")]
    TooMany,
    /// A field that this form does not have.
    #[error("a field that this form does not have")]
    Unknown,
    /// A field is missing.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// A value that its field cannot have.
    #[error("the field {0} has a value that it cannot have")]
    Value(&'static str),
}

/// A typed form: takes what it knows out of the fields; what is left over is an error.
pub trait Form: Sized {
    /// Reads the form.
    ///
    /// # Errors
    /// [`InvalidForm`] where a field is missing or has an impossible value.
    fn from_fields(fields: &mut Fields) -> Result<Self, InvalidForm>;
}

impl Fields {
    /// Reads an urlencoded text of any bytes.
    ///
    /// # Errors
    /// [`InvalidForm`] for what is not exactly one reading.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidForm> {
        let mut fields = Self::default();
        for pair in text.split(|byte| *byte == b'&').filter(|p| !p.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            if fields.0.iter().any(|(known, _)| *known == name) {
                return Err(InvalidForm::Doubled);
            }
            if fields.0.len() == MOST_FIELDS {
                return Err(InvalidForm::TooMany);
            }
            fields.0.push((name, value));
        }
        Ok(fields)
    }

    /// Takes a field out; `None` where it is not there.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Takes a field that must be there.
    ///
    /// # Errors
    /// [`InvalidForm::Missing`].
    pub fn required(&mut self, name: &'static str) -> Result<String, InvalidForm> {
        self.take(name).ok_or(InvalidForm::Missing(name))
    }

    /// Takes a check box: absent is off; `on` (what browsers send) and the usual words for it are on.
    ///
    /// # Errors
    /// [`InvalidForm::Value`] for anything else.
    pub fn check_box(&mut self, name: &'static str) -> Result<bool, InvalidForm> {
        match self.take(name).as_deref() {
            None => Ok(false),
            Some("on" | "1" | "true" | "yes") => Ok(true),
            Some(_) => Err(InvalidForm::Value(name)),
        }
    }

    /// Reads the whole as `F`.
    ///
    /// # Errors
    /// As [`Form::from_fields`], and [`InvalidForm::Unknown`] where something is left over.
    pub fn into_form<F: Form>(mut self) -> Result<F, InvalidForm> {
        let form = F::from_fields(&mut self)?;
        if self.0.is_empty() {
            Ok(form)
        } else {
            Err(InvalidForm::Unknown)
        }
    }
}

/// A form without any field.
#[derive(Debug)]
pub struct NoFields;
impl Form for NoFields {
    fn from_fields(_: &mut Fields) -> Result<Self, InvalidForm> {
        Ok(Self)
    }
}

/// Undoes `+` and `%XX` (URL standard, urlencoded parsing), but refuses what the standard lets pass.
fn decode(text: &[u8]) -> Result<String, InvalidForm> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = rest
                    .next()
                    .copied()
                    .and_then(hex)
                    .ok_or(InvalidForm::Encoding)?;
                let low = rest
                    .next()
                    .copied()
                    .and_then(hex)
                    .ok_or(InvalidForm::Encoding)?;
                high << 4 | low
            }
            plain => *plain,
        });
    }
    String::from_utf8(bytes).map_err(|_| InvalidForm::Encoding)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Two {
        name: String,
        ticked: bool,
    }
    impl Form for Two {
        fn from_fields(fields: &mut Fields) -> Result<Self, InvalidForm> {
            Ok(Self {
                name: fields.required("name")?,
                ticked: fields.check_box("ticked")?,
            })
        }
    }
    fn read(text: &str) -> Result<Two, InvalidForm> {
        Fields::parse(text.as_bytes())?.into_form()
    }

    #[test]
    fn a_form_is_decoded() {
        let read = read("name=Zo%C3%AB+%26+Co%2b&ticked=on").unwrap();
        assert_eq!(read.name, "Zoë & Co+");
        assert!(read.ticked);
    }

    #[test]
    fn what_has_two_readings_is_refused() {
        assert_eq!(read("name=a&name=b"), Err(InvalidForm::Doubled));
        assert_eq!(read("name=a&na%6De=b"), Err(InvalidForm::Doubled));
        assert_eq!(read("name=a&extra=b"), Err(InvalidForm::Unknown));
        assert_eq!(read("name=a&=b"), Err(InvalidForm::Unknown));
        assert_eq!(read("ticked=on"), Err(InvalidForm::Missing("name")));
        assert_eq!(
            read("name=a&ticked=perhaps"),
            Err(InvalidForm::Value("ticked"))
        );
        for broken in ["name=%", "name=%4", "name=%zz", "name=%ff", "%C3=1"] {
            assert_eq!(read(broken), Err(InvalidForm::Encoding), "{broken}");
        }
    }

    #[test]
    fn more_fields_than_any_form_has_are_not_kept() {
        let flood: Vec<String> = (0..2000).map(|n| format!("f{n}=x")).collect();
        assert_eq!(
            Fields::parse(flood.join("&").as_bytes()).err(),
            Some(InvalidForm::TooMany)
        );
    }

    #[test]
    fn an_empty_text_has_no_fields() {
        assert!(Fields::parse(b"").unwrap().into_form::<NoFields>().is_ok());
    }

    proptest::proptest! {
        #[test]
        fn encoded_text_comes_back(text in "\\PC*") {
            let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            let mut fields = Fields::parse(format!("v={encoded}").as_bytes()).unwrap();
            proptest::prop_assert_eq!(fields.take("v"), Some(text));
        }
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            drop(Fields::parse(&bytes));
        }
    }
}
