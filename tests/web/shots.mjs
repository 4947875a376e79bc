/* shots.mjs ORIGIN DIGITS DIR "LANG WIDTHxHEIGHT STATUS NAME"…: DIR/NAME.png of
 * the page that has judged these digits, which must come to STATUS. */
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [origin, digits, dir, ...shots] = process.argv.slice(2);
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu'] });
for (const shot of shots) {
	const [lang, size, status, name] = shot.split(' ');
	const [width, height] = size.split('x').map(Number);
	const context = await browser.newContext({ viewport: { width, height },
		reducedMotion: 'reduce', serviceWorkers: 'block' });
	const page = await context.newPage();
	await page.goto(`${origin}/?lang=${lang}#${digits}`);
	await page.locator(`.card[data-status=${status}]`).waitFor();
	await page.locator('form.match .hint', { hasText: /./ }).waitFor();
	await page.screenshot({ path: join(dir, name + '.png') });
	await context.close();
}
await browser.close();
