//! What is said of the settings and their files.

use super::super::check::{Advice, Told};
use super::super::settings::Foreign;
use crate::config::{ConfigError, Problem};
use crate::domain::rules::WrittenRule;
use crate::domain::text::counted;
use std::path::Path;

/// The file parses: a file that does not stops every command.
pub(in crate::doctor) fn parsed(file: &Path) -> Told {
    Told::ok(format!("{} can be used", file.display()))
}

/// Files with secrets that others can read, or that cannot be read.
pub(in crate::doctor) fn exposed(problems: &[ConfigError], files: usize) -> Told {
    let Some(first) = problems.first() else {
        return Told::ok(match files {
            0 => "no file holds a secret; the environment does".to_owned(),
            1 => "the file with the secrets is readable by its owner only".to_owned(),
            _ => format!("all {files} files with secrets are readable by their owners only"),
        });
    };
    let list = problems.iter().map(ToString::to_string).collect();
    let read = "docs/doctor.md#files-with-secrets";
    let advice = match &first.problem {
        Problem::OthersCanRead(_) => Advice::new(
            "the file was made with the usual mode, which lets others read it; whoever read it has the password still",
            [
                "run the chmod of each line",
                "then give the service account a new password: keyward service-account rotate",
            ],
            read,
        ),
        _ => Advice::new(
            "the name is wrong, or this account may not read it (systemd hands a credential to the service only)",
            ["run keyward doctor as the account of the service, or put the name right"],
            read,
        ),
    };
    let open = |problem: &&ConfigError| matches!(problem.problem, Problem::OthersCanRead(_));
    let sentence = match problems.iter().filter(open).count() {
        0 => format!(
            "{} cannot be read",
            counted(problems.len(), "file with a secret", "files with secrets")
        ),
        open => format!(
            "other accounts on this machine can read {}",
            counted(open, "file with a secret", "files with secrets")
        ),
    };
    Told::fail(sentence, advice).listing(list)
}

/// Files with secrets that belong to somebody else.
pub(in crate::doctor) fn owned(foreign: &[Foreign]) -> Told {
    if foreign.is_empty() {
        return Told::ok("the files with secrets belong to root or to the account of the service");
    }
    let line = |foreign: &Foreign| {
        format!(
            "{} belongs to the account with number {}",
            foreign.file.display(),
            foreign.owner
        )
    };
    let advice = Advice::new(
        "the file was copied by hand; its owner can read and change it, and so can whoever gets hold of that account",
        ["chown it to the account that runs keyward serve"],
        "docs/doctor.md#files-with-secrets",
    );
    let sentence = format!(
        "{} neither to root nor to the account of the service",
        match foreign.len() {
            1 => "a file with a secret belongs".to_owned(),
            many => format!("{many} files with secrets belong"),
        }
    );
    Told::warn(sentence, advice).listing(foreign.iter().map(line).collect())
}

/// `[ad] new_password`: one password for everybody, by these rules.
pub(in crate::doctor) fn one_password(rules: &[&str]) -> Told {
    let by = match rules {
        [] => return Told::ok("each reset gets a password of its own"),
        [WrittenRule::ARTICLE] => "every reset".to_owned(),
        rules => format!("every reset by {}", rules.join(", ")),
    };
    Told::warn(
        format!(
            "[ad] new_password is set: {by} gives the same password, and whoever knows it can sign in as \
             anybody whose password has just been reset"
        ),
        Advice::new(
            "config.ini was taken over as the article has it",
            [
                "take new_password out of the settings: Keyward then makes a fresh passphrase for each reset",
            ],
            "docs/settings.md#new_password-new_password_file-in-ad",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::check::Level;
    use super::*;
    use crate::config::Place;
    use std::io::ErrorKind;

    fn problem(problem: Problem) -> ConfigError {
        ConfigError {
            place: Place::File("/etc/keyward/keyward.toml".into()),
            key: None,
            problem,
        }
    }

    #[test]
    fn a_secret_that_others_can_read_fails_and_says_how_to_close_it() {
        let told = exposed(
            &[problem(Problem::OthersCanRead("/etc/keyward/pw".into()))],
            2,
        );
        assert_eq!(told.level, Level::Fail);
        assert_eq!(
            told.sentence,
            "other accounts on this machine can read 1 file with a secret"
        );
        assert!(
            told.list[0].contains("chmod 600 /etc/keyward/pw"),
            "{told:?}"
        );
        assert!(told.advice.unwrap().mend[1].contains("rotate"));
    }

    #[test]
    fn a_secret_that_cannot_be_read_is_not_taken_for_an_open_one() {
        let missing = Problem::SecretUnreadable("/run/x".into(), ErrorKind::NotFound);
        let told = exposed(&[problem(missing)], 1);
        assert_eq!(told.sentence, "1 file with a secret cannot be read");
        assert!(told.list[0].contains("no such file"), "{told:?}");
    }

    #[test]
    fn the_articles_one_password_for_all_is_a_warning() {
        assert_eq!(one_password(&[]).level, Level::Ok);
        let all = one_password(&["reset_group"]);
        assert_eq!(all.level, Level::Warn);
        assert!(all.sentence.contains("every reset gives"), "{all:?}");
        let some = one_password(&["desk", "leads"]);
        assert!(some.sentence.contains("by desk, leads gives"), "{some:?}");
    }
}
