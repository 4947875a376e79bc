/* The page's cards: whose it is, how long they stay, print, three languages. */
import assert from 'node:assert/strict';
import { card, close, digits, home, open, picture, service, shot, words } from './browser.mjs';
import { start } from './service.mjs';

const HOLDER = '150102199001010019', OTHER = '150102199001010027';

async function compare(page, number) {
	await page.fill('form.match input', number);
	await page.click('form.match button');
	const answer = page.locator('form.match .answer');
	await answer.filter({ hasNotText: '正在核验' }).filter({ hasText: /./ }).waitFor();
	return answer.innerText();
}

export const tests = {
	async 'ID number: in the browser alone, by 12 bits'() {
		const page = await open({ path: '/' + digits(home.texts.valid) });
		const asked = [];
		page.on('request', (r) => asked.push(r.method() + r.url() + r.postData()));
		await card(page, 'valid');
		await page.getByText('号码不会发出').waitFor();
		assert.match(await compare(page, HOLDER), /^证件号码与证书里的 12 位摘要相符/);
		await shot(page, 'match');
		assert.match(await compare(page, OTHER), /不符：这不是他的证书/);
		assert.match(await compare(page, '王小明'), /这不是证件号码/);
		assert.ok(asked.every((a) => a.startsWith('GET')) && !asked.join().includes('1501021990'),
			asked.join('\n'));
		await close(page);
	},

	async 'ID number: of an SM2 certificate, of a picture, of none'() {
		const page = await open({ path: '/' + digits(home.texts.sm2) });
		await card(page, 'valid');
		await page.getByText('号码只用于这次比对（12 位摘要）').waitFor();
		assert.match(await compare(page, HOLDER), /12 位摘要相符/);
		await page.setInputFiles('#file', picture('valid.png'));
		await page.locator('.card .age', { hasText: '由服务器核验' }).waitFor({ state: 'attached' });
		await page.getByText('号码不会发出').waitFor();
		assert.match(await compare(page, OTHER), /不符/);
		await page.evaluate((h) => { location.hash = h; }, digits(home.texts.unknown_issuer));
		await page.locator('.card[data-status=unknown_issuer]').waitFor();
		assert.equal(await page.locator('form.match').count(), 0);
		await close(page);
	},

	async 'ID number: with a register the service is asked, in a body'() {
		const page = await open();
		await page.route('**/api/v1/trust', async (route) => {
			const answer = await route.fetch();
			await route.fulfill({ response: answer,
				json: { ...await answer.json(), exact: true } });
		});
		const sent = [];
		let answer = { method: 'exact', match: true };
		await page.route('**/api/v1/match*', (route) => {
			sent.push([route.request().method(), route.request().url(), route.request().postDataJSON()]);
			route.fulfill(answer.status ? { status: answer.status, json: answer } : { json: answer });
		});
		await page.goto('about:blank');
		await page.goto(service.origin + '/' + digits(home.texts.valid));
		await card(page, 'valid');
		await page.getByText('与登记的号码').waitFor();
		assert.match(await compare(page, HOLDER), /登记的号码完全一致/);
		answer = { method: 'exact', match: false };
		assert.match(await compare(page, OTHER), /登记的号码不一致/);
		answer = { status: 429, code: 'too_many_requests' };
		assert.match(await compare(page, OTHER), /比对得太频繁.*摘要不符/);
		assert.equal(sent.length, 3);
		for (const [method, url, body] of sent) {
			assert.equal(method, 'POST');
			assert.ok(!/\d{6}/.test(new URL(url).pathname + new URL(url).search), url);
			assert.equal(body.qr, digits(home.texts.valid).slice(1));
		}
		page.problems.length = 0; /* the 429 */
		await close(page);
	},

	async 'ID number: without JavaScript'() {
		const page = await open({ javaScriptEnabled: false });
		for (const [number, word] of [[HOLDER, /12 位摘要相符/], [OTHER, /摘要不符/],
			['-', /这不是证件号码/]]) {
			await page.fill('#text', home.texts.valid);
			await page.fill('#id', number);
			await page.click('#form button[type=submit]');
			assert.match(await page.locator('.card p.match').innerText(), word);
			assert.ok(!page.url().includes(number === '-' ? '%' : number));
		}
		await close(page);
	},

	async 'a result goes after two minutes, unless it is held'() {
		const page = await open({ own: true, serviceWorkers: 'block' });
		await page.clock.install();
		await page.goto(service.origin + '/?lang=zh' + digits(home.texts.valid));
		await card(page, 'valid');
		await page.clock.runFor(60e3);
		assert.match(await page.locator('#clock').innerText(), /^(5|6)\d 秒后清除结果$/);
		await page.fill('form.match input', '1'); /* somebody is at it */
		await page.clock.runFor(110e3);
		await card(page, 'valid');
		await page.click('#pause');
		assert.equal(await page.getAttribute('#pause', 'aria-pressed'), 'true');
		await page.clock.fastForward(600e3);
		await card(page, 'valid');
		assert.equal(await page.locator('#clock').innerText(), '已暂停清除');
		await page.click('#pause');
		await page.fill('#text', 'x');
		await page.clock.runFor(121e3);
		await page.locator('.card').waitFor({ state: 'detached' });
		assert.equal(await page.locator('#result').innerText(), '结果已清除。');
		assert.equal(await page.evaluate(() => location.hash + document.getElementById('text').value), '');
		assert.ok(await page.locator('#bar').isHidden());
		await close(page);
	},

	async 'a new question starts the two minutes anew'() {
		const page = await open({ own: true, serviceWorkers: 'block' });
		await page.clock.install();
		await page.goto(service.origin + '/?lang=zh' + digits(home.texts.valid));
		await card(page, 'valid');
		await page.clock.runFor(100e3);
		await page.evaluate((h) => { location.hash = h; }, digits(home.texts.revoked));
		await page.locator('.card[data-status=revoked]').waitFor();
		await page.clock.runFor(100e3);
		await card(page, 'revoked');
		await page.click('#clear');
		assert.equal(await page.locator('.card').count(), 0);
		await close(page);
	},

	async 'print'() {
		const page = await open({ path: '/' + digits(home.texts.revoked) });
		await card(page, 'revoked');
		await page.evaluate(() => {
			self.print = () => { document.title = 'printed'; };
		});
		await page.click('#print');
		assert.equal(await page.title(), 'printed');
		await page.emulateMedia({ media: 'print' });
		await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
		for (const [what, seen] of [['#ways', false], ['#bar', false], ['form.match', false],
			['.card .checks', true], ['.card .age', true], ['.printed', true]])
			assert.equal(await page.locator(what).isVisible(), seen, what);
		await shot(page, 'print');
		await page.emulateMedia({ media: 'screen' });
		await close(page);
	},

	async 'Mongolian: upright lines, Chinese beside every verdict, said to be a draft'() {
		const page = await open({ path: '/?lang=mn' + digits(home.texts.valid) });
		const c = await card(page, 'valid');
		assert.equal(await page.getAttribute('html', 'lang'), 'mn-Mong');
		assert.equal(await c.evaluate((e) => getComputedStyle(e).writingMode), 'vertical-lr');
		assert.match(await c.locator('h2').innerText(), /^[\u1800-\u18af\u202f ]+$/);
		assert.equal(await c.locator('.own').innerText(), '有效证书');
		assert.equal(await c.locator('.advice').getAttribute('lang'), 'zh-CN');
		assert.match(await page.locator('.draft').innerText(), /尚未经蒙古语文工作者确认/);
		/* a line of it stands upright: taller than wide */
		const box = await c.locator('h2').boundingBox();
		assert.ok(box.height > 2 * box.width, JSON.stringify(box));
		assert.equal(await page.evaluate(() => document.fonts.check('16px "Noto Sans Mongolian"')), true);
		await shot(page, 'mongolian');
		await page.click('.langs [lang=en]');
		await page.waitForURL(/lang=en/);
		assert.equal(await (await card(page, 'valid')).locator('h2').innerText(), 'Valid certificate');
		await close(page);
	},

	async 'Mongolian without JavaScript: the same card'() {
		const normal = await open({ path: '/?lang=mn' });
		const plain = await open({ path: '/?lang=mn', javaScriptEnabled: false });
		for (const text of [home.texts.valid, home.texts.revoked, 'https://pay.example/']) {
			const cards = [];
			await normal.evaluate(() => document.getElementById('clear').click());
			await normal.locator('.card').waitFor({ state: 'detached' });
			for (const page of [normal, plain]) {
				await page.fill('#text', text);
				await page.click('#form button[type=submit]');
				await page.locator('.card').waitFor();
				await page.locator('.busy').waitFor({ state: 'detached' });
				cards.push(await words(page));
			}
			const by = (s) => s.slice(0, s.lastIndexOf('·')); /* page or service */
			assert.equal(by(cards[1]), by(cards[0]));
			assert.match(cards[0], /[\u1800-\u18af]/);
		}
		await close(normal);
		await close(plain);
	},

	async 'several files: a fault in one does not hold up the others'() {
		const own = await start(home);
		const page = await open({ origin: own.origin });
		await page.setInputFiles('#file', [picture('valid.png'), picture('locked.pdf'),
			picture('two.pdf'), picture('mixed.png')]);
		await page.locator('.list').waitFor();
		const rows = (await page.locator('.list tbody tr').allInnerTexts())
			.map((r) => r.replace(/\s+/g, ' '));
		assert.equal(rows.length, 6);
		assert.match(rows[1], /^locked\.pdf 没有核验/);
		assert.match(rows[3], /^two\.pdf · 第 2 页 已撤销 李四/);
		assert.match(rows[5], /^mixed\.png 不是本系统的二维码/);
		assert.match(await page.locator('.card').nth(5).innerText(), /pay\.example/);
		assert.match(await page.locator('caption').innerText(),
			/共 6 项 · 有效 3 · 不可采信 1 · .* 1 · 没有核验 1/);
		page.problems.length = 0; /* the 415 */
		await close(page);
		await own.stop();
	},
};
