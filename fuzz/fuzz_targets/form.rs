//! Forms: one reading or none. Each field is there once and survives being written again.
#![no_main]

use keyward::web::form::{Fields, NoFields};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 6] = [
    "csrf",
    "username",
    "password",
    "reason",
    "must_change",
    "unlock",
];

fn escaped(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fuzz_target!(|text: &[u8]| {
    let Ok(mut fields) = Fields::parse(text) else {
        return;
    };
    let taken: Vec<(&str, String)> = NAMES
        .iter()
        .filter_map(|name| Some((*name, fields.take(name)?)))
        .collect();
    for (name, _) in &taken {
        assert_eq!(fields.take(name), None);
    }
    if fields.into_form::<NoFields>().is_err() {
        return;
    }
    let written: Vec<String> = taken
        .iter()
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    let Ok(mut again) = Fields::parse(written.join("&").as_bytes()) else {
        panic!("what was written is read")
    };
    for (name, value) in taken {
        assert_eq!(again.take(name), Some(value));
    }
});
