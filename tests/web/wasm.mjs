/*
 * One core, twice: every text gets the same verdict from core.wasm with
 * WebCrypto as from the service with OpenSSL. Texts: the certificate of every
 * state, with every bit of it flipped, other people's codes, the corpus of
 * tests/vectors; and the corpus again on its own facts.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash, webcrypto } from 'node:crypto';
import { makeHome, start } from './service.mjs';

globalThis.crypto ??= webcrypto;
const source = process.env.TAMGA_SOURCE;
/* As the page has it; by its text, for Node 18 takes a .js file for CommonJS. */
const { Core } = await import('data:text/javascript,' +
	encodeURIComponent(readFileSync(join(source, 'web/assets/core.js'), 'utf8')));
const home = makeHome();
const service = await start(home);
const get = async (path) => {
	const r = await fetch(service.origin + path);
	return r.ok ? new Uint8Array(await r.arrayBuffer()) : null;
};

const WIDTH = [0, 3, 5, 8, 10, 13, 15, 17];
function decode(digits) {
	const out = [];
	for (let i = 0; i < digits.length; i += 17) {
		const chunk = digits.slice(i, i + 17);
		let v = BigInt(chunk);
		for (let n = WIDTH.indexOf(chunk.length); n > 0; n--, v >>= 8n)
			out.push(Number(v & 255n));
	}
	return out;
}
function encode(b) {
	let out = '';
	for (let i = 0; i < b.length; i += 7) {
		const chunk = b.slice(i, i + 7);
		const v = chunk.reduceRight((a, x) => a << 8n | BigInt(x), 0n);
		out += v.toString().padStart(WIDTH[chunk.length], '0');
	}
	return out;
}

let failed = 0, compared = 0, server = 0;
function check(name, f) {
	try {
		f();
	} catch (e) {
		failed++;
		if (failed < 10)
			console.log(`FAILED ${name}: ${e.message}`);
	}
}

const trust = JSON.parse(new TextDecoder().decode(await get('/api/v1/trust')));
const module = new WebAssembly.Module(await get('/core.wasm'));
assert.deepEqual(WebAssembly.Module.imports(module), []);
const seen = new Map();
const core = new Core(module, (path) => get('/' + path), seen);

async function compare(name, text) {
	const answer = await fetch(service.origin + '/api/v1/verify?lang=en', { method: 'POST',
		body: text, headers: { 'Content-Type': 'text/plain' } });
	if (!answer.ok)
		return;
	const want = await answer.json();
	const got = await core.verify(text, 'en', trust, Date.parse(want.checked_at) / 1000);
	compared++;
	if (got === null) {
		server++;
		check(name, () => assert.ok(
			want.status === 'issuer_withdrawn' || name === 'sm2', JSON.stringify(want)));
	} else {
		check(name, () => assert.deepEqual(got, want));
	}
}

const texts = Object.entries(home.texts);
const states = {};
for (const [name, text] of texts)
	await compare(name, text);
for (const [name, text] of texts) {
	const v = await core.verify(text, 'zh', trust, Math.floor(Date.now() / 1000));
	states[name] = v && v.status;
}
assert.equal(states.valid, 'valid');
assert.equal(states.revoked, 'revoked');
assert.equal(states.not_logged, 'not_logged');
assert.equal(states.ed25519, 'valid');
assert.equal(states.sm2, null);
assert.equal(states.issuer_withdrawn, null);

const base = home.texts.valid.split('#')[0] + '#';
const cose = decode(home.texts.valid.slice(base.length));
assert.equal(encode(cose), home.texts.valid.slice(base.length));
for (let bit = 0; bit < cose.length * 8; bit++) {
	const other = [...cose];
	other[bit >> 3] ^= 1 << (bit & 7);
	await compare('bit ' + bit, base + encode(other));
}
const rows = readFileSync(join(source, 'tests/vectors/credentials.tsv'), 'utf8')
	.split('\n').filter((l) => l && !l.startsWith('#')).map((l) => l.split('\t'));
for (const [name, text] of rows)
	await compare(name, text);
for (const text of ['hello', 'https://evil.example/x', '123', 'https://a@b.example/#12',
	'HTTPS://VERIFY.TAMGA.EXAMPLE/#' + '1'.repeat(40), base, base + '9'.repeat(17),
	home.texts.valid.replace('verify', 'verify-'), ' ' + home.texts.valid + '\n',
	home.texts.valid + '&from=singlemessage', '证书', 'x'.repeat(4096)])
	await compare(text.slice(0, 40), text);
check('most are judged in the page', () => assert.ok(server < 5, String(server)));

/* ID numbers: the same 12 bits here and there */
const holder = '150102199001010019';
for (const [name, id] of [['valid', holder], ['revoked', ' 150102 19900101-0019'],
	['operation', '１５０１０２１９９００１０１００１９'], ['valid', '150102199001010027'],
	['valid', ''], ['valid', '王小明'], ['unknown_issuer', holder], ['sm2', holder]]) {
	const got = await core.match(home.texts[name], id, trust, Math.floor(Date.now() / 1000));
	const answer = await fetch(service.origin + '/api/v1/match', { method: 'POST',
		body: JSON.stringify({ qr: home.texts[name], id }),
		headers: { 'Content-Type': 'application/json' } });
	const want = await answer.json();
	check(`match ${name} ${id}`, () => assert.deepEqual(got, name === 'sm2' ? null
		: answer.status === 400 || want.match === null ? undefined : want.match));
}
check('the number is gone from memory', () => assert.equal(
	Buffer.from(core.w.memory.buffer).indexOf(holder), -1));

/* what was seen before: nothing older counts */
const BODY = '52150100MJY000000J', now = Math.floor(Date.now() / 1000);
const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const node = (a, b) => sha(Buffer.from([1]), a, b);
const leaves = Buffer.from(await get(`/bodies/${BODY}/log/tile/0/000.p/9`));
const leaf = (i) => leaves.subarray(32 * i, 32 * i + 32);
const four = (i) => node(node(leaf(i), leaf(i + 1)), node(leaf(i + 2), leaf(i + 3)));
const root5 = node(four(0), leaf(4)).toString('hex');
const root9 = node(node(four(0), four(4)), leaf(8)).toString('hex');
const anchor = Object.keys(trust.crl.numbers)[0], number = trust.crl.numbers[anchor];
const seenBefore = async (check, want, key, value, at = now) => {
	const memory = new Map([[key, value]]);
	const core = new Core(module, (path) => get('/' + path), memory);
	const v = await core.verify(home.texts.valid, 'en', trust, at);
	check_(`${key} ${value}: ${want}`, () => {
		assert.equal(v.status, want);
		for (const c of v.checks)
			assert.equal(c.result, want !== 'valid' && c.check === check ? 'unknown' : 'pass', c.check);
		/* nothing older takes its place */
		if (want !== 'valid')
			assert.equal(memory.get(key), value);
	});
	return [v, memory];
};
const check_ = check;
check('the CRL number is remembered', () => assert.equal(Number(seen.get('crl ' + anchor)), number));
check('the log is remembered', () => assert.equal(seen.get('log ' + BODY), '9 ' + root9));
check('the list is remembered', () => assert.ok(Number(seen.get('status/0 ' + BODY)) > now - 3600));
await seenBefore('status', 'status_unknown', 'status/0 ' + BODY, String(now + 100));
await seenBefore('log', 'status_unknown', 'log ' + BODY, '99 ' + root9);
await seenBefore('log', 'status_unknown', 'log ' + BODY, '99'); /* as 0.1 wrote it */
await seenBefore('log', 'status_unknown', 'log ' + BODY, '9 ' + root5);
await seenBefore('log', 'status_unknown', 'log ' + BODY, '5 ' + root9);
await seenBefore('log', 'valid', 'log ' + BODY, '5 ' + root5);
await seenBefore('log', 'valid', 'log ' + BODY, '9 ' + root9);
const [, grown] = await seenBefore('log', 'valid', 'log ' + BODY, '5');
check('a root is learned', () => assert.equal(grown.get('log ' + BODY), '9 ' + root9));
await seenBefore('withdrawal', 'status_unknown', 'crl ' + anchor, String(number + 1));
await seenBefore('withdrawal', 'valid', 'crl ' + anchor, String(number));
await seenBefore('withdrawal', 'valid', 'crl 0000000000000000', String(number + 1));
/* a list from the future, by a clock of two hours ago */
const early = await new Core(module, (path) => get('/' + path), new Map())
	.verify(home.texts.valid, 'en', trust, now - 7200);
check('a list from the future', () => assert.equal(
	early.checks.find((c) => c.check === 'status').result, 'unknown'));
/* files that cannot be had */
for (const [name, files] of Object.entries({
	none: async () => null,
	unreachable: async () => { throw new Error('offline'); },
	rubbish: async () => new Uint8Array(100),
	huge: async () => new Uint8Array(300000) })) {
	const c = new Core(module, files, new Map());
	const r = await c.verify(home.texts.valid, 'en', trust, Math.floor(Date.now() / 1000)).catch(() => null);
	check(name, () => assert.ok(r === null || r.status === 'status_unknown', JSON.stringify(r)));
}
check('no list of bodies: the service', async () => assert.equal(
	await core.verify(home.texts.valid, 'en', { ...trust, listed: false }, 0), null));

/* the corpus on its own facts */
const test = new WebAssembly.Module(readFileSync(join(process.env.TAMGA_BIN, '../verifier/core_test.wasm')));
const facts = JSON.parse(readFileSync(join(source, 'tests/vectors/states.json'), 'utf8'));
const b64 = (hex) => Buffer.from(hex, 'hex').toString('base64');
const tlv = (tag, ...parts) => {
	const b = Buffer.concat(parts);
	return Buffer.concat([Buffer.from(b.length < 128 ? [tag, b.length]
		: b.length < 256 ? [tag, 0x81, b.length]
		: [tag, 0x82, b.length >> 8, b.length & 255]), b]);
};
const int = (n, tag = 2) => {
	const b = [];
	for (let v = n; b.length === 0 || v > 0; v = Math.floor(v / 256))
		b.unshift(v & 255);
	return tlv(tag, Buffer.from(b[0] > 127 ? [0, ...b] : b));
};
const str = (tag, s) => tlv(tag, Buffer.from(s));
function scopeDer(s) {
	const opt = (n, tag) => n === null ? Buffer.alloc(0) : int(n, tag);
	return tlv(0x30, int(1), str(0x13, s.body_id), str(0x13, s.prefix), str(0x16, s.base),
		tlv(4, Buffer.alloc(32)), opt(s.not_before, 0x80), opt(s.not_after, 0x81),
		tlv(0x30, ...s.kinds.map((k) => tlv(0x30, int(k.kind), k.all ? tlv(5)
			: tlv(0x30, ...k.items.map((i) => tlv(0x30, str(0x13, i.code),
				i.high === null ? Buffer.alloc(0) : tlv(0x30, int(i.high), int(i.low)))))))));
}
let corpus = 0, asked = 0;
for (const [name, text, status, , state] of rows) {
	const s = facts.states[state];
	const c = new Core(test, async () => null, new Map());
	const put = (x) => c.w.core_in() && new Uint8Array(c.w.memory.buffer)
		.set(new TextEncoder().encode(x), c.w.core_in());
	const values = ['valid', 'revoked', 'suspended', 'superseded'];
	const logs = ['unknown', 'same', 'other', 'void', 'beyond'];
	put(s.status.why);
	c.w.facts_status(s.status.why.length, values.indexOf(s.status.value), s.status.iat, s.status.exp, s.status.ttl);
	put(s.log.why);
	c.w.facts_log(s.log.why.length, logs.indexOf(s.log.state), s.log.size);
	const t = { listed: true, files: true, crl: s.crl, hosts: facts.hosts,
		bodies: s.bodies.map((b) => ({ ...b, id: b.scope.body_id, kid: b64(b.kid), key: b64(b.key),
			scope: scopeDer(b.scope).toString('base64'),
			withdrawn: b.withdrawn && { since: 0, ...b.withdrawn } })) };
	if (Buffer.byteLength(text) > 4096)
		continue;
	const r = await c.verify(text, 'en', t, s.now);
	if (r === null) {
		asked++;
		continue;
	}
	corpus++;
	check('corpus ' + name, () => assert.equal(r.status, status));
}
check('few of the corpus need the service', () =>
	assert.ok(asked < 40 && corpus > 300, `${asked} of ${corpus}`));

console.log(`${compared} compared, ${server} of them for the server; corpus ${corpus}, ${asked}; ${failed} failed`);
await service.stop();
home.remove();
process.exit(failed ? 1 : 0);
