// An SM2 that is not ours (sm-crypto) verifies what we signed: node
// judge_sm2.mjs PUBLICHEX TEXTS TOKEN… ; TEXTS holds a QR text a line.
// Neither a changed byte nor another identifier may pass.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { sm2 } = require('sm-crypto');
const { decode } = createRequire(require.resolve('@auth0/cose'))('cbor-x');

const [, , key, texts, ...tokens] = process.argv;
const SIZES = { 3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6, 17: 7 };

function fromDigits(digits) {
  const out = [];
  for (let i = 0; i < digits.length; i += 17) {
    const chunk = digits.slice(i, i + 17);
    let v = BigInt(chunk);
    for (let k = 0; k < SIZES[chunk.length]; k++, v >>= 8n) out.push(Number(v & 255n));
  }
  return Buffer.from(out);
}

function bstr(b) {
  if (b.length < 24) return Buffer.concat([Buffer.from([0x40 | b.length]), b]);
  if (b.length < 256) return Buffer.concat([Buffer.from([0x58, b.length]), b]);
  return Buffer.concat([Buffer.from([0x59, b.length >> 8, b.length & 255]), b]);
}

function judge(message) {
  const value = decode(message);
  const [protect, , payload, sig] = Array.isArray(value) ? value : value.value;
  const tbs = Buffer.concat([
    Buffer.from([0x84, 0x6a]), Buffer.from('Signature1'), // RFC 9052 s4.4
    bstr(Buffer.from(protect)), bstr(Buffer.alloc(0)), bstr(Buffer.from(payload))]);
  const hex = Buffer.from(sig).toString('hex');
  const holds = (m, userId) => sm2.doVerifySignature([...m], hex, key, { hash: true, userId });
  if (!holds(tbs, '1234567812345678')) throw new Error('does not verify');
  if (holds(tbs, '')) throw new Error('verifies under an empty identifier');
  tbs[tbs.length - 1] ^= 1;
  if (holds(tbs, '1234567812345678')) throw new Error('the judge passes a changed payload');
}

let n = 0;
for (const line of readFileSync(texts, 'utf8').trim().split('\n')) {
  judge(fromDigits(line.slice(line.indexOf('#') + 1)));
  n++;
}
for (const name of tokens) {
  judge(readFileSync(name));
  n++;
}
if (n === 0) throw new Error('nothing to judge');
console.log(`${n} verified by sm-crypto`);
