//! `keyward doctor`: every check, a line each, and what mends it.

use std::cell::RefCell;

use super::output::print;
use super::parts::directory_settings;
use super::screen::Screen;
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
        sinks: super::sinks::settings(&inspected.settings, &clock),
        inspected,
        clock,
    };
    let said = RefCell::new(Ok(()));
    let screen = Screen::new();
    let tell = |event: Event<'_>| match event {
        Event::Done(check) if !arguments.json && said.borrow().is_ok() => {
            screen.clear();
            *said.borrow_mut() = print(&report::text(check));
        }
        Event::Done(_) => {}
        Event::Looking { at, objects } => screen.show(at, objects),
    };
    let report = Box::pin(examine(&installation, &tell)).await;
    screen.clear();
    installation.directory.close().await;
    said.into_inner()?;
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
