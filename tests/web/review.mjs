/*
 * The reviewer's page in Debian's Chromium, from signing in to the export, by
 * two people, with and without JavaScript, in both languages; axe-core finds
 * nothing on any page. Screenshots go to $TAMGA_SHOTS.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const bin = process.env.TAMGA_BIN;
const shots = process.env.TAMGA_SHOTS || 'shots';
mkdirSync(shots, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const dir = mkdtempSync(join(tmpdir(), 'tamga-desk-'));
execFileSync('bash', [join(import.meta.dirname ?? '.', '../review/make_desk.sh'), dir],
	{ stdio: 'ignore' });
const secrets = Object.fromEntries(readFileSync(join(dir, 'users.tsv'), 'utf8')
	.trim().split('\n').map((line) => line.split('\t')));
const pass = readFileSync(join(dir, 'pass'), 'utf8').split('\n')[0];
const used = {};

function base32(text) {
	let bits = '';
	for (const c of text)
		bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
	return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
}

/* RFC 6238, independently of the program; never the same code twice. */
async function code(name) {
	const step = () => Math.floor(Date.now() / 30000);
	/* the one before only while it holds for a while yet */
	const first = step() - (Date.now() % 30000 < 10000 ? 1 : 0);
	const at = Math.max(first, (used[name] ?? 0) + 1);
	while (at > step() + 1)
		await new Promise((done) => setTimeout(done, 500));
	used[name] = at;
	const counter = Buffer.alloc(8);
	counter.writeBigInt64BE(BigInt(at));
	const mac = createHmac('sha1', base32(secrets[name])).update(counter).digest();
	const n = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
	return String(n % 1e6).padStart(6, '0');
}

async function start() {
	const p = spawn(join(bin, 'tamga-verifier'), ['--home', join(dir, 'v'),
		'--pub', join(dir, 'pub'), '--anchor', join(dir, 'authority/anchor.pem'),
		'--review', join(dir, 'desk'), '--listen', '127.0.0.1:0', '-q'],
	{ stdio: ['ignore', 'inherit', 'pipe'], env: { ...process.env, LANGUAGE: 'zh' } });
	process.on('exit', () => p.kill('SIGKILL'));
	return new Promise((resolve, reject) => {
		let log = '';
		p.on('exit', (status) => reject(new Error(`tamga-verifier: ${status} ${log}`)));
		p.stderr.on('data', (d) => {
			log += d;
			const m = /127\.0\.0\.1:(\d+)\//.exec(log);
			if (m)
				resolve({ origin: `http://localhost:${m[1]}`, log: () => log });
		});
	});
}

const service = await start();
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
		'--disable-component-update', '--disable-sync', '--no-first-run',
		'--disable-domain-reliability', '--no-pings'],
});

async function open({ zh = true, ...options } = {}) {
	const context = await browser.newContext({ bypassCSP: false,
		locale: zh ? 'zh-CN' : 'en-GB', viewport: { width: 1280, height: 900 },
		acceptDownloads: true, ...options });
	const page = await context.newPage();
	page.setDefaultTimeout(15000);
	page.problems = [];
	page.on('console', (m) => m.type() === 'error' &&
		!/status of 4\d\d/.test(m.text()) && page.problems.push(m.text()));
	page.on('pageerror', (e) => page.problems.push(String(e)));
	page.on('request', (r) => r.url().startsWith(service.origin) ||
		page.problems.push('asked ' + r.url()));
	await page.goto(service.origin + '/review/');
	return page;
}

async function signIn(page, name) {
	await page.fill('[name=name]', name);
	await page.fill('[name=pass]', pass);
	await page.fill('[name=code]', await code(name));
	await page.click('main button[type=submit]');
}

/* Put in from outside, past the page's own policy, which stays in force. */
async function accessible(page, name) {
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		await page.evaluate(axe + ';0');
		const { violations } = await page.evaluate(() => axe.run(document,
			{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
		assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`),
			[], `${name}, ${colorScheme}`);
	}
	await page.emulateMedia({ colorScheme: 'light' });
	await page.screenshot({ path: join(shots, `review-${name}.png`), fullPage: true });
}

async function close(page) {
	assert.deepEqual(page.problems, []);
	await page.context().close();
}

const wang = await open();
const zhao = await open();
const claims = join(dir, 'claims.csv');
const row = (page, claim) => page.locator('tr', { has: page.getByRole('link', { name: claim, exact: true }) });

const tests = {
	async 'sign-in: a wrong one is refused, the right one is in'() {
		assert.equal(await wang.title(), '登录 · 补贴审核');
		await accessible(wang, 'sign-in');
		await wang.fill('[name=name]', 'wang');
		await wang.fill('[name=pass]', 'wrong horse battery');
		await wang.fill('[name=code]', '000000');
		await wang.click('main button[type=submit]');
		assert.match(await wang.locator('.notice').innerText(), /未能登录/);
		await accessible(wang, 'refused');
		await signIn(wang, 'wang');
		await wang.getByRole('heading', { name: '申领表', exact: true }).waitFor();
		const [cookie] = await wang.context().cookies();
		assert.equal(cookie.name, '__Host-tamga-review');
		assert.deepEqual([cookie.secure, cookie.httpOnly, cookie.sameSite, cookie.expires],
			[true, true, 'Strict', -1]);
		assert.equal(await wang.evaluate(() => document.cookie), '');
	},

	async 'upload, progress, result'() {
		await wang.setInputFiles('[name=table]', claims);
		await wang.getByRole('button', { name: '上传并审核' }).click();
		await wang.locator('#count').waitFor(); /* the script reloads when it is done */
		assert.equal(await wang.locator('#count').innerText(), '共 7 笔');
		assert.equal(await wang.locator('tr[data-verdict=pass]').count(), 3);
		assert.equal(await wang.locator('tr[data-verdict=warn]').count(), 2);
		assert.equal(await wang.locator('tr[data-verdict=fail]').count(), 2);
		assert.doesNotMatch(await wang.content(), /150102199001010019|王明/);
		await accessible(wang, 'table');
	},

	async 'the same table again is not taken twice'() {
		await wang.getByRole('link', { name: '申领表', exact: true }).click();
		await accessible(wang, 'home');
		await wang.setInputFiles('[name=table]', claims);
		await wang.getByRole('button', { name: '上传并审核' }).click();
		assert.match(await wang.locator('.notice').innerText(), /此前已由 wang 于/);
	},

	async 'filter by reason'() {
		await wang.selectOption('[name=code]', 'C03');
		await wang.getByRole('button', { name: '筛选' }).click();
		assert.match(await wang.locator('#count').innerText(), /共 [12] 笔/);
		await row(wang, 'A6').waitFor();
		assert.equal(await row(wang, 'A1').count(), 0);
		await wang.screenshot({ path: join(shots, 'review-filter.png') });
		await wang.getByRole('link', { name: 'A6', exact: true }).click();
		assert.match(await wang.locator('.reasons').innerText(), /C03 姓名与证书不一致/);
		await accessible(wang, 'fail');
		await wang.getByRole('link', { name: '返回申领表' }).click();
	},

	async 'one claim beside its certificate; personal data for a purpose'() {
		await wang.getByRole('link', { name: 'A1', exact: true }).click();
		assert.equal(await wang.locator('.card').getAttribute('data-status'), 'valid');
		assert.doesNotMatch(await wang.content(), /150102199001010019|王明|6222020602001234567/);
		await accessible(wang, 'claim');
		await wang.fill('[name=purpose]', '与身份证核对');
		await wang.click('#show');
		assert.match(await wang.locator('#claim').innerText(), /150102199001010019/);
		assert.match(await wang.locator('.card').innerText(), /王明/);
		await wang.screenshot({ path: join(shots, 'review-shown.png'), fullPage: true });
	},

	async 'a scan beside its verdict'() {
		const page = await wang.context().newPage();
		await page.goto(service.origin + '/review/tables/1/4');
		assert.equal(await page.locator('.card').getAttribute('data-status'), 'valid');
		assert.equal(await page.locator('img.scan').count(), 0);
		await page.fill('[name=purpose]', '与扫描件核对');
		await page.click('#show');
		await page.locator('img.scan').waitFor();
		assert.ok(await page.evaluate(() => document.querySelector('img.scan').naturalWidth > 500));
		await page.screenshot({ path: join(shots, 'review-scan.png'), fullPage: true });
		await page.close();
	},

	async 'decide: booked by one'() {
		assert.equal(await wang.locator('#standing').getAttribute('data-state'), 'open');
		assert.equal(await wang.getByRole('button', { name: '批准' }).count(), 0);
		await wang.getByRole('button', { name: '记账', exact: true }).click();
		assert.equal(await wang.locator('.notice').innerText(), '已办理。');
		assert.equal(await wang.locator('#standing').getAttribute('data-state'), 'booked');
		assert.match(await wang.locator('#standing').innerText(), /wang/);
		await accessible(wang, 'booked');
	},

	async 'approved by another; the first to decide is told to the second'() {
		await signIn(zhao, 'zhao');
		await zhao.getByRole('link', { name: 'claims.csv' }).click();
		await zhao.getByRole('link', { name: 'A1', exact: true }).click();
		assert.doesNotMatch(await zhao.content(), /150102199001010019/);
		await wang.reload();
		await zhao.getByRole('button', { name: '批准', exact: true }).click();
		assert.equal(await zhao.locator('#standing').getAttribute('data-state'), 'approved');
		/* wang still has the page of before */
		await wang.fill('[name=reason]', '材料不全');
		await wang.getByRole('button', { name: '驳回' }).click();
		assert.match(await wang.locator('.notice').innerText(), /已由 zhao 于 .* 办理：已批准/);
		assert.equal(await wang.locator('#standing').getAttribute('data-state'), 'approved');
		await accessible(wang, 'stale');
		await zhao.getByRole('button', { name: '记为已支付' }).click();
		assert.equal(await zhao.locator('#standing').getAttribute('data-state'), 'paid');
	},

	async 'four eyes above the limit'() {
		await zhao.goto(service.origin + '/review/tables/1/3');
		await zhao.check('[name=warned]');
		await zhao.getByRole('button', { name: '记账', exact: true }).click();
		await zhao.getByRole('button', { name: '批准', exact: true }).click();
		assert.match(await zhao.locator('.notice').innerText(), /须由记账人以外的人批准/);
		await zhao.screenshot({ path: join(shots, 'review-four-eyes.png'), fullPage: true });
	},

	async 'the whole table at once'() {
		await wang.goto(service.origin + '/review/tables/1');
		await wang.getByRole('button', { name: '通过的全部记账' }).click();
		await wang.getByText(/已完成/).waitFor();
		assert.match(await wang.locator('.notice').innerText(), /wang 于 .*办理 2 笔/);
		await wang.selectOption('[name=state]', '1');
		await wang.getByRole('button', { name: '筛选' }).click();
		assert.equal(await wang.locator('#count').innerText(), '共 3 笔'); /* A2, A3, A5 */
	},

	async 'export, with the hash that the page names'() {
		const hashes = await wang.locator('.hash').allTextContents();
		for (const [kind, name] of [['xlsx', '审核报告（XLSX）'], ['csv', '审核报告（CSV）']]) {
			await wang.fill('[name=purpose]', '归档备查');
			const [file] = await Promise.all([wang.waitForEvent('download'),
				wang.getByRole('button', { name }).click()]);
			assert.equal(file.suggestedFilename(), `review-1.${kind}`);
			const bytes = readFileSync(await file.path());
			assert.ok(hashes.includes(createHash('sha256').update(bytes).digest('hex')), kind);
			if (kind === 'csv')
				assert.match(bytes.toString(), /"A6".*不通过/);
		}
	},

	async 'the auditor sees who did what; the administrator who may'() {
		const sun = await open({ zh: false });
		await signIn(sun, 'sun');
		await sun.getByRole('link', { name: 'Trail' }).click();
		const text = await sun.locator('main').innerText();
		for (const what of ['wang\tshow\tclaim A1\t与身份证核对', 'wang\texport', 'zhao\tapproved\tclaim A1'])
			assert.ok(text.includes(what), what + '\n' + text);
		assert.doesNotMatch(text, /150102199001010019|王明/);
		await sun.getByRole('link', { name: 'Check the chain' }).click();
		assert.match(await sun.locator('.notice').innerText(), /their chain holds/);
		await accessible(sun, 'trail');
		await sun.goto(service.origin + '/review/tables/1/2');
		assert.equal(await sun.locator('#decide button').count(), 0);
		await sun.getByRole('button', { name: 'Sign out' }).click();
		await sun.getByRole('heading', { name: 'Sign in' }).waitFor();
		await sun.goto(service.origin + '/review/trail');
		assert.equal(new URL(sun.url()).pathname, '/review/');
		await close(sun);
		const root = await open({ zh: false });
		await signIn(root, 'root');
		await root.getByRole('heading', { name: 'Users' }).waitFor();
		await accessible(root, 'users');
		await root.goto(service.origin + '/review/tables/1');
		assert.match(await root.locator('.notice').innerText(), /Your role does not include this/);
		await accessible(root, 'forbidden');
		await close(root);
	},

	async 'what is odd is looked at, and explained by an approver'() {
		const sun = await open({ zh: false });
		await signIn(sun, 'sun');
		await sun.getByRole('link', { name: 'Anomalies' }).click();
		assert.match(await sun.locator('main').innerText(), /3 people with one phone number; limit 1/);
		assert.doesNotMatch(await sun.locator('main').innerText(), /13800138000/);
		assert.equal(await sun.getByRole('button', { name: 'Mark as explained' }).count(), 0);
		await accessible(sun, 'anomalies');
		await close(sun);
		const zhao = await open({ zh: false });
		await signIn(zhao, 'zhao');
		await zhao.goto(service.origin + '/review/anomalies');
		await zhao.screenshot({ path: join(shots, 'review-anomalies.png'), fullPage: true });
		const reason = zhao.getByLabel('What explains it').first();
		await reason.fill('一家人共用');
		await zhao.getByRole('button', { name: 'Mark as explained' }).first().click();
		assert.match(await zhao.locator('main').innerText(), /Explained by zhao, .*一家人共用/);
		const n = await zhao.getByRole('button', { name: 'Mark as explained' }).count();
		assert.equal(n, 0);
		await close(zhao);
	},

	async 'everything works without JavaScript'() {
		const page = await open({ zh: false, javaScriptEnabled: false });
		await signIn(page, 'li');
		writeFileSync(join(dir, 'more.csv'), readFileSync(claims, 'utf8').replace(/^A(\d)/mg, 'N$1'));
		await page.setInputFiles('[name=table]', join(dir, 'more.csv'));
		await page.getByRole('button', { name: 'Upload and review' }).click();
		for (let i = 0; i < 100 && await page.locator('#count').count() === 0; i++) {
			await page.waitForTimeout(50);
			const refresh = page.getByRole('link', { name: 'Refresh' });
			if (await refresh.count())
				await refresh.click();
		}
		assert.equal(await page.locator('#count').innerText(), '7 claims');
		/* what was booked as A1 is there already, says the review */
		await row(page, 'N1').getByRole('link').click();
		assert.match(await page.locator('.reasons').innerText(), /C06 .*A1/);
		await page.fill('[name=reason]', 'claimed before as A1');
		await page.getByRole('button', { name: 'Refuse' }).click();
		assert.equal(await page.locator('#standing').getAttribute('data-state'), 'refused');
		await page.screenshot({ path: join(shots, 'review-english.png'), fullPage: true });
		await page.getByRole('link', { name: '中文' }).click();
		await page.getByRole('heading', { name: '申领 N1' }).waitFor();
		await page.getByRole('link', { name: '返回申领表' }).click();
		assert.equal(await page.locator('#count').innerText(), '共 7 笔');
		await close(page);
	},

	/* N4 is A4 under another number, which was not booked when it was judged. */
	async 'reviewed again: what was booked since is known, what was decided stays'() {
		await wang.goto(service.origin + '/review/tables/1/5');
		await wang.check('[name=warned]');
		await wang.getByRole('button', { name: '记账', exact: true }).click();
		await wang.locator('#standing[data-state=booked]').waitFor();
		await wang.goto(service.origin + '/review/');
		await wang.getByRole('link', { name: 'more.csv' }).click();
		const at = wang.url();
		assert.equal(await row(wang, 'N4').getAttribute('data-verdict'), 'warn');
		await wang.getByRole('button', { name: '重新审核' }).click();
		await row(wang, 'N4').and(wang.locator('[data-verdict=fail]')).waitFor();
		assert.equal(await wang.locator('#count').innerText(), '共 7 笔');
		await wang.goto(at + '/5');
		assert.match(await wang.locator('.reasons').innerText(), /C06 .*A4/);
		await wang.goto(at + '/2');
		assert.equal(await wang.locator('#standing').getAttribute('data-state'), 'refused');
	},

	async 'a telephone, and the keyboard alone'() {
		const page = await wang.context().newPage();
		await page.setViewportSize({ width: 360, height: 740 });
		await page.goto(service.origin + '/review/tables/1/2');
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360));
		await page.screenshot({ path: join(shots, 'review-narrow.png'), fullPage: true });
		await page.goto(service.origin + '/review/tables/1');
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360));
		await page.keyboard.press('Tab');
		assert.match(await page.evaluate(() => document.activeElement.textContent), /跳到正文/);
		await page.close();
	},
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
	try {
		await test();
		console.log('ok     ' + name);
	} catch (e) {
		failed++;
		console.log('FAILED ' + name + '\n' + e.stack);
		await wang.screenshot({ path: join(shots, 'review-failed.png'), fullPage: true });
		break; /* each goes on from the one before */
	}
}
assert.deepEqual(wang.problems, []);
assert.deepEqual(zhao.problems, []);
assert.doesNotMatch(service.log(), /150102199001010019|王明/);
await browser.close();
rmSync(dir, { recursive: true });
console.log(failed ? `${failed} failed` : 'all passed');
process.exit(failed ? 1 : 0);
