-- The log can be searched for what was refused for one cause, and for what one rule decided.

-- As the other columns beside the line: they repeat what is in it, and prove nothing.
ALTER TABLE audit ADD COLUMN code TEXT;
ALTER TABLE audit ADD COLUMN rule TEXT;

DROP TRIGGER audit_no_update;
UPDATE audit SET code = line ->> '$.code', rule = line ->> '$.rule'
    WHERE line ->> '$.code' IS NOT NULL OR line ->> '$.rule' IS NOT NULL;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;

-- What went as asked has no code, so a reset that is done pays nothing for this index.
CREATE INDEX audit_by_code ON audit (code, time) WHERE code IS NOT NULL;
