"""The processes of one DC: found by the sessions that were recorded, never by name."""

import contextlib
import json
import os
import signal
import time
from pathlib import Path


def stat_fields(pid):
    """(state, ppid, session, start time) of a process, or None."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[1]), int(fields[3]), int(fields[19])


def all_processes():
    found = {int(entry): stat_fields(entry) for entry in os.listdir("/proc") if entry.isdigit()}
    return {pid: fields for pid, fields in found.items() if fields and fields[0] != "Z"}


class Processes:
    """Those that belong to a DC, known by the sessions that were recorded when it started.

    samba, smbd and winbindd each make a session of their own. A recorded number may belong to
    somebody else by now: then its leader has another start time, or the machine another boot id.
    """

    def __init__(self, record):
        self.record = record

    def write(self, root):
        tree, processes = {root}, all_processes()
        grown = True
        while grown:
            children = {pid for pid, fields in processes.items() if fields[1] in tree} - tree
            tree |= children
            grown = bool(children)
        sessions = sorted({processes[pid][2] for pid in tree if pid in processes})
        starts = {session: processes[session][3] for session in sessions if session in processes}
        self.record.write_text(json.dumps({"boot": self.boot(), "root": root, "sessions": starts}))

    @staticmethod
    def boot():
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()

    def alive(self):
        """{pid: state} of what still runs."""
        try:
            record = json.loads(self.record.read_text())
        except (OSError, ValueError):
            return {}
        if record["boot"] != self.boot():
            return {}
        processes = all_processes()
        sessions = {int(session) for session, start in record["sessions"].items()
                    if int(session) not in processes or processes[int(session)][3] == start}
        return {pid: fields[0] for pid, fields in processes.items() if fields[2] in sessions}

    def signal(self, number):
        for pid in self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def wait_until(self, condition, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition(self.alive()):
                return True
            time.sleep(0.02)
        return False

    def stop(self):
        for _ in range(3):  # a child may be born in between
            self.signal(signal.SIGSTOP)
        self.wait_until(lambda alive: all(state == "T" for state in alive.values()), 2)

    def end(self, number, seconds=10):
        self.signal(number)
        self.signal(signal.SIGCONT)
        if not self.wait_until(lambda alive: not alive, seconds):
            self.signal(signal.SIGKILL)
            self.wait_until(lambda alive: not alive, seconds)
        self.record.unlink(missing_ok=True)
