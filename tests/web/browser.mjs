/* What the tests of the page share: a service, a browser, pages that must not
 * complain nor ask anybody else. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { makeHome, start } from './service.mjs';

export const shots = process.env.TAMGA_SHOTS || 'shots';
mkdirSync(shots, { recursive: true });
export const home = makeHome();
export const service = await start(home);
export const launch = (...args) => chromium.launch({
	executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
		'--disable-component-update', '--disable-sync', '--no-first-run',
		'--disable-domain-reliability', '--no-pings', ...args],
});
export const browser = await launch();

export const picture = (name) => join(home.dir, 'pictures', name);
export const digits = (text) => text.slice(text.indexOf('#'));
export const shot = (page, name) =>
	page.screenshot({ path: join(shots, name + '.png'), fullPage: true });

export async function open({ path = '/', zh = true, bypassCSP = false, by = browser,
	origin = service.origin, ...options } = {}) {
	const context = await by.newContext({ bypassCSP,
		locale: zh ? 'zh-CN' : 'en-GB', viewport: { width: 900, height: 1000 },
		...options });
	const page = await context.newPage();
	page.problems = [];
	page.on('console', (m) => m.type() === 'error' && page.problems.push(m.text()));
	page.on('pageerror', (e) => page.problems.push(String(e)));
	page.on('request', (r) => {
		if (!r.url().startsWith(origin) && !r.url().startsWith('blob:'))
			page.problems.push('asked ' + r.url());
	});
	await page.goto(origin + path);
	return page;
}

export async function card(page, status, nth = 0) {
	const c = page.locator('.card').nth(nth);
	await c.waitFor();
	assert.equal(await c.getAttribute('data-status'), status);
	return c;
}

/* A card's words: without what only one of both ways has, and without what
 * changes with the clock. */
export const words = (page) => page.locator('.card').evaluate((c) => {
	for (const e of c.querySelectorAll('form'))
		e.remove();
	for (const e of c.querySelectorAll('.age'))
		e.textContent = e.textContent.replace(/\d+/g, '0');
	return c.textContent.replace(/\s+/g, '');
});

export async function close(page) {
	assert.deepEqual(page.problems, []);
	await page.context().close();
}
