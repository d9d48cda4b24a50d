-- Of an archive nothing changes but that it is removed, once.
CREATE TRIGGER archive_only_removed BEFORE UPDATE ON archive
WHEN (NEW.first, NEW.next, NEW.file, NEW.newest, NEW.removed)
    IS NOT (OLD.first, OLD.next, OLD.file, OLD.newest, 1) OR OLD.removed = 1
BEGIN SELECT raise(ABORT, 'archives are only removed'); END;
