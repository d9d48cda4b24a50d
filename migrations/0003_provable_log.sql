-- The log becomes a Merkle tree with signed checkpoints, can be searched, and its old lines can move
-- into archives. What the lines say stays as it was, byte for byte.

DROP INDEX audit_target;

-- Columns beside the line repeat what is in it, for searching. They prove nothing: only the line does.
CREATE TABLE audit_operator (
    id   INTEGER PRIMARY KEY,
    sid  TEXT NOT NULL UNIQUE,
    -- As written in the newest record.
    name TEXT NOT NULL
) STRICT;

CREATE TABLE audit_target (
    guid BLOB PRIMARY KEY CHECK (length(guid) = 16),
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_lines (
    seq      INTEGER PRIMARY KEY CHECK (seq >= 0),
    -- Microseconds since 1970 by the wall clock.
    time     INTEGER NOT NULL,
    action   TEXT NOT NULL,
    phase    TEXT NOT NULL CHECK (phase IN ('attempt', 'outcome', 'event')),
    attempt  INTEGER CHECK ((attempt IS NOT NULL) = (phase = 'outcome')),
    result   TEXT,
    operator INTEGER REFERENCES audit_operator (id),
    target   BLOB CHECK (length(target) = 16),
    line     TEXT NOT NULL
) STRICT;

INSERT INTO audit_operator (sid, name)
    SELECT line ->> '$.operator.sid', line ->> '$.operator.name' FROM audit
    WHERE line ->> '$.operator.sid' IS NOT NULL AND true
    ON CONFLICT (sid) DO UPDATE SET name = excluded.name;

INSERT INTO audit_target (guid, name)
    SELECT target, coalesce(line ->> '$.target.name', '') FROM audit WHERE target IS NOT NULL
    ON CONFLICT (guid) DO UPDATE SET name = excluded.name WHERE excluded.name <> '';

INSERT INTO audit_lines (seq, time, action, phase, attempt, result, operator, target, line)
    SELECT seq,
           unixepoch(substr(line ->> '$.time', 1, 19)) * 1000000
               + CAST(substr(line ->> '$.time', 21, 6) AS INTEGER),
           line ->> '$.action', phase, attempt, line ->> '$.result', audit_operator.id, target, line
    FROM audit LEFT JOIN audit_operator ON audit_operator.sid = line ->> '$.operator.sid'
    ORDER BY seq;

-- The table is made anew: an outcome must not hold its attempt back from an archive.
DROP TRIGGER audit_without_gaps;
DROP TRIGGER audit_no_update;
DROP TRIGGER audit_no_delete;
CREATE TABLE open_attempt_kept AS SELECT seq FROM open_attempt;
DROP TABLE open_attempt;
DROP TABLE audit;
ALTER TABLE audit_lines RENAME TO audit;
CREATE TABLE open_attempt (
    seq INTEGER PRIMARY KEY REFERENCES audit (seq)
) STRICT;
INSERT INTO open_attempt SELECT seq FROM open_attempt_kept;
DROP TABLE open_attempt_kept;

-- One outcome for each attempt.
CREATE UNIQUE INDEX audit_outcome ON audit (attempt) WHERE phase = 'outcome';
-- A person's history; whether two attempts on one account may have crossed.
CREATE INDEX audit_by_target ON audit (target, seq) WHERE target IS NOT NULL;
CREATE INDEX audit_by_operator ON audit (operator, seq) WHERE operator IS NOT NULL;
CREATE INDEX audit_by_time ON audit (time);

-- Files with lines that are not in the database any more: records `first` to `next - 1`.
CREATE TABLE archive (
    first   INTEGER PRIMARY KEY CHECK (first >= 0),
    next    INTEGER NOT NULL UNIQUE CHECK (next > first),
    -- Its name in the archives' folder.
    file    TEXT NOT NULL UNIQUE,
    -- When its newest record was written: microseconds since 1970 by the wall clock.
    newest  INTEGER NOT NULL,
    -- 1 once the file was removed, as the settings say how long archives are kept.
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1))
) STRICT;

CREATE TRIGGER archive_in_order BEFORE INSERT ON archive
WHEN NEW.first <> (SELECT coalesce(max(next), 0) FROM archive)
BEGIN SELECT raise(ABORT, 'archives have no gaps'); END;
CREATE TRIGGER archive_no_delete BEFORE DELETE ON archive
BEGIN SELECT raise(ABORT, 'archives are never forgotten'); END;

CREATE TRIGGER audit_without_gaps BEFORE INSERT ON audit
WHEN NEW.seq <> max((SELECT coalesce(max(seq) + 1, 0) FROM audit),
                    (SELECT coalesce(max(next), 0) FROM archive))
BEGIN SELECT raise(ABORT, 'the audit log has no gaps'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN OLD.seq >= (SELECT coalesce(max(next), 0) FROM archive)
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;

-- The tree's hashes in the order of tlog "stored hashes": each record's leaf, followed by the inner
-- nodes that it completes. They stay when lines move into archives.
CREATE TABLE tree (
    id   INTEGER PRIMARY KEY CHECK (id >= 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER tree_no_update BEFORE UPDATE ON tree
BEGIN SELECT raise(ABORT, 'the tree is append-only'); END;
CREATE TRIGGER tree_no_delete BEFORE DELETE ON tree
BEGIN SELECT raise(ABORT, 'the tree is append-only'); END;

-- Signed notes (C2SP tlog-checkpoint), by the number of records that they cover.
CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY CHECK (size >= 0),
    note TEXT NOT NULL
) STRICT;
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint
BEGIN SELECT raise(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint
BEGIN SELECT raise(ABORT, 'checkpoints are append-only'); END;

-- The keys that checkpoints can be checked with (C2SP signed-note verifier keys), oldest first.
CREATE TABLE audit_key (
    id       INTEGER PRIMARY KEY,
    verifier TEXT NOT NULL UNIQUE
) STRICT;

-- How far each sink is: the next record and the size of the last checkpoint that it took.
CREATE TABLE sink (
    name       TEXT PRIMARY KEY,
    next       INTEGER NOT NULL CHECK (next >= 0),
    checkpoint INTEGER NOT NULL CHECK (checkpoint >= 0)
) STRICT, WITHOUT ROWID;

-- How often what happened in each quarter of an hour (quarters since 1970, UTC), for the summary: in every
-- time zone days begin at one. Records with a result only, and those that were counted in place of being
-- recorded (details.suppressed); '' and 0 stand for "none".
CREATE TABLE tally (
    quarter  INTEGER NOT NULL,
    action   TEXT NOT NULL,
    result   TEXT NOT NULL,
    code     TEXT NOT NULL,
    operator INTEGER NOT NULL,
    rule     TEXT NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (quarter, action, result, code, operator, rule)
) STRICT, WITHOUT ROWID;
INSERT INTO tally (quarter, action, result, code, operator, rule, count)
    SELECT time / 900000000, action, result, coalesce(line ->> '$.code', ''), coalesce(operator, 0),
           coalesce(line ->> '$.rule', ''),
           sum(1 + coalesce(CAST(line ->> '$.details.suppressed' AS INTEGER), 0))
    FROM audit WHERE result IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6;

-- What an auditor or an operator may see in this session, as of the last look at the directory.
ALTER TABLE session ADD COLUMN is_operator INTEGER NOT NULL DEFAULT 1 CHECK (is_operator IN (0, 1));
ALTER TABLE session ADD COLUMN is_auditor INTEGER NOT NULL DEFAULT 0 CHECK (is_auditor IN (0, 1));
