//! Sessions whose last look at the directory was a while ago. The database alone cannot say so: each row has
//! a seal, which is made here once more, from what the columns and the key are known to be.

use hmac::{Hmac, KeyInit as _, Mac as _};
use keyward::domain::audit::checkpoint::CheckpointKey;
use keyward::store::KeyFile;
use secrecy::SecretString;
use sha2::Sha256;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::path::Path;

type Columns = (i64, Vec<u8>, String, String, String, i64, i64);

/// Makes it so that every session was looked at so many seconds earlier than it was.
pub async fn looked_at_earlier(database: &Path, seconds: i64) {
    let options = SqliteConnectOptions::new().filename(database);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let all = "SELECT id, token_hash, operator, name, sam, is_operator, is_auditor FROM session";
    let sessions: Vec<Columns> = sqlx::query_as(all)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    for (id, token, operator, name, sam, is_operator, is_auditor) in sessions {
        let times = "SELECT password_last_set, started, checked FROM session WHERE id = ?";
        let (password, started, checked): (i64, i64, i64) = sqlx::query_as(times)
            .bind(id)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        let checked = checked - seconds * 1_000_000;
        let flags = [is_operator, is_auditor].map(|flag| u8::try_from(flag).unwrap());
        let seal = seal(
            database,
            &[
                &token,
                operator.as_bytes(),
                name.as_bytes(),
                sam.as_bytes(),
                &flags,
                &password.to_be_bytes(),
                &started.to_be_bytes(),
                &checked.to_be_bytes(),
            ],
        );
        sqlx::query("UPDATE session SET checked = ?, seal = ? WHERE id = ?")
            .bind(checked)
            .bind(seal)
            .bind(id)
            .execute(&mut connection)
            .await
            .unwrap();
    }
    connection.close().await.unwrap();
}

fn seal(database: &Path, columns: &[&[u8]]) -> Vec<u8> {
    let key = std::fs::read_to_string(KeyFile::beside(database)).unwrap();
    let key = CheckpointKey::parse(&SecretString::from(key)).unwrap();
    let mut seal = Hmac::<Sha256>::new_from_slice(key.for_sessions().as_slice()).unwrap();
    seal.update(b"row");
    for column in columns {
        seal.update(&u64::try_from(column.len()).unwrap().to_be_bytes());
        seal.update(column);
    }
    seal.finalize().into_bytes().to_vec()
}
