//! `keyward serve`: the web service over a real domain.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::settings::ConfigFile;
use super::signals::Signals;
use super::{Verdict, logging, parts, service};
use crate::config::Settings;
use crate::domain::time::Clock;
use crate::web::server::tls::Tls;

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
    let parts = parts::assemble(settings, Clock::system()).await?;
    let listen = settings.web.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} (web.listen)"))?;
    let settled = parts.app.start_with_settings().await;
    settled.context("the settings do not fit the directory, or cannot be recorded")?;
    let tls = parts.tls.clone();
    let sinks = Arc::clone(&parts.sinks);
    let reload = || {
        sinks.reopen();
        read_again(arguments, tls.as_deref());
    };
    let stop = CancellationToken::new();
    let signals = Signals::watch()?.heed(stop.clone(), reload);
    tokio::join!(service::serve(parts, listener, stop), signals);
    Ok(())
}

/// SIGHUP: the certificate is read again; faulty settings are named and the running ones stay.
fn read_again(arguments: &Arguments, tls: Option<&Tls>) {
    if let Some(tls) = tls {
        tls.reload_and_say();
    }
    match arguments.file.settings() {
        Ok(_) => {
            tracing::info!("the settings are in order; changes take effect at the next start");
        }
        Err(error) => {
            // A line each: the file, the line, the key.
            for line in format!("{error:#}").lines() {
                tracing::error!("{line}");
            }
            tracing::error!("the running settings stay");
        }
    }
}
