//! `keyward serve`: the web service over a real domain.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::reload::Reload;
use super::settings::ConfigFile;
use super::signals::Signals;
use super::{Verdict, logging, parts, service};
use crate::config::Settings;
use crate::domain::time::Clock;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// It could not start.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let settings = arguments.file.settings()?;
    logging::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the threads cannot be started")?;
    runtime.block_on(serve(arguments, &settings))?;
    Ok(Verdict::Well)
}

async fn serve(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let mut parts = parts::assemble(settings, Clock::system()).await?;
    let listen = settings.web.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} (web.listen)"))?;
    // From now on they wait for their turn: what follows may take some seconds.
    let signals = Signals::watch()?;
    let settled = parts.app.start_with_settings().await;
    settled.context("the settings do not fit the directory, or cannot be recorded")?;
    let reload = Arc::new(Reload::new(arguments.file.clone(), &parts));
    if let Some(orders) = &mut parts.orders {
        orders.reload = Some(Arc::clone(&reload));
    }
    let stop = CancellationToken::new();
    // What it comes to is in the log.
    let at_hang_up = async || drop(reload.now().await);
    let signals = signals.heed(stop.clone(), at_hang_up);
    tokio::join!(service::serve(parts, listener, stop), signals);
    Ok(())
}
