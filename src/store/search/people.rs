//! People by parts of their names, as the records have them.

use super::super::{AuditReader, Flaw, StoreError};
use crate::domain::audit::{Record, Who};
use crate::domain::identity::{ObjectGuid, Sid};
use sqlx::QueryBuilder;
use sqlx::sqlite::SqliteRow;

/// People that one text leads to; more are said and left out.
const MOST_PEOPLE: usize = 50;

/// Somebody with records of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Person {
    /// The row in `audit_operator`.
    Operator(i64),
    /// objectGUID.
    Target(ObjectGuid),
}

/// Whose names have a text.
pub(super) struct Names {
    pub(super) people: Vec<Person>,
    pub(super) more: bool,
    operators: Vec<String>,
}

impl Names {
    /// Whether a record is by one of them, or about one.
    pub(super) fn are_in(&self, record: &Record) -> bool {
        let entry = &record.entry;
        let sid = entry.operator.as_ref().and_then(|it| it.sid.as_ref());
        let sid = sid.map(ToString::to_string);
        let target = entry.target.as_ref().map(|it| Person::Target(it.guid));
        sid.is_some_and(|sid| self.operators.contains(&sid))
            || target.is_some_and(|target| self.people.contains(&target))
    }
}

impl AuditReader {
    /// The people whose account names have this text in them.
    pub(super) async fn names(&self, text: &str) -> Result<Names, StoreError> {
        let operators: Vec<(i64, String)> = self
            .named("SELECT id, sid FROM audit_operator", text)
            .await?;
        let targets: Vec<(Vec<u8>,)> = self.named("SELECT guid FROM audit_target", text).await?;
        let (rows, operators): (Vec<i64>, Vec<String>) = operators.into_iter().unzip();
        let mut people: Vec<Person> = rows.into_iter().map(Person::Operator).collect();
        for (guid,) in targets {
            people.push(Person::Target(guid_of(&guid)?));
        }
        let more = people.len() > MOST_PEOPLE;
        people.truncate(MOST_PEOPLE);
        Ok(Names {
            people,
            more,
            operators,
        })
    }

    /// Those whose name has this text in it; one more than are looked for, if there are.
    async fn named<T>(&self, columns: &'static str, text: &str) -> Result<Vec<T>, StoreError>
    where
        T: Send + Unpin + for<'row> sqlx::FromRow<'row, SqliteRow>,
    {
        let mut query = QueryBuilder::new(columns);
        let mut link = " WHERE";
        for pattern in patterns(text) {
            query.push(link).push(" name LIKE ").push_bind(pattern);
            query.push(r" ESCAPE '\'");
            link = " OR";
        }
        let limit = i64::try_from(MOST_PEOPLE).unwrap_or(i64::MAX) + 1;
        query.push(" LIMIT ").push_bind(limit);
        Ok(query.build_query_as().fetch_all(&self.pool).await?)
    }

    /// The SID of the operator of this account name; `None`: nobody of that name is in the log.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn operator_named(&self, name: &str) -> Result<Option<Sid>, StoreError> {
        let row = self.operator_row(&Who::Name(name.to_owned())).await?;
        Ok(row.map(|(_, sid)| sid))
    }

    /// Whom something was done to under this account name, at most 50: a name may have been another
    /// account's before.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn targets_named(&self, name: &str) -> Result<Vec<ObjectGuid>, StoreError> {
        let guids: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT guid FROM audit_target WHERE name = ? COLLATE NOCASE LIMIT ?",
        )
        .bind(name)
        .bind(i64::try_from(MOST_PEOPLE).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        guids.iter().map(|guid| guid_of(guid)).collect()
    }

    /// The row of an operator, and whose it is.
    pub(super) async fn operator_row(&self, who: &Who) -> Result<Option<(i64, Sid)>, StoreError> {
        let row: Option<(i64, String)> = match who {
            Who::Sid(sid) => {
                sqlx::query_as("SELECT id, sid FROM audit_operator WHERE sid = ?")
                    .bind(sid.to_string())
                    .fetch_optional(&self.pool)
                    .await?
            }
            // A name may have been another person's before: whose record is newest.
            Who::Name(name) => {
                sqlx::query_as(
                    "SELECT id, sid FROM audit_operator WHERE name = ? COLLATE NOCASE
                     ORDER BY (SELECT max(seq) FROM audit INDEXED BY audit_by_operator
                               WHERE operator = audit_operator.id) DESC, id DESC LIMIT 1",
                )
                .bind(name)
                .fetch_optional(&self.pool)
                .await?
            }
        };
        let known = |(row, sid): (i64, String)| Some((row, sid.parse().ok()?));
        row.map(|row| known(row).ok_or(StoreError::Unusable(Flaw::Corrupt)))
            .transpose()
    }
}

fn guid_of(bytes: &[u8]) -> Result<ObjectGuid, StoreError> {
    ObjectGuid::try_from(bytes).map_err(|_| StoreError::Unusable(Flaw::Corrupt))
}

/// `LIKE` does not fold what lies beyond ASCII, so that each pattern is there as typed, small and capital.
fn patterns(text: &str) -> [String; 3] {
    let text = text.trim();
    [text.to_owned(), text.to_lowercase(), text.to_uppercase()].map(|text| {
        let escaped = text
            .replace('\\', r"\\")
            .replace('%', r"\%")
            .replace('_', r"\_");
        format!("%{escaped}%")
    })
}

#[cfg(test)]
mod tests {
    use super::patterns;

    #[test]
    fn wildcards_in_a_typed_text_are_themselves() {
        let [as_typed, ..] = patterns(r" 5%_\x ");
        assert_eq!(as_typed, r"%5\%\_\\x%");
    }

    #[test]
    fn letters_beyond_ascii_are_found_small_and_capital() {
        let all = patterns("Größe");
        assert_eq!(all, ["%Größe%", "%größe%", "%GRÖSSE%"]);
    }
}
