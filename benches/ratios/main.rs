//! `./dev/bench`: medians and ratios of Keyward against the directory itself, in one run.
//!
//! Needs a Samba domain controller with the fixtures (`KEYWARD_DC_DIR`; `./dev/bench` starts one).
//! `KEYWARD_BENCH_ROUNDS` sets the number of rounds (default 60). With the word `proof` it measures the
//! proof of least privilege over whatever the domain holds, and nothing else; with the word `audit` the audit log when it
//! is long, with the word `rules` one decision under many rules; these two need no domain controller.

// A benchmark prints; that is what it is for.
#![allow(clippy::print_stdout, reason = "the figures are the result")]

mod audit;
mod audit_service;
mod bulk;
mod floor;
mod http;
mod load;
mod measure;
mod proof;
mod rules;
mod samba;
mod service;
mod small;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if std::env::args().any(|word| word == "audit") {
            return audit::print().await;
        }
        if std::env::args().any(|word| word == "proof") {
            return proof::print().await;
        }
        if std::env::args().any(|word| word == "rules") {
            return rules::print();
        }
        small::print()?;
        rules::print()?;
        samba::print().await?;
        load::print().await
    })
}
