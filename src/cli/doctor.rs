//! `keyward doctor`: every check, a line each, and what mends it.

use std::io::{self, IsTerminal as _, Write as _};

use super::output::print;
use super::parts::directory_settings;
use super::settings::ConfigFile;
use super::{Verdict, logging};
use crate::directory::Directory;
use crate::doctor::{Event, Installation, Level, examine, report};
use crate::domain::time::Clock;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

/// # Errors
/// The settings cannot be used.
#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let inspected = arguments.file.inspect()?;
    logging::start_if_asked();
    let clock = Clock::system();
    let installation = Installation {
        file: arguments.file.path()?,
        directory: Directory::new(directory_settings(&inspected.settings), clock.clone()),
        inspected,
        clock,
    };
    let mut said = Ok(());
    let mut screen = Screen::new();
    let report = examine(&installation, &mut |event| match event {
        Event::Done(check) if !arguments.json && said.is_ok() => {
            screen.clear();
            said = print(&report::text(check));
        }
        Event::Done(_) => {}
        Event::Looking { at, objects } => screen.show(at, objects),
    })
    .await;
    screen.clear();
    installation.directory.close().await;
    said?;
    if arguments.json {
        print(&report.json()?)?;
    } else {
        print(&format!("\n{}", report.summary()))?;
    }
    Ok(match report.level() {
        Level::Ok | Level::Warn => Verdict::Well,
        Level::Fail => Verdict::Wrong,
    })
}

/// One line on a terminal that says what takes long.
struct Screen {
    is_terminal: bool,
    is_dirty: bool,
}

impl Screen {
    fn new() -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            is_dirty: false,
        }
    }

    fn show(&mut self, at: &str, objects: u64) {
        if self.is_terminal {
            self.is_dirty = true;
            Self::write(&format!("\r\x1b[K{at}: {objects} objects read"));
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_dirty) {
            Self::write("\r\x1b[K");
        }
    }

    /// Progress that cannot be shown is no failure.
    fn write(text: &str) {
        let mut out = io::stderr().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .ok();
    }
}
