/* The camera: films for Chromium's fake one, and each of its errors. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { card, close, digits, home, launch, median, open, picture, service, shot, TURNS } from './browser.mjs';
import { start } from './service.mjs';

/* A film of JPEG frames: empty ones, then the picture, a little aslant. */
async function film(name, source, empty) {
	const page = await open();
	const [none, shown] = await page.evaluate(async (png) => {
		const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
		const bitmap = await createImageBitmap(new Blob([bytes]));
		const canvas = document.createElement('canvas');
		canvas.width = 1280;
		canvas.height = 720;
		const c = canvas.getContext('2d');
		const out = [];
		for (const shown of [false, true]) {
			c.setTransform(1, 0, 0, 1, 0, 0);
			c.fillStyle = '#8a8f98';
			c.fillRect(0, 0, 1280, 720);
			if (shown) {
				const by = 600 / Math.max(bitmap.width / 1.6, bitmap.height);
				c.translate(640, 360);
				c.rotate(0.09);
				c.drawImage(bitmap, -bitmap.width * by / 2, -bitmap.height * by / 2,
					bitmap.width * by, bitmap.height * by);
			}
			out.push(canvas.toDataURL('image/jpeg', 0.85).split(',')[1]);
		}
		return out;
	}, readFileSync(source).toString('base64'));
	await close(page);
	const path = join(home.dir, name + '.mjpeg');
	writeFileSync(path, Buffer.concat([...Array(empty).fill(none), ...Array(10).fill(shown)]
		.map((f) => Buffer.from(f, 'base64'))));
	return path;
}

const withFilm = async (name, source, empty, run) => {
	const by = await launch('--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
		'--use-file-for-fake-video-capture=' + await film(name, source, empty));
	try {
		return await run(by);
	} finally {
		await by.close();
	}
};

/* Two cameras, and a name without https. */
let two;
const twoCameras = () => two ??= launch('--use-fake-ui-for-media-stream',
	'--use-fake-device-for-media-stream=device-count=2',
	'--host-resolver-rules=MAP tamga.test 127.0.0.1');

const ended = (page) => page.evaluate(() => self.tracks.every((t) => t.readyState === 'ended'));
/* Every track that the page is given, so that its end can be seen. */
const watch = (page) => page.addInitScript(() => {
	self.tracks = [];
	const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
	navigator.mediaDevices.getUserMedia = async (what) => {
		const stream = await get(what);
		self.tracks.push(...stream.getTracks());
		return stream;
	};
});

export const tests = {
	'camera: a film'() {
		return withFilm('film', picture('valid.png'), 10, async (by) => {
			const page = await open({ by });
			await watch(page);
			const asked = [];
			page.on('request', (r) => asked.push(new URL(r.url()).pathname));
			await page.reload();
			await page.evaluate(() => navigator.serviceWorker.ready);
			assert.ok(!asked.some((p) => /camera|scan|zxing/.test(p)), asked.join());
			await page.evaluate(() => { // a verdict may have come before we look
				self.focused = [];
				document.addEventListener('focusin', (e) => self.focused.push(e.target.id));
			});
			await page.click('#camera-open');
			await page.getByText('请把证书上的二维码放进画面').waitFor();
			assert.ok((await page.evaluate(() => self.focused)).includes('camera-stop'));
			await shot(page, 'camera');
			assert.match(await (await card(page, 'valid')).innerText(), /王小明/);
			assert.ok(await ended(page));
			assert.ok(await page.locator('#camera').isHidden());
			assert.ok(asked.includes('/zxing.wasm'), asked.join());
			assert.ok(!asked.includes('/api/v1/verify'), 'no picture leaves the browser');
			await close(page);
		});
	},

	'camera: ours before a foreign code, which is named; the time is printed'() {
		return withFilm('both', picture('mixed.png'), 0, async (by) => {
			const page = await open({ by });
			const times = [];
			for (let i = 0; i < TURNS; i++) {
				await page.goto(service.origin + '/?lang=zh');
				await page.evaluate(() => document.getElementById('camera-open')
					.addEventListener('click', () => performance.mark('asked'), { capture: true }));
				await page.click('#camera-open');
				await page.locator('.card').first().waitFor();
				times.push(await page.evaluate(() => performance.getEntriesByName('verdict')[0].startTime -
					performance.getEntriesByName('asked')[0].startTime));
			}
			const all = await page.locator('.card').evaluateAll((c) => c.map((x) => x.dataset.status));
			assert.equal(all[0], 'valid', all.join());
			if (all.length > 1)
				assert.match(await page.locator('.card').nth(1).innerText(), /pay\.example/);
			await close(page);
			return `camera asked for to verdict: ${times[0].toFixed(0)} ms with the scanner to be loaded, then ` +
				median(times.slice(1));
		});
	},

	async 'camera: stops when hidden and when told, changes, lights'() {
		const page = await open({ by: await twoCameras() });
		await watch(page);
		await page.addInitScript(() => {
			MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
			MediaStreamTrack.prototype.applyConstraints = async (c) => { self.lit = c.advanced[0].torch; };
		});
		await page.reload();
		await page.click('#camera-open');
		await page.click('#camera-torch');
		assert.equal(await page.evaluate(() => self.lit), true);
		assert.equal(await page.getAttribute('#camera-torch', 'aria-pressed'), 'true');
		const device = () => page.evaluate(() => self.tracks.at(-1).getSettings().deviceId);
		const before = await device();
		await page.click('#camera-switch');
		await page.waitForFunction((b) => self.tracks.length === 2 &&
			self.tracks[1].getSettings().deviceId !== b, before);
		assert.equal(await page.evaluate(() => self.tracks[0].readyState), 'ended');
		await page.getByText('请把证书上的二维码放进画面').waitFor();
		await page.evaluate(() => {
			Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });
			document.dispatchEvent(new Event('visibilitychange'));
		});
		assert.ok(await ended(page));
		await page.getByText('摄像头已停止').waitFor();
		await page.evaluate(() => { delete document.hidden; });
		await page.click('#camera-open');
		await page.getByText('请把证书上的二维码放进画面').waitFor();
		assert.equal(await page.locator('#camera-fault').innerText(), '');
		await page.click('#camera-stop');
		assert.ok(await ended(page));
		assert.equal(await page.evaluate(() => document.activeElement.id), 'camera-open');
		assert.equal(await page.locator('.card').count(), 0);
		await close(page);
	},

	async 'camera: a text for each error, in both languages'() {
		for (const zh of [true, false]) {
			const page = await open({ zh });
			const said = new Set();
			const ask = async () => {
				await page.click('#camera-open');
				const fault = page.locator('#camera-fault', { hasText: /./ });
				await fault.waitFor();
				said.add(await fault.innerText());
				assert.ok(await page.locator('#camera').isHidden());
			};
			await ask(); /* there is none here */
			for (const name of ['NotAllowedError', 'NotFoundError', 'NotReadableError',
				'OverconstrainedError', 'AbortError']) {
				await page.evaluate((n) => {
					navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', n); };
				}, name);
				await ask();
			}
			assert.equal(said.size, 5, [...said].join('\n'));
			assert.match([...said].join(), zh ? /没有找到摄像头/ : /No camera was found/);
			assert.match([...said].join(), zh ? /没有得到使用摄像头的许可/ : /was not allowed/);
			await page.route('**/camera.js', (r) => r.abort());
			await page.reload();
			await ask();
			assert.equal(said.size, 6);
			page.problems.length = 0;
			await close(page);
		}
	},

	async 'camera: not without https'() {
		const by = await twoCameras();
		const origin = service.origin.replace('127.0.0.1', 'tamga.test');
		const page = await open({ by, origin, path: '/?lang=en' });
		await page.click('#camera-open');
		await page.getByText('Cameras work on https pages alone').waitFor();
		/* no WebCrypto either: the service judges */
		await page.fill('#text', home.texts.valid);
		await page.click('#form button[type=submit]');
		await page.getByText('checked by the server').waitFor({ state: 'attached' });
		page.problems.length = 0; /* Cross-Origin-Opener-Policy is for https */
		await close(page);
	},

	async 'a picture offline: read by the scanner once it was used'() {
		const own = await start(home);
		const page = await open({ origin: own.origin });
		await page.evaluate(async () => {
			await navigator.serviceWorker.ready;
			while (!navigator.serviceWorker.controller)
				await new Promise((done) => setTimeout(done, 20));
		});
		await page.goto(own.origin + '/?lang=zh' + digits(home.texts.valid));
		await card(page, 'valid');
		/* what a camera that works would load */
		assert.deepEqual(await page.evaluate(async () => {
			const { scan } = await import('/scanner.js');
			return scan(new ImageData(40, 40));
		}), []);
		await own.stop();
		await page.setInputFiles('#file', picture('revoked.jpg'));
		await page.locator('.card[data-status=revoked]').waitFor();
		assert.match(await page.locator('.card').textContent(), /在浏览器中核验/);
		page.problems.length = 0; /* the service is away */
		await close(page);
	},
};
