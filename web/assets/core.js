/*
 * The verifier in the browser: core.wasm decides, WebCrypto checks signatures,
 * the publication's files come from our own origin. verify() gives the verdict
 * as POST /api/v1/verify would, or null for what only the service can judge.
 */
const NOTHING = 0, BODIES = 1, FILE = 2, SIGNATURE = 3, INFLATE = 4;
const RAW_MAX = 262144;
const ALG = {
	'-7': [{ name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA', hash: 'SHA-256' }],
	'-8': [{ name: 'Ed25519' }, { name: 'Ed25519' }],
};
const bytes = (b64) => Uint8Array.from(atob(b64), (c) => c.charCodeAt(0));
const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

export class Core {
	/* module: WebAssembly.Module. files(path): Uint8Array, null when there is
	 * none, rejects when it cannot be had. seen: what was met before, so that
	 * nothing older counts: get(key), set(key, text). Of a CRL its number, of
	 * a list its time, of a log "size root". */
	constructor(module, files, seen) {
		this.w = new WebAssembly.Instance(module, {}).exports;
		this.w._initialize?.();
		this.files = files;
		this.seen = seen;
		this.keys = new Map();
		this.queue = Promise.resolve();
	}

	/* One at a time: the core holds one verification. */
	verify(text, lang, trust, now) {
		const turn = this.queue.then(() => this.#verify(text, lang, trust, now));
		this.queue = turn.catch(() => {});
		return turn;
	}

	/* Does the ID number fit the certificate's 12 bits? true, false, undefined
	 * when it can be none; null for what only the service can judge. */
	match(text, id, trust, now) {
		const turn = this.queue.then(async () => {
			if (!await this.#verify(text, 'en', trust, now))
				return null;
			return [undefined, false, true][this.w.core_match(this.#put(id)) + 1];
		});
		this.queue = turn.catch(() => {});
		return turn;
	}

	#put(data) {
		const b = typeof data === 'string' ? new TextEncoder().encode(data) : data;
		if (b.length > this.w.core_in_size())
			throw new RangeError('too long');
		new Uint8Array(this.w.memory.buffer).set(b, this.w.core_in());
		return b.length;
	}

	#out(len) {
		const at = this.w.core_out();
		return new Uint8Array(this.w.memory.buffer).slice(at, at + len);
	}

	#data() {
		const at = this.w.core_data();
		return new Uint8Array(this.w.memory.buffer).slice(at, at + this.w.core_data_len());
	}

	async #verify(text, lang, trust, now) {
		const w = this.w;
		if (!trust.listed || !trust.files)
			return null;
		w.core_reset();
		this.early = new Map();
		this.keyOfLog = this.keyOfList = '';
		w.core_crl(this.#put(this.#crl(trust.crl)), trust.crl.iat, trust.crl.exp);
		if (!w.core_hosts(this.#put(trust.hosts.map((h) => h + '\n').join(''))) ||
		    !w.core_text(this.#put(text)))
			return null;
		for (let i = 0; i < 100; i++) {
			const want = w.core_run(now);
			if (want === NOTHING)
				return this.#report(lang, text);
			const answer = want === BODIES ? this.#bodies(trust)
				: want === FILE ? await this.#file()
				: want === SIGNATURE ? await this.#signature()
				: want === INFLATE ? await this.#inflate() : null;
			if (answer === null)
				return null;
			const [state, data] = answer;
			if (!w.core_answer(state, data ? this.#put(data) : 0))
				return null;
		}
		return null;
	}

	/* Why the CRL does not count, or 'OK'. Whom it names stays withdrawn. */
	#crl(crl) {
		let why = crl.why;
		for (const [anchor, n] of Object.entries(crl.numbers || {})) {
			const key = 'crl ' + anchor, before = Number(this.seen.get(key)) || 0;
			if (n < before && (why === 'OK' || why === 'CRL_EXPIRED'))
				why = 'CRL_OLDER';
			if (n > before)
				this.seen.set(key, n);
		}
		return why;
	}

	/* Those with the kid, and the other certificates of the same bodies. */
	#bodies(trust) {
		const w = this.w, kid = this.#data();
		const ids = new Set(trust.bodies.filter((b) => same(bytes(b.kid), kid)).map((b) => b.id));
		for (const b of trust.bodies.filter((x) => ids.has(x.id))) {
			w.core_body(b.alg, b.not_before, b.not_after);
			w.core_body_kid(this.#put(bytes(b.kid)));
			w.core_body_key(this.#put(bytes(b.key)));
			w.core_body_name(this.#put(b.name));
			w.core_body_scope(this.#put(bytes(b.scope)));
			if (b.withdrawn)
				w.core_body_withdrawn(b.withdrawn.reason, b.withdrawn.since, b.withdrawn.tree_size);
			if (!w.core_body_add())
				return null;
		}
		/* what is nearly always asked for next */
		for (const id of ids)
			for (const path of [`bodies/${id}/status/0`, `bodies/${id}/log/checkpoint`])
				this.#ahead(path);
		return [0];
	}

	#ahead(path) {
		const answer = this.files(path);
		answer.catch(() => {});
		this.early.set(path, answer);
		return answer;
	}

	async #file() {
		const path = new TextDecoder().decode(this.#out(this.w.core_question(0)));
		try {
			const data = await (this.early.get(path) || this.#ahead(path));
			this.#floor(path);
			return data ? [0, data] : [1];
		} catch {
			return [2];
		}
	}

	/* Before a list or a checkpoint is judged: what was seen of it before. */
	#floor(path) {
		const [, body, list] = /^bodies\/(\w+)\/(status\/\d+|log\/checkpoint)$/.exec(path) || [];
		if (!body)
			return;
		this.keyOfLog = 'log ' + body;
		if (list !== 'log/checkpoint')
			this.keyOfList = list + ' ' + body;
		const [size, root] = this.#log();
		this.w.core_floor(root ? this.#put(Uint8Array.from(root.match(/../g), (x) => parseInt(x, 16))) : 0,
			Number(this.seen.get(this.keyOfList)) || 0, size);
	}

	/* What was seen of the log: its size, and its root in hex if known. */
	#log() {
		const [, size, , root] = /^(\d+)( ([0-9a-f]{64}))?$/.exec(this.seen.get(this.keyOfLog) || '') || [];
		return [Number(size) || 0, root];
	}

	async #signature() {
		const [kind, how] = ALG[this.w.core_alg()] || [];
		const data = this.#data();
		const raw = this.#out(this.w.core_question(2));
		const sig = this.#out(this.w.core_question(3));
		if (!kind)
			return null;
		const id = kind.name + raw.join();
		try {
			if (!this.keys.has(id))
				this.keys.set(id, await crypto.subtle.importKey('raw', raw, kind, false, ['verify']));
			return [await crypto.subtle.verify(how, this.keys.get(id), sig, data) ? 0 : 3];
		} catch {
			return null; /* an algorithm that this browser lacks */
		}
	}

	async #inflate() {
		const data = this.#data();
		const reader = new Blob([data]).stream()
			.pipeThrough(new DecompressionStream('deflate')).getReader();
		const out = new Uint8Array(RAW_MAX);
		let n = 0;
		try {
			for (;;) {
				const { done, value } = await reader.read();
				if (done)
					return [0, out.slice(0, n)];
				if (n + value.length > RAW_MAX)
					return [3];
				out.set(value, n);
				n += value.length;
			}
		} catch {
			return [3];
		} finally {
			reader.cancel().catch(() => {});
		}
	}

	#report(lang, text) {
		const w = this.w;
		const v = JSON.parse(new TextDecoder().decode(this.#out(w.core_report(lang === 'en' ? 0 : 1))));
		const host = new TextDecoder().decode(this.#out(w.core_host())) ||
			(v.status === 'not_ours' ? hostOf(text) : '');
		if (host)
			v.host = host.replace(/[^!#-%'-;=?-[\]-~]/g, '?').slice(0, 253);
		/* another tab may have seen more meanwhile */
		if (this.keyOfList && w.core_seen_iat() > (Number(this.seen.get(this.keyOfList)) || 0))
			this.seen.set(this.keyOfList, w.core_seen_iat());
		const [size, root] = this.keyOfLog ? this.#log() : [Infinity];
		if (w.core_seen_size() > size || (w.core_seen_size() === size && size > 0 && !root))
			this.seen.set(this.keyOfLog, w.core_seen_size() + ' ' +
				Array.from(this.#out(w.core_seen_root()), (x) => x.toString(16).padStart(2, '0')).join(''));
		return v;
	}
}

/* The host of any URL, so that a code that is not ours can be named. */
function hostOf(text) {
	const m = /^[^]{0,8}?:\/\/([^/?#\\]{1,253})/.exec(text);
	return m ? m[1].slice(m[1].lastIndexOf('@') + 1) : '';
}
