#!/usr/bin/python3
"""Prints the worked example of docs/format.md. Standard library only.

The key is the P-256 key of RFC 6979 A.2.5 and the nonce is the deterministic
one of RFC 6979, so that the example comes out the same every time.
"""
import hashlib
import hmac

P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
D = 0xc9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        m = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        m = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (m * m - a[0] - b[0]) % P
    return x, (m * (a[0] - x) - a[1]) % P


def mul(k, p):
    r = None
    while k:
        if k & 1:
            r = add(r, p)
        p = add(p, p)
        k >>= 1
    return r


def nonce(digest):
    """RFC 6979 3.2, SHA-256; its first candidate is in range here."""
    x = D.to_bytes(32, "big")
    z = (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    v, k = b"\x01" * 32, b"\x00" * 32
    for sep in (b"\x00", b"\x01"):
        k = hmac.new(k, v + sep + x + z, "sha256").digest()
        v = hmac.new(k, v, "sha256").digest()
    v = hmac.new(k, v, "sha256").digest()
    return int.from_bytes(v, "big")


def sign(message):
    digest = hashlib.sha256(message).digest()
    k = nonce(digest)
    assert 0 < k < N
    r = mul(k, G)[0] % N
    s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * D) % N
    if s > N // 2:
        s = N - s
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


KID = bytes.fromhex("0f1e2d3c4b5a6978")
ID = "11010519491231002X"
INDEX = 17
PHOTO = hashlib.sha256(b"photo").digest()[:16]
check = hashlib.sha256(b"tamga-id" + KID + INDEX.to_bytes(8, "big")
                       + ID.encode()).digest()
CHECK = check[0] << 4 | check[1] >> 4

payload, protected, lines = b"", b"", []


def row(depth, data, note):
    lines.append((depth, data, note))
    return data


def text(depth, s, note):
    b = s.encode()
    assert len(b) < 24
    return row(depth, bytes([0x60 + len(b)]) + b, note + " \"%s\"" % s)


def claims():
    out = row(2, b"\xa2", "map of 2: the claims")
    out += row(3, b"\x06\x1a" + (1593583200).to_bytes(4, "big"),
               "6 iat: 2020-07-01T06:00:00Z")
    out += row(3, b"\x3a\x00\x01\x00\x00", "-65537: the certificate")
    out += row(3, b"\xab", "map of 11")
    out += row(4, b"\x00" + bytes([INDEX]), "0 index: 17")
    out += row(4, b"\x01\x02", "1 kind: 2")
    out += row(4, b"\x02", "2") + text(5, "张三", "name")
    out += row(4, b"\x03", "3")
    out += row(5, b"\x82\x01", "identity document: type 1")
    out += row(5, b"\x19" + CHECK.to_bytes(2, "big"), "check: %d" % CHECK)
    out += row(4, b"\x04", "4")
    out += text(5, "S000015000123204000001", "number")
    out += row(4, b"\x05", "5") + text(5, "电工", "occupation")
    out += row(4, b"\x06", "6") + text(5, "6-31-01-03", "code")
    out += row(4, b"\x07\x04", "7 level: 4")
    out += row(4, b"\x08\x19\x48\x0b", "8 issued: day 18443, 2020-06-30")
    out += row(4, b"\x0b", "11")
    out += row(5, b"\x50" + PHOTO, "photo")
    out += row(4, b"\x0c", "12") + text(5, "电气设备安装", "direction")
    return out


head = row(0, b"\xd2", "tag 18: COSE_Sign1")
head += row(0, b"\x84", "array of 4")
head += row(1, b"\x4d", "byte string of 13: the protected header")
protected = row(2, b"\xa2", "map of 2")
protected += row(3, b"\x01\x26", "1 alg: -7, ES256")
protected += row(3, b"\x04\x48" + KID, "4 kid")
mark = len(lines)
payload = claims()
inner = lines[mark:]
del lines[mark:]
empty = row(1, b"\xa0", "unprotected header: empty")
length = row(1, b"\x58" + bytes([len(payload)]),
             "byte string of %d: the payload" % len(payload))
lines += inner
assert len(payload) < 256
tbs = (b"\x84\x6aSignature1\x4d" + protected + b"\x40\x58"
       + bytes([len(payload)]) + payload)
sig = sign(tbs)
tail = row(1, b"\x58\x40", "byte string of 64: the signature")
tail += row(2, sig[:32], "r")
tail += row(2, sig[32:], "s, at most half of the group's order")
cose = head + protected + empty + length + payload + tail


def show(rows):
    for depth, data, note in rows:
        for i in range(0, len(data), 16):
            left = "  " * depth + data[i:i + 16].hex(" ")
            print(("%-58s # %s" % (left, note)) if i == 0 else left)


def digits(data):
    width = [0, 3, 5, 8, 10, 13, 15, 17]
    out = ""
    for i in range(0, len(data), 7):
        chunk = data[i:i + 7]
        out += str(int.from_bytes(chunk, "little")).zfill(width[len(chunk)])
    return out


q = mul(D, G)
print("```tamga-key\nd %064x\nx %064x\ny %064x\n```\n" % (D, q[0], q[1]))
print("```tamga-cose")
show(lines)
print("```\n\n```tamga-tbs")
show([(0, b"\x84", "array of 4: Sig_structure"),
      (1, b"\x6aSignature1", "text \"Signature1\""),
      (1, b"\x4d" + protected, "the protected header, as above"),
      (1, b"\x40", "external_aad: none"),
      (1, b"\x58" + bytes([len(payload)]), "the payload, as above")])
for i in range(0, len(payload), 16):
    print("    " + payload[i:i + 16].hex(" "))
print("```\n\n```tamga-digits")
d = digits(cose)
for i in range(0, len(d), 68):
    print(d[i:i + 68])
print("```\n")
print("%d bytes, %d digits; payload %d" % (len(cose), len(d), len(payload)))
print("id hash " + check.hex())


# The scope extension
def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    return bytes([tag]) + (bytes([n]) if n < 128 else bytes([0x81, n])) + body


def element(depth, tag, body, note):
    return [(depth, bytes([tag, len(body)]) + body, note)]


def sequence(depth, rows, note):
    body = b"".join(r[1] for r in rows)
    return [(depth, der(0x30, body)[:-len(body)], note)] + rows


def item(code, high=None, low=None):
    rows = element(5, 0x13, code.encode(), 'code "%s"' % code)
    if high:
        rows += sequence(5, element(6, 2, bytes([high]), "high: %d" % high)
                         + element(6, 2, bytes([low]), "low: %d" % low),
                         "levels %d to %d" % (high, low))
    return sequence(4, rows, "ItemGrant")


kinds = sequence(1, sequence(
    2, element(3, 2, b"\x02", "kind: 2")
    + sequence(3, item("6-31-01-03", 3, 5) + item("6-18-02-04"), "some"),
    "KindGrant") + sequence(
    2, element(3, 2, b"\x04", "kind: 4") + element(3, 5, b"", "all"),
    "KindGrant"), "kinds")
print("\n```tamga-scope")
show(sequence(0, element(1, 2, b"\x01", "version: 1")
              + element(1, 0x13, b"91150100MA0N12340B", "bodyId")
              + element(1, 0x13, b"S000015000123", "prefix")
              + element(1, 0x16, b"https://tamga.example/", "base")
              + element(1, 4, b"\x42" * 32, "logKey")
              + element(1, 0x80, b"\x47\x56", "notBefore: day 18262, 2020-01-01")
              + kinds, "TamgaBody"))
print("```")
