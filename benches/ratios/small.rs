//! Figures that need no domain controller: size of the binary, and how soon the demo answers.

use crate::measure::limit;
use crate::service::{binary, free_port, ready};
use anyhow::{Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Prints them.
pub fn print() -> Result<()> {
    let bytes = u32::try_from(std::fs::metadata(binary())?.len())?;
    limit(
        "stripped release binary",
        f64::from(bytes) / 1_048_576.0,
        "MB",
        20.0,
    );
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        fastest = fastest.min(demo_ready()?);
    }
    limit("demo ready", fastest.as_secs_f64() * 1000.0, "ms", 1000.0);
    Ok(())
}

fn demo_ready() -> Result<Duration> {
    let address = format!("127.0.0.1:{}", free_port()?);
    let start = Instant::now();
    let mut demo = Command::new(binary())
        .args(["demo", "--listen", &address])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let answer = loop {
        if ready(&address) {
            break Ok(start.elapsed());
        }
        if start.elapsed() > Duration::from_secs(10) {
            break Err(anyhow::anyhow!("the demo was not ready within 10 s"));
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    // The order to stop, so that its temporary folder goes with it.
    kill_process(Pid::from_child(&demo), Signal::TERM)?;
    if !demo.wait()?.success() {
        bail!("the demo ended badly");
    }
    answer
}
