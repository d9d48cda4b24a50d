-- What was seen when somebody last looked (`doctor`, and the service at its start), so that the next
-- look can tell what came since. Times are microseconds since 1970 by the wall clock.

-- The service account on each domain controller; last_logon is a FILETIME.
CREATE TABLE look_logons (
    dc          TEXT PRIMARY KEY,
    at          INTEGER NOT NULL,
    last_logon  INTEGER NOT NULL,
    logon_count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The passwords of the people below an OU.
CREATE TABLE look_passwords (
    id    INTEGER PRIMARY KEY CHECK (id = 0),
    scope TEXT NOT NULL,
    at    INTEGER NOT NULL
) STRICT;

-- Changes that a look has judged already: it looks a day further back than the last one, since a
-- change may reach a domain controller late.
CREATE TABLE seen_change (
    target  BLOB NOT NULL CHECK (length(target) = 16),
    version INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY (target, version)
) STRICT, WITHOUT ROWID;

-- Resets that somebody else made.
CREATE TABLE outside_reset (
    target  BLOB NOT NULL CHECK (length(target) = 16),
    version INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    name    TEXT NOT NULL,
    -- 1 once it is in the audit log, which only the service writes.
    recorded INTEGER NOT NULL DEFAULT 0 CHECK (recorded IN (0, 1)),
    PRIMARY KEY (target, version)
) STRICT, WITHOUT ROWID;
