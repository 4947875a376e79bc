/* The page for everybody: WCAG 2.2 AA by axe, keyboard, zoom, weight. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { card, close, digits, home, open, picture, service, shot } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/* '' is the page before anything was checked, 'list' several files. */
const WIDE = { width: 900, height: 1000 }, NARROW = { width: 360, height: 740 };
const LOOKS = {
	zh: {
		light: [['', 'valid', 'forged', 'expired', 'status_unknown', 'list'], WIDE],
		dark: [['', 'valid', 'forged', 'expired'], WIDE, { colorScheme: 'dark' }],
		forced: [['', 'valid', 'status_unknown'], WIDE, { forcedColors: 'active' }],
		narrow: [['', 'valid', 'forged', 'list'], NARROW],
		'narrow-dark': [['status_unknown'], NARROW, { colorScheme: 'dark' }],
		print: [['valid', 'forged'], WIDE, { media: 'print' }],
	},
	en: { english: [['', 'valid', 'list'], NARROW] },
	mn: {
		mongolian: [['', 'valid', 'list'], WIDE],
		'mongolian-narrow': [['', 'expired'], NARROW],
	},
};

const seen = async (page, what) => {
	const report = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'],
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
	assert.deepEqual(report.violations.map((v) => [what, v.id, v.nodes.map((n) => n.html)]), []);
};
/* Nothing is cut off across the lines, however narrow. */
const fits = async (page, what) => {
	const over = await page.evaluate(() => getComputedStyle(document.documentElement)
		.writingMode === 'vertical-lr'
		? document.documentElement.scrollHeight - innerHeight
		: document.documentElement.scrollWidth - innerWidth);
	assert.ok(over <= 0, `${what}: ${over} px too wide`);
};

/* Each state is judged once, and looked at in every way. */
const look = (lang) => async () => {
	const page = await open({ own: true, bypassCSP: true, serviceWorkers: 'block', path: '/?lang=' + lang });
	await page.evaluate(axe);
	const looks = Object.entries(LOOKS[lang]);
	for (const state of new Set(looks.flatMap(([, [states]]) => states))) {
		if (state === 'list') {
			await page.setInputFiles('#file', [picture('valid.png'), picture('blank.png')]);
			await page.locator('.list').waitFor();
		} else if (state) {
			await page.evaluate((h) => { location.hash = h; }, digits(home.texts[state]));
			await page.locator(`.card[data-status=${state}]`).waitFor();
			await page.locator('summary').evaluate((s) => { s.parentElement.open = true; });
		}
		for (const [name, [states, size, media]] of looks) {
			if (!states.includes(state))
				continue;
			await page.setViewportSize(size);
			await page.emulateMedia({ reducedMotion: 'reduce', media: 'screen',
				colorScheme: 'light', forcedColors: 'none', ...media });
			await seen(page, name + ' ' + state);
			await fits(page, name + ' ' + state);
			if (state !== 'expired')
				await shot(page, `${name}-${state || 'page'}`);
		}
	}
	await close(page);
};

export const tests = {
	...Object.fromEntries(Object.keys(LOOKS).map((lang) => ['accessible: ' + lang, look(lang)])),

	async 'at 400 % nothing has to be scrolled across'() {
		for (const lang of ['zh', 'en']) {
			const page = await open({ viewport: { width: 320, height: 256 },
				path: '/?lang=' + lang + digits(home.texts.operation) });
			await card(page, 'valid');
			await fits(page, lang);
			await page.click('#camera-open');
			await page.locator('#camera-fault', { hasText: /./ }).waitFor();
			await fits(page, lang + ' camera');
			await close(page);
		}
	},

	async 'by keyboard alone'() {
		const page = await open();
		const active = (what) => page.evaluate((w) => document.activeElement[w], what);
		const tabTo = async (id) => {
			for (let i = 0; i < 14 && await active('id') !== id; i++)
				await page.keyboard.press('Tab');
			assert.equal(await active('id'), id);
		};
		await page.keyboard.press('Tab');
		assert.equal(await active('className'), 'skip');
		await tabTo('camera-open');
		await tabTo('file');
		await tabTo('text');
		await page.keyboard.insertText(home.texts.valid);
		await page.keyboard.press('Tab');
		await page.keyboard.press('Enter');
		await card(page, 'valid');
		assert.equal(await active('id'), 'result');
		await page.keyboard.press('Tab');
		assert.equal(await active('name'), 'id');
		await page.keyboard.insertText('150102199001010019');
		await page.keyboard.press('Enter');
		await page.locator('.answer.match-digest-yes').waitFor();
		await page.keyboard.press('Tab');
		await page.keyboard.press('Tab');
		assert.equal(await active('tagName'), 'SUMMARY');
		await page.keyboard.press('Enter');
		assert.ok(await page.locator('.checks').isVisible());
		await tabTo('pause');
		await page.keyboard.press('Space');
		assert.equal(await page.getAttribute('#pause', 'aria-pressed'), 'true');
		await tabTo('clear');
		await page.keyboard.press('Enter');
		assert.equal(await page.locator('.card').count(), 0);
		assert.equal(await active('id'), 'result');
		await close(page);
	},

	async 'what changes is said: live regions'() {
		const page = await open({ path: '/' + digits(home.texts.valid) });
		await card(page, 'valid');
		for (const [what, role] of [['#result', 'polite'], ['.answer', 'status'],
			['#camera-state', 'status'], ['#camera-fault', 'alert'], ['#clock', 'timer']])
			assert.ok((await page.locator(what).evaluate((e) =>
				[e.getAttribute('role'), e.getAttribute('aria-live')])).includes(role), what);
		assert.equal(await page.getAttribute('#result', 'aria-busy'), null);
		await close(page);
	},

	async 'page weight, without the scanner'() {
		const said = [];
		const page = await open();
		for (const lang of ['zh', 'en', 'mn']) {
			const paths = new Set(['/sw.js', '/icon.svg']); /* what it is not seen to ask for */
			const note = (r) => paths.add(new URL(r.url()).pathname + new URL(r.url()).search);
			page.on('request', note);
			await page.goto(`${service.origin}/?lang=${lang}${digits(home.texts.valid)}`);
			await card(page, 'valid');
			page.off('request', note);
			let weight = 0;
			for (const path of paths) {
				if (/^\/(api|bodies)\//.test(path))
					continue;
				assert.ok(!/zxing|scan|camera/.test(path), path);
				const answer = await fetch(service.origin + path);
				await answer.arrayBuffer();
				weight += Number(answer.headers.get('content-length'));
			}
			assert.ok(paths.size > 10, [...paths].join());
			assert.ok(weight <= 60000, `${lang}: ${weight} bytes`);
			said.push(`${lang} ${weight}`);
		}
		await close(page);
		return said.join(', ') + ' bytes, packed';
	},
};
