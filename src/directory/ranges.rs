//! Lists that are longer than a server sends at once, such as the members of a large group.

use super::error::DirectoryError;
use super::reading::{ReadFailure, Reading};

/// Parts of a list; AD sends 1500 values in one (`MaxValRange`).
const MOST: usize = 1000;

/// All values of `attribute`, asked for part by part (MS-ADTS 3.1.1.3.1.3.3).
pub(super) async fn values(
    reading: &Reading,
    base: &str,
    attribute: &'static str,
) -> Result<Vec<Vec<u8>>, ReadFailure> {
    let mut all = Vec::new();
    let mut first = 0;
    for _ in 0..MOST {
        let asked = format!("{attribute};range={first}-*");
        let entry = reading
            .object(base.to_owned(), &[asked.as_str()], Vec::new())
            .await?;
        let Some(entry) = entry else { return Ok(all) };
        let (part, next) = entry.part(attribute)?;
        all.extend_from_slice(part);
        match next {
            Some(next) if next > first => first = next,
            Some(_) => break,
            None => return Ok(all),
        }
    }
    Err(DirectoryError::Protocol.into())
}
