/*
 * The made-up year of tests/review/year.py, decided in Debian's Chromium: signed
 * in, uploaded, every planted fault found with its code on the page, all that
 * passes booked by one person, approved and paid by another, exported.
 * usage: review_year.mjs [CERTIFICATES FAULTS]
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const bin = process.env.TAMGA_BIN;
const [certificates = '600', faults = '100'] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'tamga-year-'));
const env = { ...process.env, LANGUAGE: 'zh', LC_ALL: 'C.UTF-8' };
execFileSync('python3', [join(import.meta.dirname, '../review/year.py'), '--make',
	'--keep', dir, '--certificates', certificates, '--faults', faults], { env, stdio: 'inherit' });
const planted = JSON.parse(readFileSync(join(dir, 'planted.json'), 'utf8'));

/* the office, and two people in it */
mkdirSync(join(dir, 'v'));
writeFileSync(join(dir, 'v/tamga.conf'), ['[review]', `home = ${dir}/desk`,
	`rules = ${dir}/rules.ini`, ...['pension', 'death', 'student', 'national']
		.map((name) => `${name} = ${dir}/${name}.csv`), ''].join('\n'));
writeFileSync(join(dir, 'page.pass'), 'correct horse battery\n', { mode: 0o600 });
const secrets = Object.fromEntries([['wang', 'reviewer'], ['zhao', 'approver']].map(([name, role]) =>
	[name, /secret=([A-Z2-7]+)/.exec(execFileSync(join(bin, 'tamga-review'), ['user', 'add', name,
		'--role', role, '--home', join(dir, 'desk'), '--pass-file', join(dir, 'page.pass'), '-q'],
	{ env, encoding: 'utf8' }))[1]]));

function code(name) { /* RFC 6238 */
	const bits = [...secrets[name]].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
		.indexOf(c).toString(2).padStart(5, '0')).join('');
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const step = Buffer.alloc(8);
	step.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30000)));
	const mac = createHmac('sha1', key).update(step).digest();
	return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}

const server = spawn(join(bin, 'tamga-verifier'), ['--home', join(dir, 'v'), '--pub', join(dir, 'pub'),
	'--anchor', join(dir, 'authority/anchor.pem'), '--listen', '127.0.0.1:0', '-q'],
{ env, stdio: ['ignore', 'inherit', 'pipe'] });
process.on('exit', () => server.kill('SIGKILL'));
const origin = await new Promise((resolve, reject) => {
	let log = '';
	server.on('exit', (status) => reject(new Error(`tamga-verifier: ${status} ${log}`)));
	server.stderr.on('data', (d) => {
		log += d;
		const m = /127\.0\.0\.1:(\d+)\//.exec(log);
		if (m)
			resolve(`http://localhost:${m[1]}`);
	});
});
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
		'--disable-component-update', '--disable-sync', '--no-first-run',
		'--disable-domain-reliability', '--no-pings'] });

async function signedIn(name) {
	const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 900 },
		acceptDownloads: true });
	const page = await context.newPage();
	page.setDefaultTimeout(900e3);
	await page.goto(origin + '/review/');
	await page.fill('[name=name]', name);
	await page.fill('[name=pass]', 'correct horse battery');
	await page.fill('[name=code]', code(name));
	await page.click('main button[type=submit]');
	await page.getByRole('heading', { name: '申领表', exact: true }).waitFor();
	return page;
}

/* Every page of what is filtered: claim -> verdict and codes. */
async function listed(page) {
	const found = [];
	for (;;) {
		found.push(...await page.locator('tbody tr').evaluateAll((rows) => rows.map((r) => ({
			claim: r.querySelector('th').textContent, verdict: r.dataset.verdict,
			codes: r.children[7].textContent, state: r.children[8].textContent }))));
		const next = page.getByRole('link', { name: '下一页' });
		if (await next.count() === 0)
			return found;
		await next.click();
	}
}

async function atOnce(page, button) {
	await page.goto(origin + '/review/tables/1');
	if (await page.locator('[name=warned]').count())
		await page.check('[name=warned]');
	await page.getByRole('button', { name: button }).click();
	await page.locator('.notice', { hasText: '已完成' }).waitFor();
	const [, made, already, refused] = /办理 (\d+) 笔，此前已办 (\d+) 笔，不能办理 (\d+) 笔/
		.exec(await page.locator('.notice').innerText());
	return [made, already, refused].map(Number);
}

const clock = () => Date.now();
let began = clock();
const wang = await signedIn('wang');
await wang.setInputFiles('[name=table]', join(dir, 'claims.csv'));
await wang.getByRole('button', { name: '上传并审核' }).click();
await wang.locator('#count').waitFor();
console.log(`uploaded and reviewed: ${((clock() - began) / 1000).toFixed(1)} s`);

const all = await listed(wang);
const kinds = new Set();
let good = 0;
for (const { claim, verdict, codes } of all) {
	const want = planted[claim];
	if (!want) {
		assert.ok(['pass', 'warn'].includes(verdict), `${claim}: ${verdict} ${codes}`);
		good++;
		continue;
	}
	assert.equal(verdict, want[1], `${claim}: ${want} ${codes}`);
	assert.ok(codes.split(' ').includes(want[2]), `${claim}: ${want} ${codes}`);
	kinds.add(want[0]);
}
console.log(`${all.length} claims: ${good} good, ${Object.keys(planted).length} planted faults of ${kinds.size} kinds, all found`);
assert.ok(kinds.size >= 25);

/* by reason: what the filter shows is what carries the code */
for (const reason of ['C06', 'C09', 'C11']) {
	await wang.goto(origin + '/review/tables/1?code=' + reason);
	const some = await listed(wang);
	assert.equal(some.length, all.filter((c) => c.codes.split(' ').includes(reason)).length);
	assert.ok(some.length > 0 && some.every((c) => c.codes.includes(reason)));
}

const payable = all.filter((c) => ['pass', 'warn'].includes(c.verdict)).length;
began = clock();
const booked = await atOnce(wang, '通过的全部记账');
console.log(`booked: ${booked}, ${((clock() - began) / 1000).toFixed(1)} s`);
assert.deepEqual(booked, [payable, 0, 0]);
assert.deepEqual(await atOnce(wang, '通过的全部记账'), [0, 0, 0]);
const zhao = await signedIn('zhao');
assert.deepEqual(await atOnce(zhao, '已记账的全部批准'), [payable, 0, 0]);
assert.deepEqual(await atOnce(zhao, '已批准的全部记为已支付'), [payable, 0, 0]);
await zhao.goto(origin + '/review/tables/1?state=3');
assert.equal(await zhao.locator('#count').innerText(), `共 ${payable} 笔`);

await wang.goto(origin + '/review/tables/1');
await wang.fill('[name=purpose]', '年度归档');
const [file] = await Promise.all([wang.waitForEvent('download'),
	wang.getByRole('button', { name: '审核报告（CSV）' }).click()]);
const report = readFileSync(await file.path());
assert.ok((await wang.locator('.hash').allTextContents())
	.includes(createHash('sha256').update(report).digest('hex')));
assert.equal(report.toString().trim().split('\r\n').length, all.length + 1);
const ledger = execFileSync(join(bin, 'tamga-review'), ['list', '--home', join(dir, 'desk'),
	'--state', 'paid', '--json'], { env, encoding: 'utf8', maxBuffer: 1 << 28 });
assert.equal(ledger.trim().split('\n').length, payable);
await browser.close();
server.removeAllListeners('exit');
server.kill();
rmSync(dir, { recursive: true });
console.log(`paid and exported: ${payable}`);
process.exit(0);
