/*
 * From a text or a file to verdicts: by the core in this page where it can,
 * else by the service. A verdict carries the text it is about, for a match.
 */
import { lang, say } from '/words.js';

/* Each answer is a verdict, or a problem: {status: number, detail}. */
const memory = {
	get: (key) => { try { return localStorage.getItem('seen ' + key) || ''; } catch { return ''; } },
	set: (key, n) => { try { localStorage.setItem('seen ' + key, n); } catch { /* private window */ } },
};
const get = async (path) => {
	const answer = await fetch(path);
	if (!answer.ok && answer.status !== 404)
		throw new Error(answer.status);
	return answer;
};
const file = async (path) => {
	const answer = await get('/' + path);
	return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
};

/* null where the browser cannot run it */
const core = (async () => {
	if (!crypto.subtle || !self.DecompressionStream)
		return null;
	const [{ Core }, module] = await Promise.all([
		import('/core.js'), WebAssembly.compileStreaming(fetch('/core.wasm'))]);
	return new Core(module, file, memory);
})().catch(() => null);

let trust = null, asked = -Infinity;
const freshTrust = () => {
	if (Date.now() - asked > 60e3) {
		asked = Date.now();
		trust = get('/api/v1/trust').then(async (answer) =>
			Object.assign(await answer.json(), { at: Date.now(),
				/* a clock that is behind the server's is not believed */
				server: Date.parse(answer.headers.get('Date')) || 0 }));
		trust.catch(() => { asked = -Infinity; });
	}
	return trust;
};
freshTrust().catch(() => {});

/* The core's answer to one question, null where only the service can tell. */
const local = async (question) => {
	try {
		const c = await core;
		const t = c && await freshTrust();
		const now = c && Math.max(Date.now(), t.server + Date.now() - t.at);
		return c && await question(c, t, Math.floor(now / 1000));
	} catch {
		return null;
	}
};

const post = async (path, body, type) => {
	try {
		const answer = await fetch(path + '?lang=' + lang, {
			method: 'POST', body, credentials: 'omit', cache: 'no-store',
			headers: { 'Content-Type': type },
		});
		const data = await answer.json();
		return answer.ok ? data : { fault: data };
	} catch {
		return { fault: { detail: say('network') }, offline: true };
	}
};

/* One verdict or {fault} in a list. */
export const judgeText = async (text) => {
	const v = text.length <= 4096 && await local((c, t, now) => c.verify(text, lang, t, now));
	if (v)
		return [Object.assign(v, { local: true, text })];
	return [Object.assign(await post('/api/v1/verify', text, 'text/plain'), { text })];
};

const typeOf = (f) => /^image\/|^application\/pdf$/.test(f.type) ? f.type
	: /\.pdf$/i.test(f.name) ? 'application/pdf' : 'image/x';

/* The service reads more than the scanner here, which is for when it is away. */
export const judgeFile = async (f) => {
	const data = await post('/api/v1/verify', f, typeOf(f));
	if (data.offline && typeOf(f) !== 'application/pdf') {
		try {
			const { scanFile } = await import('/scanner.js');
			const texts = await scanFile(f);
			if (texts.length)
				return (await Promise.all(texts.map(judgeText))).flat();
		} catch { /* no scanner kept: what the service's absence means */ }
	}
	if (data.fault)
		return [data];
	return data.results.map((v) => Object.assign(v, { text: v.qr }));
};

/* Whose is it? The words on it, the last one the answer. */
export const match = {
	async hint(v) {
		const t = await freshTrust().catch(() => ({}));
		return t.exact ? 'match-sent' : v.local || await local(
			(c, t2, now) => c.verify(v.text, lang, t2, now)) ? 'match-here' : 'match-sent12';
	},
	async ask(v, id) {
		const t = await freshTrust().catch(() => ({}));
		const here = await local((c, t2, now) => c.match(v.text, id, t2, now));
		const word = (method, same) =>
			same === undefined ? 'match-bad' : `match-${method}-${same ? 'yes' : 'no'}`;
		if (here === undefined || (here !== null && !t.exact))
			return [word('digest', here)];
		const data = await post('/api/v1/match', JSON.stringify({ qr: v.text, id }),
			'application/json');
		if (!data.fault)
			return [data.method ? word(data.method, data.match) : 'match-none'];
		if (here !== null)
			return [data.fault.status === 429 ? 'match-many' : 'network', word('digest', here)];
		return [data.fault.status === 400 ? 'match-bad' : 'match-none'];
	},
};
