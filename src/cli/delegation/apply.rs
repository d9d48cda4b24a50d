//! `keyward delegation apply`: the plan, and how each step of it ended.

use anyhow::anyhow;

use super::administrator::{Administrator, sentence};
use super::lines::{Lines, Mark};
use super::wanted;
use crate::cli::parts::directory_settings;
use crate::cli::settings::ConfigFile;
use crate::cli::{Verdict, logging};
use crate::delegation::apply::password_file::could_write;
use crate::delegation::apply::{Ended, Failed, apply, is_strong, password_there};
use crate::delegation::plan::{self, NoPlan, Planned, Step, Wanted};
use crate::directory::Directory;
use crate::directory::admin::{Admin, AdminError};
use crate::domain::text::counted;
use crate::domain::time::Clock;

pub(super) const ABOUT: &str = "\
Make the service account, the group and the rights that the settings call for.

Over LDAPS, as an administrator whose password is asked for and dropped after the sign-in:
  an organisational unit for account and group ([delegation] account_ou),
  the service account, with a random password that is in its file before the account exists,
  the group of the operators, if there is none,
  and on [ad] user_ou exactly the rights to reset passwords, to force a change, and to unlock.

What is so already stays as it is: a second run changes nothing, and a run that was cut off is \
completed by the next one. Rules of others are not touched.";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    #[command(flatten)]
    administrator: Administrator,
    /// Say what would be changed, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Give a service account that is there already the password of the settings, a new one where its
    /// file is missing
    #[arg(long)]
    reset_account_password: bool,
}

/// # Errors
/// It could not run; nothing was changed.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let settings = arguments.file.settings_before_setup()?;
    logging::start_if_asked();
    let wanted = wanted(&settings, arguments.reset_account_password);
    let password = password_there(&wanted)?;
    let directory = Directory::new(directory_settings(&settings), Clock::system());
    let admin = arguments.administrator.sign_in(&directory).await?;
    let found = plan::read(&admin, &wanted, password.is_some()).await;
    let steps = found.and_then(|found| plan::plan(&wanted, &found));
    let steps = steps.map_err(|error| no_plan(&error))?;
    let lines = Lines::new();
    let verdict = if arguments.dry_run {
        would(lines, &steps)?
    } else {
        carry_out(lines, &admin, &wanted, &steps).await?
    };
    if password.is_some_and(|password| !is_strong(&password)) {
        lines.say(
            Mark::Note,
            "the password of the settings has fewer than 32 characters; keyward service-account rotate makes a better one",
        )?;
    }
    directory.close().await;
    Ok(verdict)
}

/// Why there is no plan, for whoever runs the command.
pub(super) fn no_plan(error: &NoPlan) -> anyhow::Error {
    match error {
        NoPlan::Admin(error) => anyhow!("{}; nothing was changed", sentence(error)),
        error => anyhow!("{error}; nothing was changed"),
    }
}

fn would(lines: Lines, steps: &[Planned]) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::Well;
    for planned in steps {
        let mut because = None;
        let mark = match (&planned.step, planned.is_so) {
            (_, true) => Mark::AlreadySo,
            (Step::MakePassword { file }, false) => {
                because = could_write(file).err();
                if because.is_some() {
                    verdict = Verdict::Wrong;
                    Mark::Failed
                } else {
                    Mark::Would
                }
            }
            (Step::PasswordIsMissing { .. }, false) => {
                verdict = Verdict::Wrong;
                Mark::Failed
            }
            (_, false) => Mark::Would,
        };
        lines.say(mark, &planned.step.to_string())?;
        if let Some(because) = because {
            Lines::more(&because.to_string())?;
        }
    }
    let number = steps.iter().filter(|planned| !planned.is_so).count();
    Lines::last(&if number == 0 {
        Count::default().sentence()
    } else {
        let changes = counted(number, "change", "changes");
        format!("{changes} to make. Nothing was changed.")
    })?;
    Ok(verdict)
}

async fn carry_out(
    lines: Lines,
    admin: &Admin,
    wanted: &Wanted,
    steps: &[Planned],
) -> anyhow::Result<Verdict> {
    let mut count = Count::default();
    let mut said = Ok(());
    let mut report = |step: &Step, ended: Ended| {
        count.add(step, &ended);
        // Who does not listen does not stop the work.
        if said.is_ok() {
            said = say(lines, step, &ended);
        }
    };
    apply(admin, wanted, steps, &mut report).await;
    said?;
    Lines::last(&count.sentence())?;
    if count.account_made {
        Lines::sentence(
            "Left to you: put the operators into the group, and deny the account interactive logon by a group policy; \
             the end of keyward delegation script says how.",
        )?;
    }
    Ok(if count.not_made == 0 {
        Verdict::Well
    } else {
        Verdict::Wrong
    })
}

fn say(lines: Lines, step: &Step, ended: &Ended) -> anyhow::Result<()> {
    let mark = match ended {
        Ended::Done => Mark::Done,
        Ended::AlreadySo => Mark::AlreadySo,
        Ended::NotTried => Mark::NotTried,
        Ended::Failed(_) => Mark::Failed,
    };
    lines.say(mark, &step.to_string())?;
    match ended {
        Ended::Failed(Failed::YourTurn) => Ok(()),
        Ended::Failed(Failed::Admin(error)) => Lines::more(&sentence(error)),
        Ended::Failed(failed) => Lines::more(&failed.to_string()),
        _ => Ok(()),
    }
}

/// How many steps ended how.
#[derive(Debug, Default)]
struct Count {
    done: usize,
    not_made: usize,
    is_unsure: bool,
    account_made: bool,
}

impl Count {
    fn add(&mut self, step: &Step, ended: &Ended) {
        match ended {
            Ended::Done => {
                self.done += 1;
                self.account_made |= matches!(step, Step::CreateAccount { .. });
            }
            Ended::AlreadySo => {}
            Ended::NotTried => self.not_made += 1,
            Ended::Failed(failed) => {
                self.not_made += 1;
                self.is_unsure |= matches!(failed, Failed::Admin(AdminError::AnswerLost));
            }
        }
    }

    fn sentence(&self) -> String {
        let done = counted(self.done, "change was made", "changes were made");
        match (self.done, self.not_made, self.is_unsure) {
            (0, 0, _) => "Everything is as it should be. Nothing was changed.".to_owned(),
            (_, 0, _) => format!("{done}. Next: keyward delegation verify"),
            (0, left, false) => format!(
                "Nothing was changed, {} to make. When the cause is gone, the same command makes them.",
                counted(left, "change is left", "changes are left")
            ),
            (_, left, false) => format!(
                "{done}, {left} not. What was made stays; when the cause is gone, the same command makes the rest."
            ),
            (_, left, true) => format!(
                "{done}, {left} not or not for certain. The same command finds out what is so and makes the rest."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_sentence_says_what_was_done_and_what_to_do() {
        let count = |done, not_made, is_unsure| {
            Count {
                done,
                not_made,
                is_unsure,
                account_made: false,
            }
            .sentence()
        };
        assert_eq!(
            count(0, 0, false),
            "Everything is as it should be. Nothing was changed."
        );
        assert_eq!(
            count(1, 0, false),
            "1 change was made. Next: keyward delegation verify"
        );
        assert!(count(2, 3, false).starts_with("2 changes were made, 3 not. What was made stays"));
        assert!(count(0, 3, false).starts_with("Nothing was changed, 3 changes are left to make."));
        assert!(count(2, 1, true).contains("not for certain"));
    }
}
