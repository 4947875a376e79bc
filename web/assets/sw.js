/*
 * Keeps the page for use without a network. VERSION stands above, put there by
 * the service: it changes with any of the files, and is empty when the worker
 * is to go away.
 */
const STORE = 'tamga-' + VERSION;
const PAGE = ['/?lang=zh', '/?lang=en', '/?lang=mn', '/app.js', '/words.js', '/card.js', '/judge.js',
	'/result.js', '/core.js', '/core.wasm', '/style.css', '/icon.svg'];
/* kept once they were used */
const SCANNER = ['/camera.js', '/scanner.js', '/scan.js', '/zxing.js', '/zxing.wasm'];

self.addEventListener('install', (e) => {
	self.skipWaiting();
	if (VERSION)
		e.waitUntil(caches.open(STORE).then((c) => c.addAll(
			PAGE.map((url) => new Request(url, { cache: 'reload' })))));
});

self.addEventListener('activate', (e) => e.waitUntil((async () => {
	for (const name of await caches.keys())
		if (name !== STORE || !VERSION)
			await caches.delete(name);
	if (VERSION)
		await self.clients.claim();
	else
		await self.registration.unregister();
})()));

/* The newest there is; what was kept only when the network does not answer.
 * Keeping it holds nobody up. */
async function newest(e, key) {
	const open = caches.open(STORE);
	try {
		const answer = await fetch(e.request);
		const copy = answer.ok && answer.clone();
		if (copy || answer.status === 404)
			e.waitUntil(open.then((store) => copy ? store.put(key, copy) : store.delete(key)));
		return answer;
	} catch (why) {
		const kept = await (await open).match(key);
		if (kept)
			return kept;
		throw why;
	}
}

self.addEventListener('fetch', (e) => {
	const url = new URL(e.request.url);
	if (!VERSION || e.request.method !== 'GET' || url.origin !== self.location.origin)
		return;
	if (url.pathname === '/')
		e.respondWith(newest(e, '/?lang=' + (url.searchParams.get('lang') ||
			(/^zh/.test(self.navigator.language) ? 'zh' : 'en'))));
	else if (PAGE.includes(url.pathname) || SCANNER.includes(url.pathname) || url.pathname === '/api/v1/trust' ||
		url.pathname.startsWith('/bodies/'))
		e.respondWith(newest(e, url.pathname));
});
