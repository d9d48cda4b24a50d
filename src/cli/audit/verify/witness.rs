//! Checkpoints that were kept elsewhere: signed notes one after the other, or what a sink wrote.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};

use crate::verify::{Item, Items, notes_in};

/// The notes in these files.
///
/// # Errors
/// One cannot be read, or has none.
pub(super) fn notes(files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut all = Vec::new();
    for file in files {
        let context = || file.display().to_string();
        let mut items = Items::of(File::open(file).with_context(context)?, false)?;
        let before = all.len();
        let mut text = String::new();
        while let Some(item) = items.next_item().with_context(context)? {
            match item {
                Item::Checkpoint(note) => all.push(note),
                Item::Archive(_) => {}
                // Lines of records are no lines of a note.
                Item::Record(line) if line.first() == Some(&b'{') => {}
                Item::Record(line) => {
                    text += &String::from_utf8_lossy(line);
                    text.push('\n');
                }
            }
        }
        all.extend(notes_in(&text));
        ensure!(all.len() > before, "{} holds no checkpoint", file.display());
    }
    Ok(all)
}
