-- The audit log. Order is by seq; a line is the canonical record, byte for byte, without its line feed.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY CHECK (seq >= 0),
    phase   TEXT NOT NULL CHECK (phase IN ('attempt', 'outcome', 'event')),
    attempt INTEGER REFERENCES audit (seq) CHECK ((attempt IS NOT NULL) = (phase = 'outcome')),
    target  BLOB CHECK (length(target) = 16),
    line    TEXT NOT NULL
) STRICT;

-- One outcome for each attempt.
CREATE UNIQUE INDEX audit_outcome ON audit (attempt) WHERE phase = 'outcome';

-- Whether two attempts on one account may have crossed.
CREATE INDEX audit_target ON audit (target, seq) WHERE phase = 'attempt';

CREATE TRIGGER audit_without_gaps BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM audit)
BEGIN SELECT raise(ABORT, 'the audit log has no gaps'); END;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;

-- Attempts that have no outcome yet; so that nobody has to search a long log for them.
CREATE TABLE open_attempt (
    seq INTEGER PRIMARY KEY REFERENCES audit (seq)
) STRICT;

-- Times from here on are microseconds since 1970 on the store's steady time line.
CREATE TABLE session (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    operator   TEXT NOT NULL,
    name       TEXT NOT NULL,
    sam        TEXT NOT NULL,
    -- pwdLastSet of the operator at sign-in: a session does not outlive its password.
    password_last_set INTEGER NOT NULL,
    started    INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    checked    INTEGER NOT NULL
) STRICT;
CREATE INDEX session_operator ON session (operator);

-- Sign-in tries that were wrong or are not answered yet.
CREATE TABLE sign_in_try (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    sid   TEXT NOT NULL,
    at    INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_try_sid ON sign_in_try (sid, at);

-- Nonces of forms that were used.
CREATE TABLE used_form (
    nonce BLOB PRIMARY KEY CHECK (length(nonce) = 16),
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whom an operator helped, for the start page.
CREATE TABLE helped (
    operator TEXT NOT NULL,
    target   BLOB NOT NULL CHECK (length(target) = 16),
    seq      INTEGER NOT NULL,
    PRIMARY KEY (operator, target)
) STRICT, WITHOUT ROWID;

-- One row that is written to find out whether writing works.
CREATE TABLE probe (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    at INTEGER NOT NULL
) STRICT;
