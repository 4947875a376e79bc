'use strict';
/* The page's only script. What is shown goes in through textContent. */
(() => {
	const MAX_FILE = 20 * 1024 * 1024;
	const FAMILY = {
		valid: 'good', superseded: 'warn', suspended: 'warn', expired: 'warn',
		review_overdue: 'warn', not_yet_valid: 'warn', status_unknown: 'warn',
		not_ours: 'dim', unreadable: 'dim',
	};
	const CHECKS = { issuer: 'body' };
	const $ = (id) => document.getElementById(id);
	const zh = document.documentElement.lang !== 'en';
	const result = $('result');
	const words = $('words');
	const say = (key, n) =>
		(words.getAttribute('data-' + key) || key).replace('#', n);
	let turn = 0; /* answers to an older question are dropped */

	const make = (tag, text, cls) => {
		const e = document.createElement(tag);
		if (text !== undefined && text !== null)
			e.textContent = text;
		if (cls)
			e.className = cls;
		return e;
	};

	const card = (status, family) => {
		const c = $('card').content.firstElementChild.cloneNode(true);
		c.classList.add(family);
		c.dataset.status = status;
		c.querySelector('use').setAttribute('href', '#i-' + status);
		return c;
	};
	const fill = (c, sel, text) => {
		c.querySelector(sel).textContent = text || '';
	};

	const age = (s) => {
		if (typeof s !== 'number' || s < 0)
			return say('age-none');
		return say('age', s < 3600 ? say('minute', Math.ceil(s / 60))
			: s < 172800 ? say('hour', Math.floor(s / 3600))
			: say('day', Math.floor(s / 86400)));
	};

	/* "2026-11-23 16:00", Asia/Shanghai, wherever the browser is. */
	const chinaTime = (iso) =>
		new Date(Date.parse(iso) + 8 * 3600e3).toISOString()
			.slice(0, 16).replace('T', ' ');

	const fields = (dl, v) => {
		const k = v.certificate, b = v.issuer;
		const row = (key, value, cls) => {
			if (value === undefined || value === null || value === '')
				return;
			dl.append(make('dt', say(key)), make('dd', value, cls));
		};
		if (v.host)
			row('host', v.host);
		if (!k)
			return;
		row('name', k.name, 'big');
		row('kind', k.kind_name);
		row(k.kind === 4 ? 'operation' : 'occupation', k.occupation);
		row('level', k.level_name);
		row('number', k.number);
		row('issued', k.issued);
		row('valid_to', k.valid_to);
		row('review_due', k.review_due);
		if (b) {
			row('issuer', b.name);
			row('body_id', b.body_id);
		}
	};

	const verdictCard = (v, source) => {
		const c = card(v.status, FAMILY[v.status] || 'bad');
		fill(c, '.source', source);
		fill(c, 'h2', v.headline);
		fill(c, '.reason', v.reason);
		fill(c, '.advice', v.advice);
		fill(c, '.caveat', v.certificate ? v.caveat : '');
		for (const w of v.warnings || [])
			c.querySelector('.advice').before(make('p', say(w), 'warn'));
		fields(c.querySelector('dl'), v);
		const list = c.querySelector('.checks');
		const made = (v.checks || []).some((k) => k.result !== 'skipped');
		for (const k of v.checks || []) {
			const li = make('li', say(CHECKS[k.check] || k.check));
			li.append(make('span', say(k.result), k.result));
			list.append(li);
		}
		if (!made)
			c.querySelector('details').remove();
		else
			fill(c, '.age', age(v.status_age_s) + ' · ' + say('checked') +
				' ' + chinaTime(v.checked_at) + ' · ' +
				say(v.local ? 'by-page' : 'by-server'));
		return c;
	};

	/* Our fault, or a request we do not take: never looks like a verdict. */
	const faultCard = (problem, source) => {
		const refused = problem.status >= 400 && problem.status < 500;
		const c = card('fault', 'fault');
		fill(c, '.source', source);
		fill(c, 'h2', say(refused ? 'refused' : 'fault'));
		fill(c, '.reason', problem.detail || say('fault-reason'));
		fill(c, '.advice', refused ? '' : say('fault-advice'));
		fill(c, '.caveat', problem.request_id ?
			say('request') + ' ' + problem.request_id : '');
		c.querySelector('details').remove();
		return c;
	};

	/* ---- the core in this page; null where the browser cannot run it */
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
	const local = async (text) => {
		try {
			const c = await core;
			const t = c && await freshTrust();
			const now = c && Math.max(Date.now(), t.server + Date.now() - t.at);
			return c && await c.verify(text, zh ? 'zh' : 'en', t, Math.floor(now / 1000));
		} catch {
			return null;
		}
	};

	const ask = async (body, type, source) => {
		let answer, data;
		try {
			answer = await fetch('/api/v1/verify?lang=' + (zh ? 'zh' : 'en'), {
				method: 'POST', body, credentials: 'omit', cache: 'no-store',
				headers: { 'Content-Type': type },
			});
			data = await answer.json();
		} catch {
			return [faultCard({ detail: say('network') }, source)];
		}
		if (!answer.ok)
			return [faultCard(data, source)];
		const many = data.results || [data];
		return many.map((v) => verdictCard(v, [source,
			v.page > 1 || many.some((o) => o.page > 1) ? say('page', v.page) : '',
		].filter(Boolean).join(' · ')));
	};

	const show = async (jobs) => {
		const mine = ++turn;
		const cards = [];
		result.setAttribute('aria-busy', 'true');
		result.replaceChildren(make('p', say('checking'), 'busy'));
		for (const job of jobs) {
			cards.push(...await job());
			if (mine !== turn)
				return;
		}
		result.replaceChildren();
		if (cards.length > 1)
			result.append(make('p', say('count', cards.length), 'count'));
		result.append(...cards);
		performance.mark('verdict');
		result.removeAttribute('aria-busy');
		result.focus({ preventScroll: true });
		result.scrollIntoView({ block: 'start' });
	};

	const showText = (text) => show([async () => {
		const v = text.length <= 4096 && await local(text);
		return v ? [verdictCard(Object.assign(v, { local: true }), '')]
			: ask(text, 'text/plain', '');
	}]);

	const typeOf = (f) => /^image\/|^application\/pdf$/.test(f.type) ? f.type
		: /\.pdf$/i.test(f.name) ? 'application/pdf' : 'image/x';
	const showFiles = (files) => {
		const many = files.length > 1;
		return show([...files].map((f) => () => f.size > MAX_FILE
			? [faultCard({ status: 413, detail: say('large') }, f.name)]
			: ask(f, typeOf(f), many ? f.name : '')));
	};

	/* Arriving by the QR code itself: the digits stand behind the '#'. The
	 * visitor is at our address already, so the digits alone are sent. */
	const fromHash = () => {
		const m = /^#(\d+)/.exec(location.hash);
		if (m)
			showText(m[1]);
	};

	document.documentElement.classList.add('on');
	$('form').addEventListener('submit', (e) => {
		e.preventDefault();
		const text = $('text').value.trim();
		if (text)
			showText(text);
		else if ($('file').files.length)
			showFiles($('file').files);
		else
			show([() => [faultCard({ status: 400, detail: say('none') }, '')]]);
	});
	$('file').addEventListener('change', () => {
		if ($('file').files.length) {
			$('text').value = '';
			showFiles($('file').files);
		}
	});
	document.addEventListener('paste', (e) => {
		const files = e.clipboardData ? e.clipboardData.files : [];
		const text = e.clipboardData ? e.clipboardData.getData('text/plain').trim() : '';
		if (files.length) {
			e.preventDefault();
			showFiles(files);
		} else if (text && e.target !== $('text')) {
			$('text').value = text;
			showText(text);
		}
	});
	const over = (on) => (e) => {
		e.preventDefault();
		$('drop').classList.toggle('over', on);
	};
	document.addEventListener('dragover', over(true));
	document.addEventListener('dragleave', over(false));
	document.addEventListener('drop', (e) => {
		over(false)(e);
		const text = e.dataTransfer.getData('text/plain').trim();
		if (e.dataTransfer.files.length)
			showFiles(e.dataTransfer.files);
		else if (text)
			showText(text);
	});
	$('lang').addEventListener('click', (e) => {
		e.preventDefault();
		location.href = $('lang').getAttribute('href') + location.hash;
	});
	addEventListener('hashchange', fromHash);
	fromHash();
	if (navigator.serviceWorker) {
		const policy = self.trustedTypes ? trustedTypes.createPolicy('tamga', {
			createScriptURL: (url) => url }) : { createScriptURL: (url) => url };
		navigator.serviceWorker.register(policy.createScriptURL('/sw.js')).catch(() => {});
	}
})();
