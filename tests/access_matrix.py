#!/usr/bin/python3
"""Who may do what to whom, a second time: written from docs/rules.md, and knowing nothing of Keyward's code.

usage: tests/access_matrix.py plan SEED     what to make: OUs, groups, people, managers, rules; JSON on stdout
       tests/access_matrix.py judge         raw directory entries and the rules on stdin, the matrix on stdout

The tests make the domain of the plan over LDAP, read it back raw, and hold this matrix against Keyward's.
"""

import base64
import datetime
import ipaddress
import json
import random
import sys
import tomllib
import zoneinfo

PEOPLE, OPERATORS, RULES = 500, 60, 40
ACTIONS = ("view", "reset", "unlock")
LONGEST_LINE = 30


# ---------------------------------------------------------------- the plan

def escaped(name):
    return "".join("\\" + c if c in ',+"\\<>;=' else c for c in name)


class Plan:
    def __init__(self, seed, top):
        self.r = random.Random(seed)
        self.top = top
        self.ous, self.groups, self.people = [], [], []
        self.members, self.managers, self.primary = [], [], []

    def pick(self, some, least, most):
        return self.r.sample(some, min(len(some), self.r.randint(least, most)))

    def make(self):
        self.make_ous()
        self.make_groups()
        self.make_people()
        self.make_members()
        self.make_managers()
        return {"ous": self.ous, "groups": self.groups, "people": self.people, "members": self.members,
                "managers": self.managers, "primary": self.primary, "settings": self.settings()}

    def make_ous(self):
        names = ["North", "South", "Sales", "XSales", "Sales, OU=North", "OU=North", "Umlaut Ä", "Plus+Minus", "Deep"]
        parents = [self.top]
        while len(self.ous) < 26:
            dn = f"OU={escaped(self.r.choice(names))},{self.r.choice(parents)}"
            if dn not in self.ous and dn.count("OU=") < 7:
                self.ous.append(dn)
                parents.append(dn)

    def make_groups(self):
        kinds = [("ops", 12), ("plain", 3), ("team", 8), ("targets", 16), ("protected", 3), ("auditors", 2)]
        for kind, count in kinds:
            for n in range(count):
                sam = f"mx-{kind}-{n:02}"
                self.groups.append({"sam": sam, "kind": kind, "dn": f"CN={sam},{self.top}"})

    def group_dns(self, *kinds):
        return [group["dn"] for group in self.groups if group["kind"] in kinds]

    def make_people(self):
        homes = self.ous + [self.top]
        for n in range(PEOPLE):
            operator = n < OPERATORS
            name = f"mx.{'op' if operator else 'who'}.{n:03}"
            cn = name if self.r.random() < .9 else escaped(f"{name}, OU=Sales")
            odd = self.r.random()
            locked = odd > .97
            self.people.append({
                "sam": name, "dn": f"CN={cn},{self.r.choice(homes)}", "password": operator or locked, "operator": operator,
                "flags": 0x2 if odd < .05 else 0x40000 if odd < .06 else 0x80000 if odd < .07 else 0,
                "expired": .07 <= odd < .1, "admin_count": .1 <= odd < .12, "must_change": operator and .12 <= odd < .2,
                "locked": locked})

    def make_members(self):
        ops, team = self.group_dns("ops"), self.group_dns("team")
        targets, protected = self.group_dns("targets"), self.group_dns("protected")
        auditors = self.group_dns("auditors")
        pairs = [(self.r.choice(ops), one) for one in team]                      # teams of operators
        pairs += [(self.r.choice(targets), one) for one in targets[4:]]          # groups in groups
        ring = targets[:4]
        pairs += list(zip(ring, ring[1:] + ring[:1]))                            # round and round
        pairs += [(protected[0], protected[1]), (auditors[0], auditors[1]), (protected[1], self.r.choice(targets))]
        # Operators of one plain rule each: those of a circle of managers, of an OU, and of all OUs.
        plain = self.group_dns("plain")
        chosen = self.r.sample([person["dn"] for person in self.people[1:OPERATORS]], 18)
        self.ring = chosen[:6]
        pairs += [(plain[n // 6], dn) for n, dn in enumerate(chosen)]
        for person in self.people:
            dn = person["dn"]
            if person["operator"] and dn not in chosen:
                pairs += [(group, dn) for group in self.pick(ops + team, 1, 2)]
            pairs += [(group, dn) for group in self.pick(targets, 0, 2)]
            if self.r.random() < .02:
                pairs.append((self.r.choice(protected), dn))
            if self.r.random() < .03:
                pairs.append((self.r.choice(auditors), dn))
        self.members = sorted({pair for pair in pairs if pair[0] != pair[1]})
        for person in self.pick(self.people, 30, 30):
            group = self.r.choice(ops if person["operator"] else targets)
            self.primary.append((person["dn"], group))
            if (group, person["dn"]) not in self.members:
                self.members.append((group, person["dn"]))

    def make_managers(self):
        dns = [person["dn"] for person in self.people]
        ops = dns[:OPERATORS]
        for n, dn in enumerate(dns):
            if n < OPERATORS:                                # a tree of operators
                if n and self.r.random() < .7:
                    self.managers.append((dn, ops[self.r.randrange(n)]))
            elif self.r.random() < .8:                       # below operators, or below one another
                self.managers.append((dn, self.r.choice(ops if self.r.random() < .6 else dns[OPERATORS:n] or ops)))
        known = dict(self.managers)
        line = dns[-40:]                                     # a line that is longer than any that is followed
        known.update(zip(line[1:], line))
        known[line[0]] = ops[0]
        a, b, c, e, f, g = self.ring                         # a circle of two, one of three, and of one alone
        known.update({a: b, b: a, c: c, e: f, f: g, g: e})
        self.managers = sorted(known.items())

    def target(self):
        kind = self.r.random()
        if kind < .35:
            return self.written(self.r.choice(self.ous + [self.top]))
        if kind < .65:
            group = self.r.choice([one for one in self.groups if one["kind"] == "targets"])
            return group["sam"] if self.r.random() < .7 else self.written(group["dn"])
        return self.r.choice(["own-ou", "own-ou", "direct-reports", "reports", "reports"])

    def written(self, dn):
        """Another spelling of the same name."""
        way = self.r.random()
        return dn.upper().replace("Ä", "ä") if way < .2 else dn.replace(",OU=", ", ou=").replace(",DC=", ", dc=") if way < .4 else dn

    def settings(self):
        text = ["[protect]", f"groups = {json.dumps(['mx-protected-00', 'mx-protected-02'])}",
                f"accounts = {json.dumps([self.people[n]['sam'] for n in self.pick(range(PEOPLE), 20, 20)])}",
                "[audit]", 'auditors = ["mx-auditors-00"]', "[web]", 'time_zone = "Europe/Vienna"']
        names = [f"rule-{n:02}" for n in range(RULES)]
        self.r.shuffle(names)
        denies, plain = set(names[:6]), names[6:9]
        ops = [group["sam"] for group in self.groups if group["kind"] == "ops"]
        for name in names:
            deny = name in denies
            if name in plain:
                target = [["reports"], ["own-ou"], [self.written(self.top)]][plain.index(name)]
                text.append(f"[[rule]]\nname = {json.dumps(name)}\noperators = {json.dumps([f'mx-plain-{plain.index(name):02}'])}\n"
                            f"targets = {json.dumps(target, ensure_ascii=False)}")
                continue
            rule = {"name": name, "operators": self.pick(ops, 1, 2),
                    "targets": [self.target() for _ in range(1 if deny else self.r.randint(1, 2))]}
            fixed = [self.target() for _ in range(self.r.choice([0, 0, 0, 1, 2]))]
            fixed = [one for one in fixed if one not in ("own-ou", "direct-reports", "reports")]
            if fixed:
                rule["except"] = fixed
            if self.r.random() < .4:
                rule["actions"] = self.pick(list(ACTIONS), 1, 2)
            if self.r.random() < .15:
                rule["hours"] = [self.r.choice(["Mon-Fri 07:00-18:00", "Sat 09:00-12:00", "Mon-Sun 00:00-24:00 UTC"])]
            if self.r.random() < .15:
                rule["networks"] = [self.r.choice(["192.0.2.0/24", "10.0.0.0/8", "fd00::/8"])]
            if deny:
                rule["effect"] = "deny"
            else:
                if self.r.random() < .3:
                    rule["require_reason"] = True
                if self.r.random() < .2:
                    rule["must_change"] = self.r.choice(["always", "never"])
                if self.r.random() < .2:
                    rule["resets_per_hour"] = self.r.choice([5, 10])
                if self.r.random() < .3:
                    rule["also_operators_of"] = self.pick([one for one in names if one not in denies] + ["auditors"] * 4, 2, 12)
            text.append("[[rule]]")
            text += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in rule.items()]
        return "\n".join(text) + "\n"


# ---------------------------------------------------------------- names

def parts(text):
    """A distinguished name, part by part: each a set of (type, value), first the object's own."""
    rdns, pairs, value, kind, i = [], [], bytearray(), None, 0

    def close():
        pairs.append((kind.strip().lower(), fold(bytes(value).decode().strip(" "))))

    while i < len(text):
        c = text[i]
        if c == "\\":
            if text[i + 1:i + 3].strip() and all(d in "0123456789abcdefABCDEF" for d in text[i + 1:i + 3]) and len(text) > i + 2:
                value += bytes([int(text[i + 1:i + 3], 16)])
                i += 3
            else:
                value += text[i + 1].encode()
                i += 2
            continue
        if kind is None and c == "=":
            kind, value = bytes(value).decode(), bytearray()
        elif c in ",+" and kind is not None:
            close()
            kind, value = None, bytearray()
            if c == ",":
                rdns.append(frozenset(pairs))
                pairs = []
        else:
            value += c.encode()
        i += 1
    close()
    rdns.append(frozenset(pairs))
    return tuple(rdns)


def fold(value):
    return " ".join(value.casefold().split())


def below(name, container):
    return len(name) > len(container) and name[-len(container):] == container


def within(name, container):
    return name == container or below(name, container)


# ---------------------------------------------------------------- what the directory says

class Entry:
    def __init__(self, raw):
        self.values = {name.lower(): [base64.b64decode(value) for value in values] for name, values in raw["attributes"].items()}
        self.name = parts(raw["dn"])
        self.sam = self.text("samaccountname")
        self.classes = {value.decode().lower() for value in self.values.get("objectclass", [])}
        self.flags = self.number("useraccountcontrol")
        self.manager = parts(self.text("manager")) if self.text("manager") else None

    def text(self, name):
        return (self.values.get(name) or [b""])[0].decode()

    def number(self, name):
        return int(self.text(name) or 0)

    @property
    def sid(self):
        raw = self.values["objectsid"][0]
        above = int.from_bytes(raw[2:8], "big")
        return "-".join(["S-1", str(above), *(str(int.from_bytes(raw[i:i + 4], "little")) for i in range(8, len(raw), 4))])


PROTECTED = {512, 516, 517, 520, 521, 522, 526, 553, 498, 518, 519, 527}
PROTECTED_BUILTIN = {544, 548, 549, 550, 551, 552, 557, 569, 578}


class Directory:
    def __init__(self, entries):
        self.entries = [Entry(raw) for raw in entries]
        self.by_name = {entry.name: entry for entry in self.entries}
        self.groups = [entry for entry in self.entries if "group" in entry.classes]
        self.domain = next(entry for entry in self.entries if "domaindns" in entry.classes)
        self.in_groups = {}
        for group in self.groups:
            for value in group.values.get("member", []):
                self.in_groups.setdefault(parts(value.decode()), set()).add(group.name)
        by_sid = {group.sid: group for group in self.groups}
        self.all_groups, self.lines = {}, {}
        for entry in self.entries:
            if "user" in entry.classes:
                primary = by_sid.get(f"{self.domain.sid}-{entry.number('primarygroupid')}")
                self.all_groups[entry.name] = self.closure(entry, primary)
                self.lines[entry.name] = self.line(entry)

    def closure(self, entry, primary):
        open_, seen = list(self.in_groups.get(entry.name, ())), set()
        if primary:
            open_.append(primary.name)
        while open_:
            name = open_.pop()
            if name not in seen:
                seen.add(name)
                open_ += self.in_groups.get(name, ())
        return seen

    def line(self, entry):
        """The managers above somebody, and whether that is all of them."""
        line, name = [], entry.manager
        while name is not None and name not in line:
            if len(line) == LONGEST_LINE:
                return line, False
            line.append(name)
            above = self.by_name.get(name)
            name = above.manager if above else None
        return line, True

    def group(self, name):
        """The name of a group that is called so: by account name, CN or DN."""
        for group in self.groups:
            if group.sam.lower() == name.lower():
                return group.name
        if "=" in name:
            return self.by_name[parts(name)].name
        return next(group.name for group in self.groups if group.text("cn").lower() == name.lower())


def own_ou(entry):
    """The OU that somebody is in, or None."""
    container = entry.name[1:]
    return container if all(kind == "ou" for kind, _ in container[0]) else None


# ---------------------------------------------------------------- the rules

class Rule:
    def __init__(self, table, world):
        directory = world.directory
        self.name, self.allows = table["name"], table.get("effect", "allow") == "allow"
        self.operators = {directory.group(name) for name in table["operators"]}
        self.targets = [self.target(name, directory) for name in table["targets"]]
        self.excepted = [self.target(name, directory) for name in table.get("except", [])]
        self.actions = set(table.get("actions", ACTIONS))
        if self.allows and self.actions & {"reset", "unlock"}:
            self.actions.add("view")
        self.hours, self.networks = table.get("hours", []), table.get("networks", [])
        limits = [table.get(key, 0) for key in ("resets_per_hour", "resets_per_day", "people_per_day")]
        self.limits = (*limits, table.get("when_reached", "refuse")) if any(limits) else None
        self.also = set(table.get("also_operators_of", []))
        self.asks = (table.get("require_reason", False), ["default", "never", "always"].index(table.get("must_change", "default")),
                     self.limits is not None, self.name)
        if world.whenever:
            self.awake = self.allows or not (self.hours or self.networks)
        else:
            self.awake = (not self.hours or any(hold(text, world) for text in self.hours)) and \
                         (not self.networks or any(world.address in ipaddress.ip_network(net) for net in self.networks))

    @staticmethod
    def target(text, directory):
        if text in ("own-ou", "direct-reports", "reports"):
            return (text, None)
        name = parts(text) if "=" in text else None
        if name and "group" not in directory.by_name[name].classes:
            return ("ou", name)
        return ("group", directory.group(text))

    def is_about(self, groups):
        return bool(self.operators & groups)

    def reaches(self, operator, person, directory):
        return any(self.hits(one, operator, person, directory) for one in self.targets) and \
            not any(self.hits(one, operator, person, directory, False) for one in self.excepted)

    def hits(self, target, operator, person, directory, sure=True):
        kind, what = target
        line, whole = directory.lines[person.name]
        if kind == "ou":
            return below(person.name, what)
        if kind == "group":
            return what in directory.all_groups[person.name]
        if kind == "own-ou":
            return own_ou(operator) is not None and below(person.name, own_ou(operator))
        if kind == "direct-reports":
            return person.manager == operator.name
        # A rule that denies takes a line that is too long for everybody's.
        return operator.name in line or (sure and not self.allows and not whole)


def hold(text, world):
    days, times, *zone = text.split()
    now = world.now.astimezone(zoneinfo.ZoneInfo(zone[0] if zone else world.zone))
    week = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    first, _, last = days.partition("-")
    first, last = week.index(first), week.index(last or first)
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in times.split("-"))
    return first <= now.weekday() <= last and start <= now.hour * 60 + now.minute < end


class World:
    """Everything that a decision stands on; `whenever`: at any hour and from anywhere, as a report has it."""

    def __init__(self, given, directory, whenever=False):
        self.whenever = whenever
        settings = tomllib.loads(given["settings"])
        self.directory = directory
        self.scope = parts(given["user_ou"])
        self.now = datetime.datetime.fromisoformat(given["now"].replace("Z", "+00:00"))
        self.zone = settings["web"]["time_zone"]
        self.address = ipaddress.ip_address(given["address"])
        self.rules = [Rule(table, self) for table in settings["rule"]]
        self.auditors = {directory.group(name) for name in settings["audit"]["auditors"]}
        sids = {f"{directory.domain.sid}-{rid}" for rid in PROTECTED} | {f"S-1-5-32-{rid}" for rid in PROTECTED_BUILTIN}
        self.protected = {group.name for group in directory.groups if group.sid in sids}
        self.protected |= {directory.group(name) for name in settings["protect"]["groups"]}
        self.accounts = {name.lower() for name in settings["protect"]["accounts"]}
        self.reasons = {}
        self.people = [entry for entry in directory.entries
                       if "user" in entry.classes and "computer" not in entry.classes and below(entry.name, self.scope)]

    def since_1601(self):
        return int((self.now - datetime.datetime(1601, 1, 1, tzinfo=datetime.timezone.utc)).total_seconds()) * 10_000_000

    def has_expired(self, entry):
        at = entry.number("accountexpires")
        return 0 < at < 2 ** 63 - 1 and at <= self.since_1601()

    def is_locked(self, entry):
        at = entry.number("lockouttime")
        return at > 0 and at + 30 * 60 * 10_000_000 > self.since_1601()

    def can_act(self, operator):
        return not (operator.flags & 0x2 or self.has_expired(operator) or self.is_locked(operator)
                    or operator.number("pwdlastset") == 0)

    def mine(self, entry, allowing=True):
        groups = self.directory.all_groups[entry.name]
        return [rule for rule in self.rules if rule.is_about(groups) and rule.allows == allowing]

    def no(self, reason):
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        return "-"

    def decide(self, action, operator, person):
        directory = self.directory
        own = self.mine(operator)
        if not own:
            return self.no("no operator")
        if not self.can_act(operator):
            return self.no("operator cannot act")
        denying = [rule for rule in self.mine(operator, False) if rule.awake and rule.reaches(operator, person, directory)]
        if any(action in rule.actions or "view" in rule.actions for rule in denying):
            return self.no("denied")
        allowing = [rule for rule in own if rule.awake and action in rule.actions and rule.reaches(operator, person, directory)]
        if not allowing:
            return self.no("none allows")
        if action != "view":
            if self.is_protected(operator, person):
                return "-"
            needed = self.needed(operator, person)
            allowing = [rule for rule in allowing if needed <= rule.also]
            if not allowing:
                return self.no("auditor" if needed == {"auditors"} else "operator")
            if needed:
                self.no("operator by name")
            elif self.mine(person):
                self.no("operator below")
            if action == "reset" and (person.flags & 0x2 or self.has_expired(person)):
                return self.no("disabled or expired")
            if action == "unlock" and not self.is_locked(person):
                return self.no("not locked")
        return min(allowing, key=lambda rule: rule.asks).name

    def is_protected(self, operator, person):
        groups = self.directory.all_groups[person.name]
        for reason, holds in (("oneself", person.name == operator.name), ("protected group", groups & self.protected),
                              ("adminCount", person.text("admincount") == "1"),
                              ("protected account", person.sam.lower() in self.accounts),
                              ("smart card or delegation", person.flags & (0x40000 | 0x80000 | 0x1000000))):
            if holds:
                self.no(reason)
                return True
        return False

    def needed(self, operator, person):
        """What a rule must name in also_operators_of to reach this person."""
        theirs, own = self.mine(person), self.mine(operator)
        needed = set()
        if theirs:
            shared = {rule.name for rule in self.mine(person, False)}
            denied = any(not (rule.name in shared and self.takes_no_more(rule, operator, person))
                         for rule in self.mine(operator, False))
            bare = {rule.name for rule in theirs if not any(self.covers(mine, operator, rule, person) for mine in own)}
            no_less = all(any(self.covers(rule, person, mine, operator) for rule in theirs) for mine in own)
            needed = {rule.name for rule in theirs} if no_less or denied else bare
        if self.directory.all_groups[person.name] & self.auditors:
            needed.add("auditors")
        return needed

    def takes_no_more(self, rule, operator, person):
        """Whether a rule that denies takes from the operator nobody whom it does not take from the person."""
        mine, theirs = own_ou(operator), own_ou(person)
        small = mine is None or theirs is not None and within(mine, theirs)
        return all(kind in ("ou", "group") or kind == "own-ou" and small for kind, _ in rule.targets)

    def covers(self, large, who, small, whose):
        """Whether `large` lets `who` do all that `small` lets `whose` do."""
        does_less = not small.actions <= large.actions or not small.also <= large.also
        has_more = not set(large.excepted) <= set(small.excepted) or large.hours not in ([], small.hours) or \
            large.networks not in ([], small.networks) or large.limits not in (None, small.limits)
        return not does_less and not has_more and \
            all(any(self.covers_target(one, who, other, whose) for one in large.targets) for other in small.targets)

    def covers_target(self, large, who, small, whose):
        if small[0] in ("ou", "own-ou"):
            reach = small[1] if small[0] == "ou" else own_ou(whose)
            room = {"ou": large[1], "own-ou": own_ou(who)}.get(large[0])
            if reach is None:
                return large[0] in ("ou", "own-ou")
            return room is not None and within(reach, room)
        if small[0] == "group":
            return large == small
        line, _ = self.directory.lines[whose.name]
        in_a_circle = whose.name in line
        return large[0] == "reports" and who.name in line and not in_a_circle


def judge():
    given = json.load(sys.stdin)
    directory = Directory(given["entries"])
    world, report = World(given, directory), World(given, directory, True)
    operators = sorted((one for one in world.people if one.sam.startswith("mx.op.")), key=lambda one: one.sam)
    matrix = {operator.sam: {person.sam: [world.decide(action, operator, person) for action in ACTIONS]
                             for person in world.people} for operator in operators}
    resets = {}
    for operator in operators:
        for person in report.people:
            rule = report.decide("reset", operator, person)
            if rule != "-":
                resets.setdefault(person.sam, {}).setdefault(rule, []).append(operator.sam)
    json.dump({"matrix": matrix, "reasons": world.reasons, "resets": resets}, sys.stdout)


def main():
    if sys.argv[1:] == ["judge"]:
        judge()
    elif len(sys.argv) == 4 and sys.argv[1] == "plan":
        json.dump(Plan(int(sys.argv[2]), sys.argv[3]).make(), sys.stdout)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
