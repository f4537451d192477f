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
    a, r = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q or len(signature) != 64:
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

faults = []


def told(name, wrong):
    print(
        f"{'FAILED' if wrong else 'ok':>6}  {name}" + "".join(f"\n        {w}" for w in wrong[:5])
    )
    faults.extend(wrong)


def digest(path):
    found = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def files(listed):
    """Every file is listed, and is as the list says."""
    here = {p.relative_to(HERE).as_posix() for p in HERE.rglob("*") if p.is_file()}
    here = {n for n in here if "__pycache__" not in n} - BESIDE
    known = {f["name"]: f for f in listed}
    for name in sorted(here - set(known)):
        yield f"{name} is not listed"
    for name in sorted(known):
        if name not in here:
            yield f"{name} is missing"
        elif digest(HERE / name) != known[name]["sha256"]:
            yield f"{name} was changed"


LINE = re.compile(rb'\{"header":(\{[^{}]*\})(?:,"sig":"([A-Za-z0-9+/]{86}==)")?\}\n')
OPENING = re.compile(
    rb'\{"payload":(\{.*\}),"salt":"([A-Za-z0-9+/]{43}=)","seq":([0-9]+)\}\n', re.S
)


def records(chain):
    """Header bytes, signature and opening (or None) of each record of a chain."""
    opened = {}
    with (HERE / "ledger" / f"openings.{chain}.jsonl").open("rb") as file:
        for line in file:
            payload, salt, seq = OPENING.fullmatch(line).groups()
            opened[int(seq)] = (base64.b64decode(salt), payload)
    with (HERE / "ledger" / f"headers.{chain}.jsonl").open("rb") as file:
        for number, line in enumerate(file, 1):
            header, signature = LINE.fullmatch(line).groups()
            yield number, header, signature and base64.b64decode(signature), opened.get(number)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def key_id(public):
    raw = hashlib.sha256(b"MRD-KEY-v1\0" + public).digest()[:16]
    return base64.b32encode(raw).decode().lower().rstrip("=")


class Chain:
    """One chain, walked from its beginning."""

    def __init__(self, chain):
        self.chain, self.prev, self.seq = chain, None, 0
        self.prev = hashlib.sha256(b"MRD-GENESIS-v1\0" + chain.encode()).hexdigest()
        self.sessions, self.keys, self.signatures, self.openings = {}, {}, 0, 0
        self.handed = None

    def walk(self):
        for number, header, signature, opening in records(self.chain):
            said = json.loads(header)
            wrong = said["seq"] != number or said["prev"] != self.prev
            if wrong or said["chain"] != self.chain:
                yield f"{self.chain[:8]} record {number}: it does not follow the one before"
                return
            digest = hashlib.sha256(b"MRD-RECORD-v1\0" + header).digest()
            if opening is not None:
                salt, payload = opening
                made = hashlib.sha256(b"MRD-PAYLOAD-v1\0" + salt + payload).hexdigest()
                if made != said["c"]:
                    yield f"{self.chain[:8]} record {number}: its content was changed"
                self.openings += 1
                yield from self.learn(number, said["session"], json.loads(payload))
            if said["end"]:
                self.signatures += 1
                key = self.sessions.get(said["session"])
                if key is None or not signed(key, b"MRD-TXN-v1\0" + digest, signature or b""):
                    yield f"{self.chain[:8]} record {number}: the signature does not hold"
            self.prev, self.seq = digest.hex(), number

    def learn(self, number, session, body):
        kind = body["kind"]
        if kind in ("key.enrolled", "key.rotated"):
            public = base64.b64decode(body["key"])
            self.keys[key_id(public)] = (body["user"], public)
        elif kind == "session.opened":
            self.sessions[session] = base64.b64decode(body["session_key"])
            user, key = self.keys.get(body["user_key"], ("", b""))
            cert = {
                "at": body["at"],
                "chain": self.chain,
                "session": session,
                "session_key": body["session_key"],
                "user": body["user"],
            }
            message = b"MRD-CERT-v1\0" + canonical(cert)
            if user != body["user"] or not signed(key, message, base64.b64decode(body["cert"])):
                yield f"{self.chain[:8]} record {number}: the sign-in is not certified"
        elif kind == "signature.made":
            user, key = self.keys.get(body["key"], ("", b""))
            beside = ("kind", "key", "signature")
            statement = canonical({k: v for k, v in body.items() if k not in beside})
            made = base64.b64decode(body["signature"])
            if user != body["user"] or not signed(key, b"MRD-SIG-v1\0" + statement, made):
                yield f"{self.chain[:8]} record {number}: the e-signature does not hold"
            elif body.get("meaning") == "keys":
                self.handed = (number, body)


def check():
    data = (HERE / LIST).read_bytes()
    said = json.loads(data)
    site = (HERE / "keys" / "site.pub").read_bytes()
    site_key = base64.b64decode(json.loads(site)["sign"])
    armored = (HERE / (LIST + ".sig")).read_text("ascii")
    key = sshsig(armored, data, "mrd-closeout-v1")
    told("signature of the list", [] if key == site_key else ["it is not the site's"])
    print(f"        key {key_id(site_key)}: compare it with what the sponsor knows")
    told("files", list(files(said["files"])))
    for head in said["heads"]:
        chain = Chain(head["chain"])
        told(f"chain {head['chain']}", list(chain.walk()))
        end = (chain.seq, chain.prev)
        told("   its end", [] if end == (head["seq"], head["digest"]) else ["it ends elsewhere"])
        print(
            f"        {chain.seq} records, {chain.openings} contents, {chain.signatures} signatures"
        )
        print(f"        head {chain.prev}")
        if head["chain"] == said["chain"]:
            keys = said["keys"]
            fits = chain.handed is not None and keys and chain.handed[0] == keys["seq"]
            told("keys handed over", [] if fits or not keys else ["no such signed record"])
    wrong = [p.name for p in (HERE / "definitions").iterdir() if digest(p) != p.stem]
    told("definitions", [f"{n} is not what its name says" for n in wrong])
    told("receipts", list(receipts(said)))
    for what in said["missing"]:
        print(f"INCOMPLETE: {what}")
    return bool(faults or said["missing"])


def receipts(said):
    known = {
        base64.b64decode(json.loads(p.read_bytes())["sign"])
        for p in (HERE / "keys").glob("sponsor-*.pub")
    }
    for path in sorted((HERE / "receipts").glob("*.json")):
        signature = path.with_name(path.name + ".sig").read_text("ascii")
        if sshsig(signature, path.read_bytes(), "mrd-receipt-v1") not in known:
            yield f"{path.name} is not signed by a sponsor whose key is here"
    last = said["package"]
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
    halves = [input(f"{name}: ").split() for name in ("A", "B")]
    letters = "".join(g for half in halves for g in half)[:52].upper()
    print(bech32("age-secret-key-", base64.b32decode(letters + "====")).upper())
    return False


if __name__ == "__main__":
    sys.exit(key() if "--key" in sys.argv else check())
