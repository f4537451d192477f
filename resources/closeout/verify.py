"""Checks a close-out bundle without the program that made it.

Needs Python 3.9 or later, nothing else.

    python3 verify.py            in the folder of the bundle: checks everything, ends with 0 or 1
    python3 verify.py --key      asks for the two halves of the recovery sheet and prints the key
                                 that opens keys/archive-key.age with the tool "age"

What it checks is described in formats/ledger.md and formats/package.md.
检查结题交接包，不需要原程序。只需 Python 3.9 或更高版本。
"""

import base64
import hashlib
import json
import re
import sys
import zipfile
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIST = "closeout.json"
BESIDE = {LIST, LIST + ".sig", "SHA256SUMS"}

# --- Ed25519 (RFC 8032), for checking alone ---------------------------------------------------

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def _point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = None if y >= P else _x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def _add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    k, m, n, o = f - e, h - g, h + g, f + e
    return k * m % P, n * o % P, m * n % P, k * o % P


def _times(n, point):
    found = (0, 1, 1, 0)
    while n:
        if n & 1:
            found = _add(found, point)
        point, n = _add(point, point), n >> 1
    return found


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (_x(BASE_Y, 0), BASE_Y, 1, _x(BASE_Y, 0) * BASE_Y % P)


def signed(public, message, signature):
    """Whether an Ed25519 signature holds."""
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q or not _times(8, a)[0]:  # of small order: anybody's key
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    left, right = _times(s, BASE), _add(r, _times(h, a))
    return (
        not (left[0] * right[2] - right[0] * left[2]) % P
        and not (left[1] * right[2] - right[1] * left[2]) % P
    )


def sshsig(text, message, namespace):
    """The key under which an SSHSIG signature holds; None where it does not."""
    lines = text.strip().splitlines()
    blob = base64.b64decode("".join(lines[1:-1]))
    fields, at = [], 10  # "SSHSIG" and the version
    while at < len(blob):
        size = int.from_bytes(blob[at : at + 4], "big")
        fields.append(blob[at + 4 : at + 4 + size])
        at += 4 + size
    key, space, reserved, hashed, signature = fields
    parts = (space, reserved, hashed, hashlib.new(hashed.decode(), message).digest())
    statement = b"SSHSIG" + b"".join(len(p).to_bytes(4, "big") + p for p in parts)
    public = key[-32:]
    fits = space == namespace.encode() and hashed == b"sha512"
    return public if fits and signed(public, statement, signature[-64:]) else None


# --- the bundle -------------------------------------------------------------------------------

OF_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini", "__pycache__"}
# RuntimeError: nesting without end, and a zip that is encrypted or packed in an unknown way.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError,
              ValueError, zipfile.BadZipFile)  # fmt: skip
faults = []


def told(name, wrong):
    """Print what is wrong, if anything; what cannot be read is wrong, too."""
    found = []
    try:
        found.extend(wrong)
    except UNREADABLE as trouble:
        found.append(f"it cannot be read ({type(trouble).__name__}: {trouble})")
    word = "FAILED" if found else "ok"
    print(f"{word:>6}  {name}" + "".join(f"\n        {w}" for w in found[:5]))
    faults.extend(found)


def digest(path):
    found = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def files(listed):
    """Every file is listed and is as the list says; what a system adds by itself does not count."""
    here = {p.relative_to(HERE).as_posix() for p in HERE.rglob("*") if p.is_file()} - BESIDE
    known = {f["name"]: f for f in listed}
    for name in sorted(here - set(known)):
        parts = name.split("/")
        if not OF_SYSTEMS.intersection(parts) and not parts[-1].startswith("._"):
            yield f"{name} is not listed"
    for name in sorted(known):
        if name not in here:
            yield f"{name} is missing"
        elif digest(HERE / name) != known[name]["sha256"]:
            yield f"{name} was changed"


LINE = re.compile(rb'\{"header":(\{[^{}]*\})(?:,"sig":"([A-Za-z0-9+/]{86}==)")?\}\n?')
OPENING = re.compile(
    rb'\{"payload":(\{.*\}),"salt":"([A-Za-z0-9+/]{43}=)","seq":([1-9][0-9]{0,14})\}\n?', re.S
)
FIELDS = {"at", "c", "chain", "class", "end", "prev", "seq", "session", "suite", "txn", "v"}
KINDS_OF_TWO = {
    "redaction.done": "seqs",
    "link.destroyed": "seqs",
    "subject.received": "forced",
    "generation.changed": "recovery",
    "branch.resolved": "held",
    "trust.pinned": "place",
}
"""What two people sign, where this field stands in it."""


def openings(chain):
    last = 0
    with (HERE / "ledger" / f"openings.{chain}.jsonl").open("rb") as file:
        for number, line in enumerate(file, 1):
            found = OPENING.fullmatch(line)
            if found is None:
                raise ValueError(f"line {number} of the contents is no content")
            payload, salt, seq = found.groups()
            if int(seq) <= last:
                raise ValueError(f"line {number} of the contents is out of order")
            last = int(seq)
            yield last, (base64.b64decode(salt), payload)


def records(chain):
    """Number, header bytes, signature and opening (or None) of each record of a chain."""
    source = openings(chain)
    waiting = next(source, None)
    with (HERE / "ledger" / f"headers.{chain}.jsonl").open("rb") as file:
        for number, line in enumerate(file, 1):
            found = LINE.fullmatch(line)
            if found is None:
                raise ValueError(f"line {number} of the headers is no header")
            header, signature = found.groups()
            opening = None
            if waiting is not None and waiting[0] == number:
                opening, waiting = waiting[1], next(source, None)
            yield number, header, signature and base64.b64decode(signature), opening
    if waiting is not None:
        raise ValueError("there is content without its record")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def key_id(public):
    raw = hashlib.sha256(b"MRD-KEY-v1\0" + public).digest()[:16]
    return base64.b32encode(raw).decode().lower().rstrip("=")


class Wrong(Exception):
    """Why a record does not hold."""


def ask(fits, why):
    if not fits:
        raise Wrong(why)


def judged(step, *parts):
    """What a step finds wrong; empty where it finds nothing."""
    try:
        step(*parts)
    except Wrong as wrong:
        return str(wrong)
    except UNREADABLE:
        return "its content cannot be read"
    return ""


class Chain:
    """One chain, walked from its beginning by the rules of formats/ledger.md."""

    def __init__(self, chain, complete):
        self.chain, self.complete = chain, complete
        self.prev = hashlib.sha256(b"MRD-GENESIS-v1\0" + chain.encode()).hexdigest()
        self.seq, self.txn, self.at, self.ended, self.session = 0, 0, "", True, ""
        self.keys, self.closed, self.sessions, self.past = {}, set(), {}, set()
        self.ending_keys, self.ending_sessions = set(), set()
        self.missing, self.erased, self.private, self.waiting = set(), set(), set(), {}
        self.signatures, self.openings, self.handed, self.own, self.run = 0, 0, set(), [], 1

    def walk(self):
        for number, header, signature, opening in records(self.chain):
            place = f"{self.chain[:8]} record {number}: "
            said = json.loads(header)
            if not self.follows(number, header, said):
                yield place + "it does not follow the one before"
                return
            digest = hashlib.sha256(b"MRD-RECORD-v1\0" + header).digest()
            if said["session"] != self.session:
                self.run = number
            for wrong in (
                judged(self.content, number, said, opening),
                judged(self.ends, said, digest, signature),
            ):
                if wrong:
                    yield place + wrong
            self.seq, self.txn, self.at = number, said["txn"], said["at"]
            self.prev, self.ended, self.session = digest.hex(), said["end"], said["session"]
        if not self.ended or not self.seq:
            yield f"{self.chain[:8]} record {self.seq}: the last one ends no transaction"
        for number in sorted(self.missing - self.erased):
            place = f"{self.chain[:8]} record {number}: "
            yield place + "its content is missing, and no redaction names it"

    def follows(self, number, header, said):
        date.fromisoformat(said["at"][:10])
        return (
            set(said) == FIELDS
            and (said["v"], said["suite"], said["chain"]) == (1, 1, self.chain)
            and canonical(said) == header
            and (said["seq"], said["prev"]) == (number, self.prev)
            and said["at"] >= self.at
            and said["txn"] == self.txn + self.ended
            and (self.ended or said["session"] == self.session)
        )

    def content(self, number, said, opening):
        """What stands in a record is what its header committed to."""
        if said["class"] == "private":
            self.private.add(number)
            return
        if opening is None:
            if self.complete:
                self.missing.add(number)
            return
        salt, payload = opening
        self.openings += 1
        made = hashlib.sha256(b"MRD-PAYLOAD-v1\0" + salt + payload).hexdigest()
        ask(made == said["c"], "its content was changed")
        body = json.loads(payload)
        ask(canonical(body) == payload, "its content is not canonical")
        begins = body["kind"] in ("chain.created", "chain.continued")
        ask(number > 1 or begins, "it does not begin a chain")
        if number == 1:
            self.own = [base64.b64decode(body["sign"])] if "sign" in body else []
        self.learn(number, said, body)
        self.taken_out(number, body, payload)

    def ends(self, said, digest, signature):
        """The last record of a transaction is signed by its session, no other one is."""
        if not said["end"]:
            ask(not signature, "it is signed inside a transaction")
            return
        self.signatures += 1
        stray, self.waiting = self.waiting, {}
        key = self.sessions.get(said["session"], (None,))[0]
        fits = key is not None and signed(key, b"MRD-TXN-v1\0" + digest, signature or b"")
        self.ending_sessions |= {n for n, s in self.sessions.items() if s[1] in self.ending_keys}
        for name in self.ending_sessions:
            self.sessions.pop(name, None)
        self.ending_keys, self.ending_sessions = set(), set()
        ask(fits, "the signature does not hold")
        ask(not stray, "it stands for another one, and no redaction beside it names it")

    def learn(self, number, said, body):
        """Who may sign."""
        kind, session = body["kind"], said["session"]
        if kind == "key.rotated" and "folder" in body:
            self.new_key(session, body)
        elif kind in ("key.enrolled", "key.rotated"):
            self.enrol(kind, body)
        elif kind == "user.closed":
            self.closed.add(body["user"])
            if body["user"] in self.keys:
                self.ending_keys.add(key_id(self.keys.pop(body["user"])))
        elif kind == "session.opened":
            self.open(said, body)
        elif kind == "session.closed":
            self.ending_sessions.add(session)
        elif kind == "signature.made":
            beside = ("kind", "key", "signature")
            statement = {k: v for k, v in body.items() if k not in beside}
            ask(body["user"] == self.user(session), "the e-signature is of somebody not signed in")
            self.hand(body["user"], body["key"], body["signature"], statement)
            if body.get("meaning") == "keys":
                self.handed.add(number)
        if kind in KINDS_OF_TWO and body.get(KINDS_OF_TWO[kind]) not in (None, False):
            self.two(session, body)

    def new_key(self, session, body):
        """The site's own key: the one before has signed for it, and two people did it."""
        text, last = body["statement"].encode(), self.own[-1] if self.own else None
        said = json.loads(text)
        old, public = base64.b64decode(said["old"]), base64.b64decode(body["key"])
        ask(said["key"] == body["key"] and key_id(old) == body["old"], "it names other keys")
        ask(last in (None, old), "it replaces a key that is not the site's")
        ask(said["chain"] == self.chain == body["folder"], "it is of another folder")
        for key, name in ((old, "consent"), (public, "proof")):
            told = sshsig(body[name], text, "mrd-rotation-v1")
            ask(told == key, "the site's new key is not signed as it should be")
        self.two(session, body)
        self.own.append(public)

    def enrol(self, kind, body):
        user, public = body["user"], base64.b64decode(body["key"])
        old = self.keys.get(user)
        statement = {"chain": self.chain, "key": body["key"], "user": user}
        message = b"MRD-KEY-v1\0" + canonical(statement)
        ask(user not in self.closed, "it gives a key to a closed user")
        proven = signed(public, message, base64.b64decode(body["proof"]))
        ask(proven, "nobody proved to have the key")
        if kind == "key.enrolled":
            ask(old is None, "it gives a second key")
        else:
            ask(old is not None and key_id(old) == body["old"], "it replaces a key of nobody")
            consent = body.get("consent")
            fits = consent is None or signed(old, message, base64.b64decode(consent))
            ask(fits, "the former key did not consent")
            self.ending_keys.add(body["old"])
        self.keys[user] = public

    def open(self, said, body):
        session, user = said["session"], body["user"]
        cert = {
            "at": body["at"],
            "chain": self.chain,
            "session": session,
            "session_key": body["session_key"],
            "user": user,
        }
        key = self.keys.get(user, b"")
        fits = session not in self.past and body["at"] <= said["at"]
        fits = fits and key_id(key) == body["user_key"]
        message, made = b"MRD-CERT-v1\0" + canonical(cert), base64.b64decode(body["cert"])
        ask(fits and signed(key, message, made), "the sign-in is not certified")
        self.past.add(session)
        self.sessions[session] = (base64.b64decode(body["session_key"]), key_id(key), user)

    def user(self, session):
        return self.sessions[session][2] if session in self.sessions else None

    def hand(self, user, name, signature, statement):
        key = self.keys.get(user, b"")
        fits = key_id(key) == name
        message = b"MRD-SIG-v1\0" + canonical(statement)
        ask(fits and signed(key, message, base64.b64decode(signature)),
            "the e-signature does not hold")  # fmt: skip

    def two(self, session, body):
        people, hands = [body["user"], body["second"]], body.get("signed")
        ask(people[0] == self.user(session) and people[0] != people[1], "two people have to sign")
        ask(isinstance(hands, list) and len(hands) == 2, "two people have to sign")
        statement = {k: v for k, v in body.items() if k != "signed"}
        for user, made in ((people[0], hands[0]), (people[1], hands[1])):
            self.hand(user, made["key"], made["signature"], statement)

    def taken_out(self, number, body, payload):
        """What was taken out is named, and what stands in its place was signed for."""
        kind = body["kind"]
        if "instead" in body:
            stands_for = body["instead"]
            seq = stands_for["seq"]
            fits = stands_for["chain"] == self.chain and 0 < seq < number
            ask(fits and seq not in self.waiting, "it stands for nothing before it")
            self.waiting[seq] = hashlib.sha256(payload).hexdigest()
        elif kind == "redaction.done":
            self.erased.update(n for n in body["seqs"] if n < number)
            kept = {g["seq"]: g["kept"] for g in body.get("gone", ()) if "kept" in g}
            for seq, made in list(self.waiting.items()):
                ask(kept.get(seq) == made, f"nobody signed for what stands in the place of {seq}")
                del self.waiting[seq]
        elif kind == "restore.done" and "tail" in body:
            tail = body["tail"]
            first, last = tail["first"], tail["last"]
            for start, end in tail["unopened"] if last == self.run - 1 else ():
                ask(first <= start <= end <= last, "it excuses more than was taken back")
                self.erased.update(range(start, end + 1))
        elif kind == "link.destroyed":
            fits = body.get("subject") and self.private.issuperset(body["seqs"])
            ask(fits, "it destroys more than a link")


def check():
    try:
        data = (HERE / LIST).read_bytes()
        said = json.loads(data)
        chains = [(head, Chain(head["chain"], head["chain"] == said["chain"]))
                  for head in said["heads"]]  # fmt: skip
        own = next(walked for _, walked in chains if walked.complete)
        site_key = base64.b64decode(json.loads((HERE / "keys" / "site.pub").read_bytes())["sign"])
        missing = list(said["missing"])
        listed, last, keys = said["files"], said["package"], said["keys"]
    except (StopIteration, *UNREADABLE) as trouble:
        print(f"FAILED  {LIST} or keys/site.pub cannot be read ({trouble})")
        return True
    told("signature of the list", signature_of(data, site_key))
    print(f"        key {key_id(site_key)}: compare it with what the sponsor knows")
    told("files", files(listed))
    for head, chain in chains:
        told(f"chain {head['chain']}", chain.walk())
        end = (chain.seq, chain.prev)
        told("   its end", [] if end == (head["seq"], head["digest"]) else ["it ends elsewhere"])
        print(
            f"        {chain.seq} records, {chain.openings} contents, {chain.signatures} signatures"
        )
        print(f"        head {chain.prev}")
    if keys is not None:
        fits = keys["seq"] in own.handed
        told("keys handed over", [] if fits else ["no such signed record"])
    told("definitions", definitions())
    if last is not None and "archive" not in missing:
        told("last full package", package(last, {site_key, *own.own}))
    told("receipts", receipts(last))
    missing += [] if keys is not None else ["keys"]
    missing += [] if last is not None else ["package"]
    for what in dict.fromkeys(missing):
        print(f"INCOMPLETE: {what}")
    return bool(faults or missing)


def signature_of(data, site_key):
    armored = (HERE / (LIST + ".sig")).read_text("ascii")
    if sshsig(armored, data, "mrd-closeout-v1") != site_key:
        yield "it is not the site's"


def definitions():
    for path in sorted((HERE / "definitions").glob("[!.]*.json")):
        if digest(path) != path.stem:
            yield f"{path.name} is not what its name says"


def package(last, site_keys):
    """The outside of the last full package: whose it is, and that its sealed part is whole."""
    path = HERE / last["file"]
    with zipfile.ZipFile(path) as outside:
        names = sorted(outside.namelist())
        if names != ["outer.json", "outer.json.sig", "package.age"]:
            yield f"{path.name} is no package"
            return
        label = outside.read("outer.json")
        armored = outside.read("outer.json.sig").decode("ascii")
        sealed, size = hashlib.sha256(), 0
        with outside.open("package.age") as part:
            for block in iter(lambda: part.read(1 << 20), b""):
                sealed.update(block)
                size += len(block)
    said = json.loads(label)
    if sshsig(armored, label, "mrd-package-outer-v1") not in site_keys - {None}:
        yield f"{path.name} is not signed by the site"
    if (said["sha256"], said["size"]) != (sealed.hexdigest(), size):
        yield f"{path.name} was changed"
    if said["format"] != "mrd-package/1" or said["manifest"] != last["manifest"]:
        yield f"{path.name} is another package"


def receipts(last):
    known = {
        base64.b64decode(json.loads(p.read_bytes())["sign"])
        for p in (HERE / "keys").glob("sponsor-*.pub")
    }
    for path in sorted((HERE / "receipts").glob("[!.]*.json")):
        signature = path.with_name(path.name + ".sig").read_text("ascii")
        if sshsig(signature, path.read_bytes(), "mrd-receipt-v1") not in known:
            yield f"{path.name} is not signed by a sponsor whose key is here"
    if last and last["receipt"]:
        told_of = json.loads((HERE / last["receipt"]).read_bytes())["package"]
        if told_of != last["manifest"]:
            yield "the receipt is for another package"


# --- the key of the archive -------------------------------------------------------------------

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32(prefix, data):
    """BIP 173, as age writes its keys."""
    bits = "".join(f"{b:08b}" for b in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[n : n + 5], 2) for n in range(0, len(bits), 5)]
    ahead = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = 1
    for value in ahead + values + [0] * 6:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for n, step in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= step if top >> n & 1 else 0
    check ^= 1
    tail = [check >> 5 * (5 - n) & 31 for n in range(6)]
    return prefix + "1" + "".join(LETTERS[v] for v in values + tail)


def key():
    """The secret of the recovery sheet as a key of age."""
    halves = []
    for name in ("A", "B"):  # asked beside what is printed, which goes into a file
        print(f"{name}: ", end="", file=sys.stderr, flush=True)
        halves.append(input().split())
    letters = "".join(g for half in halves for g in half)[:52].upper()
    print(bech32("age-secret-key-", base64.b32decode(letters + "====")).upper())
    return False


if __name__ == "__main__":
    sys.exit(key() if "--key" in sys.argv else check())
