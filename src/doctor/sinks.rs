//! The sinks of the audit log: can each be reached, and how far behind is it.

use super::check::Check;
use super::words::sinks as words;
use crate::sinks::SinkSettings;
use crate::store::{AuditReader, StoreError};
use std::path::Path;

/// Looks at each; nothing is sent to it.
pub(super) async fn look(sinks: &[SinkSettings], database: &Path) -> Vec<Check> {
    if sinks.is_empty() {
        return vec![words::none().named("sinks")];
    }
    let lags = lags(sinks, database).await.ok();
    let looks = sinks.iter().enumerate().map(async |(place, sink)| {
        let lag = lags.as_ref().and_then(|lags| lags.get(place).copied());
        let reached = sink.reach().await;
        words::one(sink.required, reached, lag)
            .named("sinks")
            .about(&sink.name)
    });
    futures_util::future::join_all(looks).await
}

/// Records that each has not taken yet.
async fn lags(sinks: &[SinkSettings], database: &Path) -> Result<Vec<u64>, StoreError> {
    let reader = AuditReader::open(database).await?;
    let length = reader.length().await?;
    let positions = reader.sink_positions().await?;
    let next = |sink: &SinkSettings| positions.get(&sink.name).map_or(0, |at| at.next);
    Ok(sinks
        .iter()
        .map(|sink| length.saturating_sub(next(sink)))
        .collect())
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
        let checks = look(&sinks, &database).await;
        let levels: Vec<Level> = checks.iter().map(|check| check.level).collect();
        assert_eq!(levels, [Level::Ok, Level::Warn, Level::Fail]);
        assert!(checks[0].sentence.contains("has every record"));
        assert!(checks[1].sentence.contains("3 records behind"));
        assert_eq!(look(&[], &database).await[0].level, Level::Ok);
    }
}
