/*
 * The page in Debian's Chromium: every way in, every state, both languages,
 * without JavaScript, accessibility. Screenshots go to $TAMGA_SHOTS.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { makeHome, start } from './service.mjs';

const shots = process.env.TAMGA_SHOTS || 'shots';
mkdirSync(shots, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const home = makeHome();
const service = await start(home);
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
		'--disable-component-update', '--disable-sync', '--no-first-run',
		'--disable-domain-reliability', '--no-pings'],
});

const picture = (name) => join(home.dir, 'pictures', name);
const digits = (text) => text.slice(text.indexOf('#'));

async function open({ path = '/', zh = true, bypassCSP = false, ...options } = {}) {
	const context = await browser.newContext({ bypassCSP,
		locale: zh ? 'zh-CN' : 'en-GB', viewport: { width: 900, height: 1000 },
		...options });
	const page = await context.newPage();
	page.problems = [];
	page.on('console', (m) => m.type() === 'error' && page.problems.push(m.text()));
	page.on('pageerror', (e) => page.problems.push(String(e)));
	page.on('request', (r) => {
		if (!r.url().startsWith(service.origin) && !r.url().startsWith('blob:'))
			page.problems.push('asked ' + r.url());
	});
	await page.goto(service.origin + path);
	return page;
}

async function card(page, status, nth = 0) {
	const c = page.locator('.card').nth(nth);
	await c.waitFor();
	assert.equal(await c.getAttribute('data-status'), status);
	return c;
}

async function close(page) {
	assert.deepEqual(page.problems, []);
	await page.context().close();
}

const tests = {
	async 'nothing is shown before a verdict'() {
		const page = await open();
		assert.equal(await page.locator('.card').count(), 0);
		await page.screenshot({ path: join(shots, 'page.png') });
		await close(page);
	},

	async 'fragment'() {
		const page = await open({ path: '/' + digits(home.texts.valid) });
		const c = await card(page, 'valid');
		const text = await c.innerText();
		assert.match(text, /有效证书/);
		assert.match(text, /王小明/);
		assert.match(text, /示范评价中心 one/);
		assert.doesNotMatch(text, /请勿打开/);
		await page.screenshot({ path: join(shots, 'valid.png'), fullPage: true });
		await close(page);
	},

	async 'another fragment, without loading the page again'() {
		const page = await open({ path: '/' + digits(home.texts.valid) });
		await card(page, 'valid');
		await page.evaluate((h) => { location.hash = h; }, digits(home.texts.revoked));
		await page.locator('.card[data-status=revoked]').waitFor();
		assert.equal(await page.locator('.card').count(), 1);
		await close(page);
	},

	async 'text typed'() {
		const page = await open();
		await page.fill('#text', home.texts.operation);
		await page.click('button[type=submit]');
		const text = await (await card(page, 'valid')).innerText();
		assert.match(text, /低压电工作业/);
		assert.match(text, /有效期至/);
		await close(page);
	},

	async 'picture chosen'() {
		const page = await open();
		await page.setInputFiles('#file', picture('valid.png'));
		await card(page, 'valid');
		await close(page);
	},

	async 'PDF of two pages'() {
		const page = await open();
		await page.setInputFiles('#file', picture('two.pdf'));
		await card(page, 'valid', 0);
		const second = await card(page, 'revoked', 1);
		assert.match(await second.innerText(), /第 2 页/);
		assert.match(await page.locator('.count').innerText(), /2/);
		await page.screenshot({ path: join(shots, 'two.png'), fullPage: true });
		await close(page);
	},

	async 'several files'() {
		const page = await open();
		await page.setInputFiles('#file', [picture('valid.png'), picture('blank.png')]);
		assert.match(await (await card(page, 'valid', 0)).innerText(), /valid\.png/);
		assert.match(await (await card(page, 'unreadable', 1)).innerText(), /blank\.png/);
		await close(page);
	},

	async 'a foreign code beside ours is named'() {
		const page = await open();
		await page.setInputFiles('#file', picture('mixed.png'));
		await card(page, 'valid', 0);
		assert.match(await (await card(page, 'not_ours', 1)).innerText(), /pay\.example/);
		await close(page);
	},

	async 'picture and text pasted'() {
		const page = await open();
		const bytes = [...readFileSync(picture('valid.png'))];
		await page.evaluate((b) => {
			const data = new DataTransfer();
			data.items.add(new File([new Uint8Array(b)], 'x.png', { type: 'image/png' }));
			document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data }));
		}, bytes);
		await card(page, 'valid');
		await page.evaluate((t) => {
			const data = new DataTransfer();
			data.setData('text/plain', t);
			document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data }));
		}, home.texts.expired);
		await page.locator('.card[data-status=expired]').waitFor();
		await close(page);
	},

	async 'picture dropped'() {
		const page = await open();
		const bytes = [...readFileSync(picture('revoked.jpg'))];
		await page.evaluate((b) => {
			const data = new DataTransfer();
			data.items.add(new File([new Uint8Array(b)], 'x.jpg', { type: 'image/jpeg' }));
			document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
		}, bytes);
		await card(page, 'revoked');
		await close(page);
	},

	async 'foreign host'() {
		const page = await open();
		await page.fill('#text', home.texts.valid.replace('verify.tamga', 'verify-tamga'));
		await page.click('button[type=submit]');
		const text = await (await card(page, 'valid')).innerText();
		assert.match(text, /请勿打开/);
		assert.match(text, /verify-tamga\.example/);
		await page.screenshot({ path: join(shots, 'foreign.png'), fullPage: true });
		await close(page);
	},

	async 'what the page cannot judge, the service does, and the page says so'() {
		const page = await open({ path: '/' + digits(home.texts.ed25519) });
		assert.match(await (await card(page, 'valid')).textContent(), /在浏览器中核验/);
		await page.evaluate((h) => { location.hash = h; }, digits(home.texts.sm2));
		await page.getByText('示范评价中心 five').waitFor();
		assert.match(await (await card(page, 'valid')).textContent(), /由服务器核验/);
		await close(page);
	},

	async 'nothing of a text leaves the browser'() {
		const page = await open();
		const asked = [];
		page.on('request', (r) => asked.push(r.method() + ' ' + r.url()));
		await page.fill('#text', home.texts.valid);
		await page.click('button[type=submit]');
		await card(page, 'valid');
		assert.ok(asked.every((a) => a.startsWith('GET ')), asked.join('\n'));
		await close(page);
	},

	async 'a fragment is judged on every load; the times are printed'() {
		const page = await open();
		const times = [];
		for (let i = 0; i < 7; i++) {
			await page.goto('about:blank');
			await page.goto(service.origin + '/' + digits(home.texts.valid), { waitUntil: 'commit' });
			await page.locator('.card[data-status=valid]').waitFor();
			times.push(await page.evaluate(() => {
				const shown = performance.getEntriesByName('verdict')[0].startTime;
				return shown - performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd;
			}));
		}
		times.sort((a, b) => a - b);
		console.log('       ' + times.map((t) => t.toFixed(0)).join(' ') + ' ms');
		assert.equal(times.length, 7);
		await close(page);
	},

	async 'offline after the first visit'() {
		const own = await start(home);
		const page = await open({ path: '/' });
		await page.goto(own.origin + '/' + digits(home.texts.valid));
		await card(page, 'valid');
		await page.evaluate(async () => {
			await navigator.serviceWorker.ready;
			while (!navigator.serviceWorker.controller)
				await new Promise((done) => setTimeout(done, 20));
		});
		await page.goto('about:blank');
		await page.goto(own.origin + '/' + digits(home.texts.revoked)); /* through the worker */
		await card(page, 'revoked');
		await own.stop();
		await page.goto('about:blank');
		await page.goto(own.origin + '/' + digits(home.texts.valid));
		const text = await (await card(page, 'valid')).textContent();
		assert.match(text, /状态数据发布于/);
		assert.match(text, /在浏览器中核验/);
		await page.screenshot({ path: join(shots, 'offline.png'), fullPage: true });
		/* eight days on, what is known is too old */
		await page.clock.install({ time: Date.now() + 8 * 86400e3 });
		await page.evaluate((h) => { location.hash = h; }, digits(home.texts.operation));
		await page.locator('.card[data-status=status_unknown]').waitFor();
		/* a picture needs the service: said as a fault, no verdict */
		await page.setInputFiles('#file', picture('valid.png'));
		await page.locator('.card[data-status=fault]').waitFor();
		page.problems.length = 0;
		await close(page);
	},

	async 'the worker can be taken away'() {
		const { writeFileSync, mkdirSync: mkdir } = await import('node:fs');
		const own = await start(home);
		const page = await open();
		await page.goto(own.origin + '/');
		await page.evaluate(async () => {
			await navigator.serviceWorker.ready;
			while (!navigator.serviceWorker.controller)
				await new Promise((done) => setTimeout(done, 20));
		});
		assert.ok(await page.evaluate(async () => (await caches.keys()).length) === 1);
		mkdir(join(home.dir, 'v'), { recursive: true });
		writeFileSync(join(home.dir, 'v/tamga.conf'), '[verifier]\nworker = no\n');
		own.reload();
		await own.says('read anew');
		await page.evaluate(async () => {
			const r = await navigator.serviceWorker.getRegistration();
			await r.update();
			while (await navigator.serviceWorker.getRegistration() || (await caches.keys()).length)
				await new Promise((done) => setTimeout(done, 20));
		});
		writeFileSync(join(home.dir, 'v/tamga.conf'), '');
		await own.stop();
		page.problems.length = 0;
		await close(page);
	},

	async 'every state has its own word and icon'() {
		const seen = { words: new Set(), icons: new Set() };
		for (const [state, text] of Object.entries(home.texts)) {
			const status = { operation: 'valid', review_window: 'valid', ed25519: 'valid', sm2: 'valid' }[state] || state;
			const page = await open({ path: '/' + digits(text) });
			const c = await card(page, status);
			seen.words.add(await c.locator('h2').innerText());
			seen.icons.add(await c.locator('use').getAttribute('href'));
			const hidden = ['forged', 'unknown_issuer'].includes(status);
			assert.equal(/王小明/.test(await c.innerText()), !hidden &&
				['valid', 'issuer_withdrawn', 'ed25519', 'sm2'].includes(state), state);
			await page.screenshot({ path: join(shots, state + '.png'), fullPage: true });
			await close(page);
		}
		assert.equal(seen.words.size, Object.keys(home.texts).length - 4);
		assert.equal(seen.icons.size, seen.words.size);
	},

	async 'not a code of ours, nothing entered'() {
		const page = await open();
		await page.fill('#text', 'https://evil.example/pay');
		await page.click('button[type=submit]');
		assert.match(await (await card(page, 'not_ours')).innerText(), /evil\.example/);
		await page.fill('#text', '');
		await page.click('button[type=submit]');
		await page.locator('.card[data-status=fault]').waitFor();
		await close(page);
	},

	async 'a fault does not look like a verdict'() {
		const page = await open();
		await page.route('**/api/v1/verify*', (r) => r.abort());
		await page.fill('#text', home.texts.sm2);
		await page.click('button[type=submit]');
		const c = await card(page, 'fault');
		assert.match(await c.innerText(), /暂时无法核验/);
		await page.screenshot({ path: join(shots, 'fault.png'), fullPage: true });
		page.problems.length = 0; /* the aborted request */
		await close(page);
	},

	async 'English, and the switch keeps the certificate'() {
		const page = await open({ path: '/' + digits(home.texts.valid), zh: false });
		assert.match(await (await card(page, 'valid')).innerText(), /Valid certificate/);
		await page.screenshot({ path: join(shots, 'english.png'), fullPage: true });
		await page.click('#lang');
		await page.waitForURL(/lang=zh/);
		assert.match(await (await card(page, 'valid')).innerText(), /有效证书/);
		await close(page);
	},

	async 'without JavaScript, the same card'() {
		const normal = await open();
		const plain = await open({ javaScriptEnabled: false });
		const words = (s) => s.replace(/\s+/g, '').replace(/核验时间.*/, '');
		for (const [state, text] of Object.entries(home.texts)) {
			await normal.goto(service.origin); /* so that no card is there yet */
			await normal.fill('#text', text);
			await normal.click('button[type=submit]');
			await normal.locator('.card').waitFor();
			await normal.locator('.busy').waitFor({ state: 'detached' });
			await plain.goto(service.origin);
			await plain.fill('#text', text);
			await plain.click('button[type=submit]');
			const a = await (await normal.locator('.card')).textContent();
			const b = await (await plain.locator('.card')).textContent();
			assert.equal(words(b), words(a), state);
		}
		await plain.goto(service.origin);
		await plain.setInputFiles('#file', picture('two.pdf'));
		await plain.click('button[type=submit]');
		await card(plain, 'valid', 0);
		assert.match(await (await card(plain, 'revoked', 1)).innerText(), /第 2 页/);
		await plain.screenshot({ path: join(shots, 'nojs.png'), fullPage: true });
		await plain.goto(service.origin);
		await plain.click('button[type=submit]');
		await card(plain, 'fault');
		plain.problems.length = 0; /* the 400 */
		await close(plain);
		await close(normal);
	},

	async 'accessible: light, dark, forced colours, 360 px'() {
		const looks = { light: {}, dark: { colorScheme: 'dark' },
			forced: { forcedColors: 'active' },
			narrow: { viewport: { width: 360, height: 740 } },
			'narrow-dark': { viewport: { width: 360, height: 740 }, colorScheme: 'dark' } };
		for (const [look, options] of Object.entries(looks))
			for (const state of ['', 'valid', 'forged', 'expired', 'status_unknown']) {
				const page = await open({ ...options, bypassCSP: true,
					path: '/' + (state ? digits(home.texts[state]) : '') });
				if (state)
					await card(page, state);
				await page.emulateMedia({ reducedMotion: 'reduce', ...options });
				if (state)
					await page.locator('summary').click();
				await page.evaluate(axe);
				const report = await page.evaluate(() => axe.run(document, {
					runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
				assert.deepEqual(report.violations.map((v) => [look, state, v.id,
					v.nodes.map((n) => n.html)]), []);
				const wide = await page.evaluate(() =>
					document.documentElement.scrollWidth - innerWidth);
				assert.ok(wide <= 0, `${look} ${state}: ${wide} px too wide`);
				await page.screenshot({ fullPage: true,
					path: join(shots, `${look}-${state || 'page'}.png`) });
				await close(page);
			}
	},

	async 'by keyboard alone'() {
		const page = await open();
		await page.keyboard.press('Tab');
		assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
		for (let i = 0; i < 10 && await page.evaluate(() => document.activeElement.id) !== 'text'; i++)
			await page.keyboard.press('Tab');
		await page.keyboard.insertText(home.texts.valid);
		await page.keyboard.press('Tab');
		await page.keyboard.press('Enter');
		await card(page, 'valid');
		assert.equal(await page.evaluate(() => document.activeElement.id), 'result');
		await close(page);
	},

	async 'page weight'() {
		let weight = 0;
		for (const path of ['/', '/app.js', '/core.js', '/core.wasm', '/sw.js', '/style.css', '/icon.svg']) {
			const answer = await fetch(service.origin + path);
			await answer.arrayBuffer();
			weight += Number(answer.headers.get('content-length'));
		}
		console.log(`       ${weight} bytes, packed`);
		assert.ok(weight <= 60000, `${weight} bytes`);
	},
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
	if (process.argv[2] && !name.includes(process.argv[2]))
		continue;
	try {
		await test();
		console.log('ok     ' + name);
	} catch (e) {
		failed++;
		console.log('FAILED ' + name + '\n' + (e.stack || e));
	}
}
await browser.close();
await service.stop();
home.remove();
process.exit(failed ? 1 : 0);
