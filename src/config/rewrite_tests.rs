//! What is not the password stays, byte for byte.

use super::*;
use crate::config::Settings;
use crate::domain::secret::SecretSource;
use proptest::prelude::*;

const REST: &str = "[ad]\nserver = ldaps://dc1.example.com\ndomain = EXAMPLE\n\
                    user_ou = OU=Users,DC=example,DC=com\nreset_group = Resetters\n";

fn find(file: &str, text: &str) -> Result<PasswordText, RewriteError> {
    PasswordText::find(Path::new(file), Zeroizing::new(text.to_owned()))
}

fn changed(file: &str, text: &str, new: &str) -> String {
    let found = find(file, text).unwrap();
    found
        .with_password(&SecretString::from(new))
        .unwrap()
        .to_string()
}

fn moved(file: &str, text: &str) -> String {
    let found = find(file, text).unwrap();
    found
        .with_password_file(Path::new("/etc/keyward/secret"))
        .unwrap()
        .to_string()
}

#[test]
fn the_articles_file_keeps_everything_but_the_password() {
    let text = "\u{feff}; Keyward\r\n[ad]\r\npassword = not this one\r\n\r\n[service_account]\r\n\
                # password = old one\r\nusername = svc\r\n  Password\t=  S3cret#;%!\" \t\r\n[web]\r\n";
    let found = find("config.ini", text).unwrap();
    assert_eq!(found.password().expose_secret(), "S3cret#;%!\"");
    assert_eq!(
        changed("config.INI", text, "N3w-~"),
        text.replace("S3cret#;%!\"", "N3w-~")
    );
    assert_eq!(
        moved("config.ini", text),
        text.replace(
            "Password\t=  S3cret#;%!\"",
            "password_file\t=  /etc/keyward/secret"
        )
    );
}

#[test]
fn toml_keeps_its_quotation_marks_comments_and_order() {
    for value in [
        "\"S3cret\"",
        "'S3cret'",
        "\"\"\"S3cret\"\"\"",
        "'''S3cret'''",
        "\"S3\\u0063ret\"",
    ] {
        let text = format!(
            "# top\n[service_account] # here\n\"password\"  = {value} # why\nusername='svc'\n[ad]\n"
        );
        let found = find("k.toml", &text).unwrap();
        assert_eq!(found.password().expose_secret(), "S3cret");
        let new = value
            .replace("S3cret", "N3w")
            .replace("S3\\u0063ret", "N3w");
        assert_eq!(changed("k.toml", &text, "N3w"), text.replace(value, &new));
        assert_eq!(
            moved("k.toml", &text),
            text.replace("\"password\"", "password_file")
                .replace(value, "\"/etc/keyward/secret\"")
        );
    }
}

#[test]
fn a_section_in_one_line_is_a_section() {
    for text in [
        "service_account = { username = 'svc', password = 'S3cret' }\n",
        "service_account.password = 'S3cret'\r\nservice_account.username = 'svc'\r\n",
    ] {
        assert_eq!(
            changed("k.toml", text, "N3w"),
            text.replace("S3cret", "N3w")
        );
    }
}

#[test]
fn what_is_not_there_is_not_replaced() {
    let with = |file, text| find(file, text).map(|_| ());
    for text in [
        "",
        "[service_account]\nusername = svc\n",
        "[ad]\npassword = x\n",
        "[service_account]\n#password = x\n;password = y\n",
    ] {
        assert_eq!(with("config.ini", text), Err(RewriteError::NotFound));
    }
    let twice = "[service_account]\npassword = x\nPASSWORD = y\n";
    assert_eq!(with("config.ini", twice), Err(RewriteError::NotUnderstood));
    assert_eq!(
        with("k.toml", "[service_account]\npassword = 5\n"),
        Err(RewriteError::NotFound)
    );
    assert_eq!(
        with("k.toml", "[service_account\n"),
        Err(RewriteError::NotUnderstood)
    );
}

#[test]
fn a_value_that_would_mean_something_else_is_refused() {
    let found = find("config.ini", "[service_account]\npassword = x\n").unwrap();
    for odd in ["", " x", "x y", "x\"", "x'", "x\\", "#x", "ä", "x\n"] {
        let refused = found.with_password(&SecretString::from(odd));
        assert_eq!(refused.err(), Some(RewriteError::NotWritable), "{odd}");
    }
    for odd in ["", " /x", "/x\n[web]"] {
        let refused = found.with_password_file(Path::new(odd));
        assert_eq!(refused.err(), Some(RewriteError::NotWritable), "{odd}");
    }
}

/// What may stand around the settings without being one.
fn noise() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "[#;][ -~äö\u{2028}]{0,20}",
        "[ \t]{0,4}",
        Just("# password = no".to_owned()),
    ];
    let lines = proptest::collection::vec((line, prop_oneof![Just("\n"), Just("\r\n")]), 0..4);
    lines.prop_map(|lines| {
        lines
            .into_iter()
            .map(|(line, end)| line + end)
            .collect::<String>()
    })
}

fn password_of(file: &str, text: &str) -> Option<String> {
    let settings = Settings::parse(Path::new(file), text, &[]).ok()?;
    match settings.service_account.password {
        SecretSource::InSettings { value, .. } => Some(value.expose_secret().to_owned()),
        _ => None,
    }
}

proptest! {
    #[test]
    fn in_ini_only_the_value_changes_and_is_read_back(
        noise in [noise(), noise(), noise(), noise()],
        space in "[ \t]{0,3}",
        old in "[!-~]([ -~]{0,20}[!-~])?",
        new in "[A-Za-z0-9_.,:+~@-]{1,60}",
        end in prop_oneof![Just("\n"), Just("\r\n"), Just("")],
    ) {
        let [top, above, below, bottom] = noise;
        let bottom = if end.is_empty() { String::new() } else { bottom };
        let make = |password: &str| format!(
            "{top}{REST}{above}[service_account]\n{below}username = svc\n{space}password{space}={space}{password}{space}{end}{bottom}"
        );
        prop_assert_eq!(password_of("config.ini", &make(&old)), Some(old.clone()));
        prop_assert_eq!(changed("config.ini", &make(&old), &new), make(&new));
        prop_assert_eq!(password_of("config.ini", &make(&new)), Some(new));
    }

    #[test]
    fn in_toml_only_the_value_changes_and_is_read_back(
        noise in [noise(), noise(), noise()],
        space in "[ \t]{0,3}",
        old in "[ -&(-\\[\\]-~]{1,20}",
        mark in prop_oneof![Just("'"), Just("'''"), Just("\""), Just("\"\"\"")],
        new in "[A-Za-z0-9_.,:+~@-]{1,60}",
    ) {
        let [above, below, bottom] = noise.map(|noise| noise.replace(';', "#").replace('\u{2028}', ""));
        let old = if mark.starts_with('"') { old.replace('"', "x") } else { old };
        let make = |password: &str| format!(
            "{above}[service_account]\n{below}username = 'svc'\n{space}password{space}={space}{mark}{password}{mark}{space}# c\n{bottom}"
        );
        let found = find("k.toml", &make(&old)).unwrap();
        prop_assert_eq!(found.password().expose_secret(), &old);
        prop_assert_eq!(changed("k.toml", &make(&old), &new), make(&new));
        let again = make(&new);
        let again = find("k.toml", &again).unwrap();
        prop_assert_eq!(again.password().expose_secret(), &new);
    }

    #[test]
    fn no_text_makes_it_panic(text in "(\\[service_account\\]\n)?([a-z=\" \\[\\]\n\r]|password ?=){0,30}", ini in any::<bool>()) {
        let file = if ini { "config.ini" } else { "k.toml" };
        if let Ok(found) = find(file, &text) {
            let changed = found.with_password(&SecretString::from("N3w")).unwrap();
            let again = find(file, &changed).unwrap();
            prop_assert_eq!(again.password().expose_secret(), "N3w");
        }
    }
}
