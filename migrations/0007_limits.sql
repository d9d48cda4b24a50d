-- Resets that were attempted, for limits, bursts and a second reset of one person. `at` is microseconds since 1970 on
-- the store's steady time line.
CREATE TABLE counted_reset (
    id       INTEGER PRIMARY KEY,
    operator TEXT NOT NULL,
    rule     TEXT NOT NULL,
    target   BLOB NOT NULL CHECK (length(target) = 16),
    at       INTEGER NOT NULL,
    -- 1: the operator was thawed since; it counts towards no limit any more.
    lifted   INTEGER NOT NULL DEFAULT 0 CHECK (lifted IN (0, 1)),
    -- 1: with this one a burst was told of.
    told     INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1))
) STRICT;
CREATE INDEX counted_reset_operator ON counted_reset (operator, at, rule, target, lifted, told);
CREATE INDEX counted_reset_target ON counted_reset (target, at);

-- Operators who do nothing until somebody lifts it; `since` is microseconds since 1970 by the wall clock.
CREATE TABLE frozen (
    operator TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    since    INTEGER NOT NULL,
    -- `command`, or the limit that was reached.
    code     TEXT NOT NULL,
    rule     TEXT,
    reason   TEXT
) STRICT, WITHOUT ROWID;

-- Single values that are compared with the next ones: the digest of the settings in force.
CREATE TABLE kept (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
