//! A backup of the database that was put back, as a sink sees it.

use super::hook;
use super::house::{House, Receiver, SECRET, entry, free_port, server};
use crate::audit_outlines::indented;
use std::path::Path;
use std::process::{Command, Stdio};

/// A server around the check that the page prints.
fn printed_receiver(folder: &Path, port: u16) -> Receiver {
    let in_folder = |name: &str| folder.join(name);
    let outline = indented("signed = f\"{headers['webhook-id']}");
    std::fs::write(in_folder("outline.py"), outline).unwrap();
    let script = in_folder("printed_receiver.py");
    std::fs::write(&script, include_str!("printed_receiver.py")).unwrap();
    let mut command = Command::new("python3");
    command.arg(script).arg(port.to_string());
    for name in ["cert.pem", "key.pem", "webhook.out"] {
        command.arg(in_folder(name));
    }
    command.arg(SECRET).arg(in_folder("outline.py"));
    command.stderr(Stdio::null());
    Receiver::start(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_receiver_keeps_what_a_put_back_backup_writes_anew_and_raises_an_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path(), free_port());
    let _receiver = printed_receiver(folder.path(), server.port);
    let (taken, database) = (
        folder.path().join("webhook.out"),
        folder.path().join("keyward.db"),
    );
    let backup = folder.path().join("copy.db");
    let mut told = Vec::new();
    let mut folder = Some(folder);
    for (part, is_before) in [(0, true), (10, true), (20, false)] {
        if !is_before {
            // The documented way.
            std::fs::copy(&backup, &database).unwrap();
            for gone in ["keyward.db.lock", "keyward.db.key.signed"] {
                std::fs::remove_file(database.with_file_name(gone)).unwrap();
            }
        }
        let house = House::with(vec![hook(server.clone())], folder.take().unwrap()).await;
        for number in part..part + 3 {
            house.store.event(entry(number)).await.unwrap();
        }
        house.all_arrives(std::slice::from_ref(&taken)).await;
        told.extend(house.expected().await);
        folder = Some(house.stopped().await);
        if part == 0 {
            std::fs::copy(&database, &backup).unwrap();
        }
    }
    let text = std::fs::read_to_string(&taken).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    assert!(told.iter().all(|line| lines.contains(&&**line)), "{text}");
    let count = lines.len();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), count, "no double");
    // What was written anew begins with the record that says so.
    let anew = text.lines().find(|line| line.contains("notes_missing"));
    assert!(anew.unwrap().starts_with("{\"seq\":3,"), "{text}");
    let alarms = std::fs::read_to_string(folder.unwrap().path().join("webhook.out.alarms"));
    assert_eq!(alarms.unwrap(), "3\n4\n5\n");
}
