/* The page: every way in, every state, offline, without JavaScript. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { card, close, digits, home, median, open, picture, service, shot, TURNS, words } from './browser.mjs';
import { start } from './service.mjs';

export const tests = {
	async 'nothing is shown before a verdict'() {
		const page = await open();
		assert.equal(await page.locator('.card').count(), 0);
		await shot(page, 'page');
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
		await shot(page, 'valid');
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
		assert.equal(await page.locator('.list').count(), 0);
		await shot(page, 'two');
		await close(page);
	},

	async 'several files'() {
		const page = await open();
		await page.setInputFiles('#file', [picture('valid.png'), picture('blank.png')]);
		assert.match(await (await card(page, 'valid', 0)).innerText(), /valid\.png/);
		assert.match(await (await card(page, 'unreadable', 1)).innerText(), /blank\.png/);
		const rows = page.locator('.list tbody tr');
		assert.match(await rows.nth(0).innerText(), /valid\.png\s+有效证书\s+王小明\s+S0000/);
		assert.match(await rows.nth(1).innerText(), /blank\.png\s+没有读出二维码/);
		assert.match(await page.locator('caption').innerText(), /共 2 项 · 有效 1 · 没有读出.* 1/);
		await rows.nth(1).locator('button').click();
		assert.equal(await page.evaluate(() => document.activeElement.dataset.status), 'unreadable');
		await shot(page, 'several');
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
		await shot(page, 'foreign');
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
		const page = await open({ own: true });
		const times = [];
		for (let i = 0; i < TURNS; i++) {
			await page.goto('about:blank');
			await page.goto(service.origin + '/' + digits(home.texts.valid), { waitUntil: 'commit' });
			await page.locator('.card[data-status=valid]').waitFor();
			times.push(await page.evaluate(() => {
				const shown = performance.getEntriesByName('verdict')[0].startTime;
				return shown - performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd;
			}));
		}
		assert.equal(times.length, TURNS);
		await close(page);
		return 'fragment to verdict after load: ' + median(times);
	},

	async 'offline after the first visit'() {
		const own = await start(home);
		const page = await open({ origin: own.origin, path: '/' + digits(home.texts.valid) });
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
		await shot(page, 'offline');
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
		const own = await start({ ...home, state: 'w' });
		const page = await open({ origin: own.origin });
		await page.evaluate(async () => {
			await navigator.serviceWorker.ready;
			while (!navigator.serviceWorker.controller)
				await new Promise((done) => setTimeout(done, 20));
		});
		assert.ok(await page.evaluate(async () => (await caches.keys()).length) === 1);
		mkdirSync(join(home.dir, 'w'), { recursive: true });
		writeFileSync(join(home.dir, 'w/tamga.conf'), '[verifier]\nworker = no\n');
		own.reload();
		await own.says('read anew');
		await page.evaluate(async () => {
			const r = await navigator.serviceWorker.getRegistration();
			await r.update();
			while (await navigator.serviceWorker.getRegistration() || (await caches.keys()).length)
				await new Promise((done) => setTimeout(done, 20));
		});
		writeFileSync(join(home.dir, 'w/tamga.conf'), '');
		await own.stop();
		page.problems.length = 0;
		await close(page);
	},

	async 'every state has its own word and icon, and the same card without JavaScript'() {
		const seen = { words: new Set(), icons: new Set() };
		const page = await open();
		const plain = await open({ javaScriptEnabled: false });
		const BY = /在浏览器中核验|由服务器核验/;
		const enter = async (where, text) => {
			await where.fill('#text', text);
			await where.click('button[type=submit]');
		};
		for (const [state, text] of Object.entries(home.texts)) {
			const status = { operation: 'valid', review_window: 'valid', ed25519: 'valid', sm2: 'valid' }[state] || state;
			await enter(page, text);
			const c = await card(page, status);
			seen.words.add(await c.locator('h2').innerText());
			seen.icons.add(await c.locator('use').getAttribute('href'));
			const hidden = ['forged', 'unknown_issuer'].includes(status);
			assert.equal(/王小明/.test(await c.innerText()), !hidden &&
				['valid', 'issuer_withdrawn', 'ed25519', 'sm2'].includes(state), state);
			await enter(plain, text);
			await card(plain, status);
			assert.equal((await words(plain)).replace(BY, ''), (await words(page)).replace(BY, ''), state);
			if (['revoked', 'forged', 'status_unknown', 'expired'].includes(state))
				await shot(page, state);
			await page.click('#clear');
			await page.locator('.card').waitFor({ state: 'detached' });
		}
		assert.equal(seen.words.size, Object.keys(home.texts).length - 4);
		assert.equal(seen.icons.size, seen.words.size);
		await close(plain);
		await close(page);
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
		await shot(page, 'fault');
		page.problems.length = 0; /* the aborted request */
		await close(page);
	},

	async 'English, and the switch keeps the certificate'() {
		const page = await open({ path: '/' + digits(home.texts.valid), zh: false });
		assert.match(await (await card(page, 'valid')).innerText(), /Valid certificate/);
		await shot(page, 'english');
		await page.click('.langs [lang=zh-CN]');
		await page.waitForURL(/lang=zh/);
		assert.match(await (await card(page, 'valid')).innerText(), /有效证书/);
		await close(page);
	},

	async 'without JavaScript: a file, and nothing'() {
		const plain = await open({ javaScriptEnabled: false });
		await plain.setInputFiles('#file', picture('two.pdf'));
		await plain.click('button[type=submit]');
		await card(plain, 'valid', 0);
		assert.match(await (await card(plain, 'revoked', 1)).innerText(), /第 2 页/);
		await shot(plain, 'nojs');
		await plain.goto(service.origin);
		await plain.click('button[type=submit]');
		await card(plain, 'fault');
		plain.problems.length = 0; /* the 400 */
		await close(plain);
	},
};
