-- A session is one only with a seal by a key that is not in the database. Those of an earlier version have
-- none: everybody signs in once more.
DELETE FROM session;
ALTER TABLE session ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
