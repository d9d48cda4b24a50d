//! Checkpoints that were kept elsewhere: signed notes one after the other, or what a sink wrote.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};

use crate::archive::open_file;
use crate::verify::{Item, Items, Verification, notes_in};

/// Gives the notes in these files to a pass that has not begun. A year of a sink's file is not kept.
///
/// # Errors
/// One cannot be read, or has none.
pub(super) fn hear(files: &[PathBuf], verification: &mut Verification) -> anyhow::Result<()> {
    for file in files {
        let context = || file.display().to_string();
        let mut items = Items::of(open_file(file).with_context(context)?, false)?;
        let mut text = String::new();
        let mut is_empty = true;
        let mut hear = |note: &str| {
            is_empty = false;
            verification.checkpoint(note.as_bytes(), None, true);
        };
        while let Some(item) = items.next_item().with_context(context)? {
            match item {
                Item::Checkpoint(note) => hear(&note),
                Item::Archive(_) => {}
                // Lines of records are no lines of a note.
                Item::Record(line) if line.first() == Some(&b'{') => {}
                Item::Record(line) => {
                    text += &String::from_utf8_lossy(line);
                    text.push('\n');
                }
            }
        }
        for note in notes_in(&text) {
            hear(&note);
        }
        ensure!(!is_empty, "{} holds no checkpoint", file.display());
    }
    Ok(())
}
