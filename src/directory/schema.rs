//! Reads the schema and the extended rights: the names behind the GUIDs of access rules.

use super::{Directory, DirectoryError};
use crate::domain::schema::Schema;

impl Directory {
    /// The schema as it is now (some thousand entries, paged).
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn schema(&self) -> Result<Schema, DirectoryError> {
        todo!()
    }
}
