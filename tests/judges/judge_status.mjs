// A status list library that is not ours (@sd-jwt/jwt-status-list) reads our
// lists: node judge_status.mjs TOKEN, and on standard input what `tamga-issuer
// list --json` says of each index.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { StatusList } from '@sd-jwt/jwt-status-list';

const require = createRequire(import.meta.url);
const { Decoder } = createRequire(require.resolve('@auth0/cose'))('cbor-x');
const cbor = new Decoder({ mapsAsObjects: false });

const token = cbor.decode(readFileSync(process.argv[2]));
const parts = Array.isArray(token) ? token : token.value;
const claims = cbor.decode(parts[2]);
const list = claims.get(65533);
const lst = Buffer.from(list.get('lst')).toString('base64url');
const statuses = StatusList.decompressStatusList(lst, list.get('bits'));
const values = { valid: 0, revoked: 1, suspended: 2, superseded: 3 };
const seen = new Set();

let n = 0;
for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  const c = JSON.parse(line);
  const got = statuses.getStatus(c.index);
  if (!(c.status in values)) throw new Error(`status ${c.status}?`);
  if (got !== values[c.status]) {
    throw new Error(`index ${c.index}: ${c.status} is published as ${got}`);
  }
  seen.add(c.status);
  n++;
}
console.log(`${n} statuses of ${seen.size} kinds read by @sd-jwt/jwt-status-list`);
