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
export const browsers = [];
export async function launch(...args) {
	const b = await chromium.launch({
		executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
			'--disable-component-update', '--disable-sync', '--no-first-run',
			'--disable-domain-reliability', '--no-pings', ...args],
	});
	browsers.push(b);
	return b;
}
export const browser = await launch();

/* How often what is timed is done; the figures want more than a test. */
export const TURNS = Number(process.env.TAMGA_TURNS) || 3;
export const median = (times) => {
	const t = [...times].sort((a, b) => a - b);
	return `median ${t[t.length >> 1].toFixed(0)} ms of ${t.map((x) => x.toFixed(0)).join(' ')}`;
};

export const picture = (name) => join(home.dir, 'pictures', name);
export const digits = (text) => text.slice(text.indexOf('#'));
export const shot = (page, name) =>
	page.screenshot({ path: join(shots, name + '.png'), fullPage: true });

/* A context costs a second of CPU: pages that are opened alike are used again,
 * unless the test wants its own because it leaves something behind (a clock, a
 * script). Those used again have no service worker. */
const idle = {};
const VIEW = { width: 900, height: 1000 };

export async function open({ path = '/', zh = true, by = browser, origin = service.origin,
	own = by !== browser || origin !== service.origin, ...options } = {}) {
	const key = own ? '' : JSON.stringify([zh, options]);
	let page = (idle[key] ||= []).pop();
	if (!page) {
		const context = await by.newContext({ locale: zh ? 'zh-CN' : 'en-GB', viewport: VIEW,
			...own ? {} : { serviceWorkers: 'block' }, ...options });
		page = await context.newPage();
		page.idle = own ? null : idle[key];
	}
	page.problems = [];
	page.on('console', (m) => m.type() === 'error' && page.problems.push(m.text()));
	page.on('pageerror', (e) => page.problems.push(String(e)));
	page.on('request', (r) => {
		if (!r.url().startsWith(origin) && !r.url().startsWith('blob:'))
			page.problems.push('asked ' + r.url());
	});
	const answer = await page.goto(origin + path);
	assert.equal(answer.status(), 200, await answer.text());
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
	if (!page.idle)
		return page.context().close();
	for (const what of ['console', 'pageerror', 'request'])
		page.removeAllListeners(what);
	await page.unrouteAll();
	await page.goto(service.origin + '/healthz');
	page.idle.push(page);
}
