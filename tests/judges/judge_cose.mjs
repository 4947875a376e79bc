// A foreign COSE library (@auth0/cose) verifies our credentials and status
// lists: node judge_cose.mjs PUBLIC.pem HEX… ; exit 0 only if every one verifies
// and none does after one bit of its payload is flipped.
import { readFileSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { createRequire } from 'node:module';

// Its ES modules do not load under Node 18; its CommonJS build does.
const { Sign1 } = createRequire(import.meta.url)('@auth0/cose');

const [, , pem, ...hexes] = process.argv;
const key = createPublicKey(readFileSync(pem));

let good = 0;
for (const hex of hexes) {
  const bytes = Buffer.from(hex, 'hex');
  await Sign1.decode(bytes).verify(key);
  const message = Sign1.decode(bytes);
  message.payload = Buffer.from(message.payload);
  message.payload[message.payload.length - 1] ^= 1;
  let passed = true;
  try {
    await message.verify(key);
  } catch {
    passed = false;
  }
  if (passed) throw new Error('the judge passes a changed payload: it judges nothing');
  good++;
}
if (good === 0) throw new Error('nothing to judge');
console.log(`${good} verified by @auth0/cose`);
