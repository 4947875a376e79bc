// Sigstore's verifier (@sigstore/verify) checks inclusion proofs of ours: a
// line each on standard input, as inclusion_proof prints them. Exit 0 only if
// every one holds and none does once its entry, index or a hash is changed.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { verifyMerkleInclusion } = createRequire(import.meta.url)(
  '@sigstore/verify/dist/timestamp/merkle.js');

const bytes = (s) => Buffer.from(s, 'base64');

function holds(p) {
  try {
    verifyMerkleInclusion({
      canonicalizedBody: p.entry,
      inclusionProof: {
        logIndex: String(p.index),
        treeSize: String(p.size),
        rootHash: p.root,
        hashes: p.hashes,
      },
    });
    return true;
  } catch (e) {
    if (e.code !== 'TLOG_INCLUSION_PROOF_ERROR') throw e;
    return false;
  }
}

let good = 0;
for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  const j = JSON.parse(line);
  const p = { ...j, root: bytes(j.root), entry: bytes(j.entry), hashes: j.hashes.map(bytes) };
  if (!holds(p)) throw new Error(`index ${p.index} of ${p.size} does not hold`);
  const other = Buffer.from(p.entry);
  other[0] ^= 1;
  if (holds({ ...p, entry: other })) throw new Error('another entry passes');
  if (p.size > 1 && holds({ ...p, index: p.index ^ 1 })) throw new Error('another index passes');
  for (let i = 0; i < p.hashes.length; i++) {
    const hashes = p.hashes.map((h) => Buffer.from(h));
    hashes[i][31] ^= 1;
    if (holds({ ...p, hashes })) throw new Error('another path passes');
  }
  good++;
}
if (good === 0) throw new Error('nothing to judge');
console.log(`${good} proofs hold for @sigstore/verify`);
