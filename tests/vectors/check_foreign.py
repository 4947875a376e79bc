#!/usr/bin/python3
"""Run another implementation over the corpus: this one.

usage: check_foreign.py credentials.tsv states.json

Written from docs/format.md alone, with cbor2 and cryptography; it shares no
line with the C code. For every row of credentials.tsv it decides a status and
demands the row's. Reasons are the C code's own and are not compared. Copy it
as the beginning of a test of your own implementation: replace decide().

Exit 0: every row agrees. 1: some do not; each is named.
"""
import datetime
import hashlib
import json
import re
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    encode_dss_signature)


class Refused(Exception):
    """The encoding breaks a rule of docs/format.md."""


class NotOurs(Exception):
    """A QR code of another kind."""


class Skipped(Exception):
    """Nothing at hand can check this."""


def need(truth, why):
    if not truth:
        raise Refused(why)


# --- text and digits -------------------------------------------------------

TAIL = {0: 0, 3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6}  # digits: bytes
MAX_TEXT, MAX_DIGITS, MAX_BYTES = 4096, 1458, 600
BLANKS = " \t\n\v\f\r"


def split_text(text):
    """(host or None, digits)"""
    if len(text.encode()) > MAX_TEXT:
        raise NotOurs("longer than a QR code")
    text = text.strip(BLANKS)
    if re.fullmatch("[0-9]+", text):
        return None, text
    m = re.match(r"(?is)https?://([^/\\?#]*)[^#]*#([0-9]+)", text)
    if not m:
        raise NotOurs("no digits where they should be")
    host = m.group(1).rpartition("@")[2]
    return re.sub(r":[0-9]*$", "", host, count=1), m.group(2)


def unpack(digits):
    out = b""
    tail = len(digits) % 17
    need(tail in TAIL, "a number of digits that no bytes have")
    for i in range(0, len(digits), 17):
        chunk = digits[i:i + 17]
        size = 7 if len(chunk) == 17 else TAIL[len(chunk)]
        value = int(chunk)
        need(value < 256 ** size, "a group beyond its bytes")
        out += value.to_bytes(size, "little")
    return out


def begins_like_one(digits):
    """Tag 18, array of four."""
    return len(digits) >= 17 and int(digits[:17]) & 0xffff == 0x84d2


# --- strict CBOR -----------------------------------------------------------

PLAIN = (int, bytes, str)


def only_plain(item, depth=1):
    """Nothing but what the profile has; bool is no int here."""
    need(depth <= 8, "too deep")
    if type(item) in PLAIN:
        need(type(item) is not int or -2 ** 64 <= item < 2 ** 64, "bignum")
    elif type(item) is list:
        for x in item:
            only_plain(x, depth + 1)
    elif type(item) is dict:
        for k, v in item.items():
            only_plain(k, depth + 1)
            only_plain(v, depth + 1)
    else:
        raise Refused(f"a {type(item).__name__}")


def strict(data, tag=None):
    """The one item in data. Decoding and encoding again must give the same
    bytes: that alone refuses long heads, indefinite lengths, keys out of order
    or twice, bignums, and bytes that follow."""
    try:
        item = cbor2.loads(data)
        again = cbor2.dumps(item, canonical=True)
    except Exception as e:  # whatever cbor2 makes of hostile bytes
        raise Refused(f"CBOR: {type(e).__name__}") from e
    need(again == data, "not the deterministic encoding")
    if tag is not None:
        need(type(item) is cbor2.CBORTag and item.tag == tag, "tag")
        item = item.value
    only_plain(item)
    return item


# --- credential ------------------------------------------------------------

P256_N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
ALGS = {-7: -7, -9: -7, -8: -8, -19: -8, -65537: -65537}
MAX_DAY = 2932896
DAY_S, UTC8_S = 86400, 8 * 3600

HIDDEN = [
    (0x00, 0x1f), (0x7f, 0x9f), (0x2028, 0x2029),
    (0x061c, 0x061c), (0x200e, 0x200f), (0x202a, 0x202e), (0x2066, 0x2069),
    (0xad, 0xad), (0x034f, 0x034f), (0x115f, 0x1160), (0x200b, 0x200d),
    (0x2060, 0x2065), (0x206a, 0x206f), (0x3164, 0x3164), (0xfeff, 0xfeff),
    (0xffa0, 0xffa0), (0xfe00, 0xfe0f), (0xfff0, 0xfffb), (0xe0000, 0xe0fff),
    (0xfdd0, 0xfdef)]
BLANK = {0x20, 0xa0, 0x1680, *range(0x2000, 0x200b), 0x202f, 0x205f, 0x3000}


def check_text(s, most):
    need(type(s) is str and 1 <= len(s.encode()) <= most, "text")
    for c in map(ord, s):
        need(c & 0xfffe != 0xfffe, "noncharacter")
        need(not any(a <= c <= b for a, b in HIDDEN), "hidden character")
    need(ord(s[0]) not in BLANK and ord(s[-1]) not in BLANK, "blank")


def check_int(v, low, high):
    need(type(v) is int and low <= v <= high, "integer")


def day_of(unix_s):
    return (unix_s + UTC8_S) // DAY_S


def check_certificate(c):
    need(type(c) is dict and set(c) <= set(range(13)), "unknown field")
    need(set(c) >= {0, 1, 2, 3, 5, 8}, "field missing")
    check_int(c[0], 0, 2 ** 40 - 1)
    check_int(c[1], 1, 5)
    check_text(c[2], 120)
    need(type(c[3]) is list and len(c[3]) == 2, "identity document")
    check_int(c[3][0], 1, 6)
    check_int(c[3][1], 0, 4095)
    need((c[1] == 4) == (4 not in c), "number of a kind")
    if 4 in c:
        need(type(c[4]) is str and re.fullmatch("[0-9A-Za-z-]{8,24}", c[4]),
             "number")
    check_text(c[5], 150)
    if 6 in c:
        need(type(c[6]) is str and re.fullmatch("[0-9A-Za-z.-]{1,16}", c[6]),
             "code")
    if 7 in c:
        check_int(c[7], 1, 5)
    for day in (8, 9, 10):
        if day in c:
            check_int(c[day], 0, MAX_DAY)
    need(9 not in c or c[8] <= c[9], "valid to before issue")
    need(9 not in c or 10 not in c or c[10] <= c[9], "review after valid to")
    if 11 in c:
        need(type(c[11]) is bytes and len(c[11]) == 16, "photo")
    if 12 in c:
        check_text(c[12], 90)


def decode(data):
    need(0 < len(data) <= MAX_BYTES, "size")
    m = strict(data, tag=18)
    need(type(m) is list and len(m) == 4, "array of 4")
    protected, unprotected, payload, signature = m
    need(type(protected) is bytes and type(payload) is bytes, "bstr")
    need(type(signature) is bytes and len(signature) == 64, "signature")
    need(unprotected == {} and type(unprotected) is dict, "unprotected")

    head = strict(protected)
    need(type(head) is dict and set(head) == {1, 4}, "protected")
    need(type(head[1]) is int and head[1] in ALGS, "alg")
    need(type(head[4]) is bytes and len(head[4]) == 8, "kid")
    alg = ALGS[head[1]]
    if alg == -7:
        need(int.from_bytes(signature[32:], "big") <= P256_N // 2, "high s")

    claims = strict(payload)
    need(type(claims) is dict and set(claims) | {4} == {4, 6, -65537},
         "claims")
    cert = claims[-65537]
    check_certificate(cert)
    check_int(claims[6], 0, (MAX_DAY + 1) * DAY_S - UTC8_S - 1)
    need((4 in claims) == (9 in cert), "exp goes with valid to")
    if 4 in claims:
        need(type(claims[4]) is int and
             claims[4] == (cert[9] + 1) * DAY_S - UTC8_S, "exp")
    tbs = cbor2.dumps(["Signature1", protected, b"", payload])
    return {"alg": alg, "kid": head[4], "iat": claims[6], "cert": cert,
            "tbs": tbs, "signature": signature}


# --- signatures ------------------------------------------------------------

# GB/T 32918.5 A.2
SM2_P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff
SM2_A = SM2_P - 3
SM2_B = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93
SM2_N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123
SM2_G = (0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7,
         0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0)
SM2_ID = b"1234567812345678"


def sm2_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % SM2_P == 0:
            return None
        slope = (3 * a[0] * a[0] + SM2_A) * pow(2 * a[1], -1, SM2_P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, SM2_P)
    x = (slope * slope - a[0] - b[0]) % SM2_P
    return x, (slope * (a[0] - x) - a[1]) % SM2_P


def sm2_mul(k, point):
    out = None
    while k:
        if k & 1:
            out = sm2_add(out, point)
        point = sm2_add(point, point)
        k >>= 1
    return out


def sm3(data):
    try:
        return hashlib.new("sm3", data).digest()
    except ValueError as e:
        raise Skipped("no SM3 here") from e


def sm2_verify(key, signature, message):
    def b32(n):
        return n.to_bytes(32, "big")

    public = (int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big"))
    z = sm3((8 * len(SM2_ID)).to_bytes(2, "big") + SM2_ID + b32(SM2_A) +
            b32(SM2_B) + b32(SM2_G[0]) + b32(SM2_G[1]) + key[1:])
    e = int.from_bytes(sm3(z + message), "big")
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if not (1 <= r < SM2_N and 1 <= s < SM2_N) or (r + s) % SM2_N == 0:
        return False
    point = sm2_add(sm2_mul(s, SM2_G), sm2_mul((r + s) % SM2_N, public))
    return point is not None and (e + point[0]) % SM2_N == r


def verifies(body, cred):
    """The algorithm is the key's; the message's must agree."""
    key, sig = bytes.fromhex(body["key"]), cred["signature"]
    if body["alg"] != cred["alg"]:
        return False
    if body["alg"] == -65537:
        return sm2_verify(key, sig, cred["tbs"])
    try:
        if body["alg"] == -8:
            ed25519.Ed25519PublicKey.from_public_bytes(key).verify(
                sig, cred["tbs"])
        else:
            ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP256R1(), key).verify(
                    encode_dss_signature(int.from_bytes(sig[:32], "big"),
                                         int.from_bytes(sig[32:], "big")),
                    cred["tbs"], ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


# --- verdict ---------------------------------------------------------------

def granted(scope, cert):
    """docs/format.md, "May this body issue this certificate?" """
    kind = [k for k in scope["kinds"] if k["kind"] == cert[1]]
    if not kind:
        return False
    if not kind[0]["all"]:
        items = [i for i in kind[0]["items"] if i["code"] == cert.get(6)]
        if not any(i["high"] is None or
                   i["high"] <= cert.get(7, 0) <= i["low"] for i in items):
            return False
    if not number_agrees(scope, cert):
        return False
    if scope["not_before"] is not None and cert[8] < scope["not_before"]:
        return False
    return scope["not_after"] is None or cert[8] <= scope["not_after"]


def number_agrees(scope, cert):
    year = (datetime.date(1970, 1, 1) +
            datetime.timedelta(days=cert[8])).year % 100
    if cert[1] == 1:
        m = re.fullmatch("([0-9]{2})[0-9]{4}[0-4][0-9]{3}([1-5])[0-9]{5}",
                         cert[4])
    elif cert[1] == 2:
        m = re.fullmatch("[A-Z][0-9]{12}([0-9]{2})([1-5A-Z])(?!000000)[0-9]{6}",
                         cert[4])
        if m and not cert[4].startswith(scope["prefix"]):
            return False
    else:
        return True
    if not m or int(m.group(1)) != year:
        return False
    level = int(m.group(2)) if m.group(2).isdigit() else 0
    return level == cert.get(7, 0)


def judge(cred, body, state):
    cert, now, today = cred["cert"], state["now"], day_of(state["now"])
    status, log, crl = state["status"], state["log"], state["crl"]
    if not granted(body["scope"], cert) or not (
            body["not_before"] <= cred["iat"] <= body["not_after"]):
        return "not_authorised"
    if log["state"] in ("other", "void"):
        return "not_logged"
    if body["withdrawn"] and cert[0] >= body["withdrawn"]["tree_size"]:
        return "issuer_withdrawn"
    if status["why"] == "OK" and status["value"] != "valid":
        return status["value"]
    if 9 in cert and today > cert[9]:
        return "expired"
    if 10 in cert and today > cert[10]:
        return "review_overdue"
    if today < cert[8] or now < cred["iat"] - 300:
        return "not_yet_valid"
    if log["state"] != "same":
        return "status_unknown"
    for fact in (status, crl):
        if fact["why"] != "OK" or now >= fact["exp"]:
            return "status_unknown"
    return "valid"


def decide(text, state, hosts):
    try:
        host, digits = split_text(text)
    except NotOurs:
        return "not_ours"
    if len(digits) > MAX_DIGITS:
        return "not_ours"
    if host is None:
        maybe_ours = begins_like_one(digits)
    else:
        maybe_ours = host in hosts
    try:
        cred = decode(unpack(digits))
    except Refused:
        return "forged" if maybe_ours else "not_ours"
    with_kid = [b for b in state["bodies"]
                if bytes.fromhex(b["kid"]) == cred["kid"]]
    if not with_kid:
        return "unknown_issuer"
    for body in with_kid:
        if verifies(body, cred):
            return judge(cred, body, state)
    return "forged"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], encoding="utf-8") as f:
        world = json.load(f)
    rows = wrong = skipped = 0
    seen, used = {}, set()
    with open(sys.argv[1], encoding="utf-8", newline="\n") as f:
        for line in f:
            if line.startswith("#"):
                continue
            name, text, want, _, state = line.rstrip("\n").split("\t")
            rows += 1
            used.add(state)
            try:
                got = decide(text, world["states"][state], world["hosts"])
            except Skipped as e:
                skipped += 1
                print(f"skipped {name}: {e}")
                continue
            seen[got] = seen.get(got, 0) + 1
            if got != want:
                wrong += 1
                print(f"{name}: {got}, the corpus says {want}")
    for state in world["states"].keys() - used:
        wrong += 1
        print(f"no row stands on state {state}")
    print(f"{rows} rows, {rows - wrong - skipped} agree, {wrong} do not, "
          f"{skipped} skipped;",
          ", ".join(f"{n} {s}" for s, n in sorted(seen.items())))
    # An empty file or one of only good rows is no corpus.
    sys.exit(0 if wrong == 0 and rows >= 400 and len(seen) >= 12 else 1)


if __name__ == "__main__":
    main()
