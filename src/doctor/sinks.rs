//! The sinks of the audit log: can each be reached, and how far behind is it.

use super::check::Check;
use super::words::sinks as words;
use crate::domain::audit::{Record, Seq};
use crate::sinks::SinkSettings;
use crate::store::{AuditReader, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

/// How far behind a sink is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lag {
    /// Records that it has not taken.
    pub(super) records: u64,
    /// How old the first of them is.
    pub(super) age: SignedDuration,
}

/// Looks at each; nothing is sent to it.
pub(super) async fn look(sinks: &[SinkSettings], database: &Path, now: Timestamp) -> Vec<Check> {
    if sinks.is_empty() {
        return vec![words::none().named("sinks")];
    }
    let lags = lags(sinks, database, now).await.ok();
    let looks = sinks.iter().enumerate().map(async |(place, sink)| {
        let lag = lags.as_ref().and_then(|lags| lags.get(place).copied());
        let reached = sink.reach().await;
        words::one(sink.required, reached, lag)
            .named("sinks")
            .about(&sink.name)
    });
    futures_util::future::join_all(looks).await
}

async fn lags(
    sinks: &[SinkSettings],
    database: &Path,
    now: Timestamp,
) -> Result<Vec<Lag>, StoreError> {
    let reader = AuditReader::open(database).await?;
    let length = reader.length().await?;
    let positions = reader.sink_positions().await?;
    let mut lags = Vec::new();
    for sink in sinks {
        let next = positions.get(&sink.name).map_or(0, |at| at.next);
        let first = reader.lines(Seq(next), 1).await?;
        let first = first.first().and_then(|(_, line)| Record::parse(line).ok());
        lags.push(Lag {
            records: length.saturating_sub(next),
            age: first.map_or(SignedDuration::ZERO, |first| now.duration_since(first.time)),
        });
    }
    Ok(lags)
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;
    use crate::domain::audit::{AuditAction, Entry};
    use crate::domain::time::Clock;
    use crate::sinks::SinkKind;
    use crate::store::{SinkPosition, Store};

    fn sink(name: &str, required: bool, file: &Path) -> SinkSettings {
        SinkSettings {
            name: name.to_owned(),
            required,
            kind: SinkKind::File(file.to_owned()),
        }
    }

    #[tokio::test]
    async fn a_required_sink_that_is_away_fails_and_each_says_how_far_behind_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("keyward.db");
        let store = Store::open(&database, Clock::system()).await.unwrap();
        for _ in 0..3 {
            let entry = Entry::new(AuditAction::SignOut);
            store.event(entry).await.unwrap();
        }
        let at = SinkPosition {
            next: 3,
            checkpoint: 0,
        };
        store.note_sink_now("well", at).await.unwrap();
        let nowhere = folder.path().join("none/a.jsonl");
        let sinks = [
            sink("well", true, &folder.path().join("a.jsonl")),
            sink("away", false, &nowhere),
            sink("needed", true, &nowhere),
        ];
        let now = Clock::system().now();
        let checks = look(&sinks, &database, now).await;
        let levels: Vec<Level> = checks.iter().map(|check| check.level).collect();
        assert_eq!(levels, [Level::Ok, Level::Warn, Level::Fail]);
        assert!(checks[0].sentence.contains("has every record"));
        assert!(checks[1].sentence.contains("3 records behind"));
        assert_eq!(look(&[], &database, now).await[0].level, Level::Ok);
    }

    #[tokio::test]
    async fn a_sink_that_is_there_and_takes_nothing_is_not_called_well() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("keyward.db");
        let store = Store::open(&database, Clock::system()).await.unwrap();
        store.event(Entry::new(AuditAction::SignOut)).await.unwrap();
        let file = folder.path().join("a.jsonl");
        let sinks = [sink("some", false, &file), sink("needed", true, &file)];
        let levels = async |minutes| {
            let now = Clock::system().now() + SignedDuration::from_mins(minutes);
            let checks = look(&sinks, &database, now).await;
            let says = checks[0].sentence.contains("1 record behind");
            assert!(says, "{}", checks[0].sentence);
            checks.iter().map(|check| check.level).collect::<Vec<_>>()
        };
        assert_eq!(levels(1).await, [Level::Ok, Level::Ok]);
        assert_eq!(levels(11).await, [Level::Warn, Level::Fail]);
    }
}
