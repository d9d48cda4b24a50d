//! Settings files, TOML and INI: parsed or refused with the right places, and never a secret in a message.
#![no_main]

use keyward::config::{Place, Settings};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

const SECRET: &str = "Xk7-fuzz-secret";

fuzz_target!(|text: &str| {
    let variable = "KEYWARD__SERVICE_ACCOUNT__PASSWORD".to_owned();
    let environment = [(variable, SECRET.to_owned())];
    for file in ["keyward.toml", "config.ini"] {
        match Settings::parse(Path::new(file), text, &environment) {
            Ok(settings) => assert!(!format!("{settings:?}").contains(SECRET)),
            Err(errors) => {
                assert!(!errors.is_empty());
                for error in errors {
                    assert!(!error.to_string().contains(SECRET));
                    if let Place::Line(_, line) = error.place {
                        assert!((1..=text.lines().count().max(1) + 1).contains(&line));
                    }
                }
            }
        }
    }
});
