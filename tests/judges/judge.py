#!/usr/bin/python3
"""cbor2 and cryptography judge what we made.

    judge.py BODY.der PUBLIC.pem TEXTS STATUSLIST…

The public key comes as a file of its own, taken out of the certificate by
openssl: cryptography's parser refuses object identifiers under 2.25 (docs/
decisions.md). TEXTS holds one QR text a line. Every credential must verify under the body's
certificate, be the deterministic encoding of what it decodes to, and not
verify once any of its payload's bits is flipped; every status list likewise,
and inflate to two bits an index. Prints each credential in hex, for the other
judges; exit 0 only if all held.
"""
import hashlib
import sys
import zlib

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def from_digits(digits):
    out = b""
    sizes = {3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6, 17: 7}
    for i in range(0, len(digits), 17):
        chunk = digits[i:i + 17]
        out += int(chunk).to_bytes(sizes[len(chunk)], "little")
    return out


def signature_holds(key, alg, tbs, sig):
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            assert alg == -8
            key.verify(sig, tbs)
        else:
            assert alg == -7
            der = encode_dss_signature(int.from_bytes(sig[:32], "big"),
                                       int.from_bytes(sig[32:], "big"))
            key.verify(der, tbs, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def judge(kid, key, raw):
    message = cbor2.loads(raw)
    assert message.tag == 18 and len(message.value) == 4
    assert cbor2.dumps(message, canonical=True) == raw, "not deterministic"
    protected, unprotected, payload, sig = message.value
    header = cbor2.loads(protected)
    assert unprotected == {} and len(sig) == 64
    assert cbor2.dumps(header, canonical=True) == protected
    assert header[4] == kid, "kid"
    tbs = cbor2.dumps(["Signature1", protected, b"", payload])
    assert signature_holds(key, header[1], tbs, sig), "signature"
    for bit in range(0, len(payload) * 8, 13):
        changed = bytearray(payload)
        changed[bit // 8] ^= 1 << bit % 8
        tbs = cbor2.dumps(["Signature1", protected, b"", bytes(changed)])
        assert not signature_holds(key, header[1], tbs, sig)
    claims = cbor2.loads(payload)
    # cbor2's canonical order is by length first; ours is the same for the
    # keys that occur (RFC 8949 4.2.1 and 4.2.3 agree on them or say so).
    return header, claims


def main():
    der, pem, texts, *lists = sys.argv[1:]
    with open(der, "rb") as f:
        kid = hashlib.sha256(f.read()).digest()[:8]
    with open(pem, "rb") as f:
        key = load_pem_public_key(f.read())
    indexes = set()
    with open(texts, encoding="utf-8") as f:
        for line in f:
            url, digits = line.strip().split("#")
            assert url.startswith("https://"), url
            raw = from_digits(digits)
            header, claims = judge(kid, key, raw)
            certificate = claims[-65537]
            assert claims.keys() <= {4, 6, -65537}
            assert certificate[0] not in indexes
            indexes.add(certificate[0])
            print(raw.hex())
    assert indexes, "nothing to judge"
    for path in lists:
        with open(path, "rb") as f:
            raw = f.read()
        header, claims = judge(kid, key, raw)
        assert header[16] == "application/statuslist+cwt"
        assert claims[65533]["bits"] == 2 and claims[4] > claims[6]
        inflated = zlib.decompress(claims[65533]["lst"])
        assert len(inflated) * 4 > max(indexes)
        for i in indexes:
            assert inflated[i // 4] >> i % 4 * 2 & 3 == 0, "status"
        print(raw.hex())
    print(f"{len(indexes)} certificates, {len(lists)} status lists "
          "verified by cbor2 and cryptography", file=sys.stderr)


if __name__ == "__main__":
    main()
