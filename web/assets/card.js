/* The card of a verdict; verifier/card.c makes the same. */
import { $, has, make, say } from '/words.js';

const FAMILY = {
	valid: 'good', superseded: 'warn', suspended: 'warn', expired: 'warn',
	review_overdue: 'warn', not_yet_valid: 'warn', status_unknown: 'warn',
	not_ours: 'dim', unreadable: 'dim',
};
const CHECKS = { issuer: 'body' };
export const family = (v) => v.status ? FAMILY[v.status] || 'bad' : 'fault';

const open = (status, cls) => {
	const c = $('card').content.firstElementChild.cloneNode(true);
	c.classList.add(cls);
	c.dataset.status = status;
	c.querySelector('use').setAttribute('href', '#i-' + status);
	return c;
};
/* own: a verdict's own sentence, in Chinese on the Mongolian page. */
const fill = (c, sel, text, own) => {
	const e = c.querySelector(sel);
	e.textContent = text || '';
	if (own)
		e.lang = say('report-lang');
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
	if (has('site-' + k.kind))
		row('query', say('site-' + k.kind));
};

/* The page's own headline, in front of the verdict's where both are there. */
export const headline = (v) =>
	has('h-' + v.status) ? say('h-' + v.status) : v.headline;

const checks = (c, v) => {
	if (!(v.checks || []).some((k) => k.result !== 'skipped')) {
		c.querySelector('details').remove();
		return;
	}
	for (const k of v.checks) {
		const li = make('li', say(CHECKS[k.check] || k.check));
		li.append(make('span', say(k.result), k.result));
		c.querySelector('.checks').append(li);
	}
	fill(c, '.age', age(v.status_age_s) + ' · ' + say('checked') +
		' ' + chinaTime(v.checked_at) + ' · ' +
		say(v.local ? 'by-page' : 'by-server'));
};

/* match(text, id): the word on that ID number; hint: what becomes of it. */
const matchBox = (c, v, match) => {
	const form = c.querySelector('.match');
	if (!v.certificate || !v.text) {
		form.remove();
		return;
	}
	match.hint(v).then((key) => fill(form, '.hint', say(key)));
	form.addEventListener('submit', async (e) => {
		e.preventDefault();
		const id = form.elements.id.value, answer = form.querySelector('.answer');
		answer.textContent = say('checking');
		const keys = await match.ask(v, id);
		answer.className = 'answer ' + keys[keys.length - 1];
		answer.textContent = keys.map((k) => say(k)).join(' ');
	});
};

export const verdictCard = (v, source, match) => {
	const c = open(v.status, family(v));
	fill(c, '.source', source);
	fill(c, 'h2', headline(v));
	if (headline(v) !== v.headline) {
		const own = make('p', v.headline, 'own');
		own.lang = say('report-lang');
		c.querySelector('h2').after(own);
	}
	fill(c, '.reason', v.reason, true);
	fill(c, '.advice', v.advice, true);
	fill(c, '.caveat', v.certificate ? v.caveat : '', true);
	for (const w of v.warnings || [])
		c.querySelector('.advice').before(make('p', say(w), 'warn'));
	fields(c.querySelector('dl'), v);
	matchBox(c, v, match);
	checks(c, v);
	return c;
};

/* Our fault, or a request we do not take: never looks like a verdict. */
export const faultCard = (problem, source) => {
	const refused = problem.status >= 400 && problem.status < 500;
	const c = open('fault', 'fault');
	fill(c, '.source', source);
	fill(c, 'h2', say(refused ? 'refused' : 'fault'));
	fill(c, '.reason', problem.detail || say('fault-reason'), problem.code);
	fill(c, '.advice', refused ? '' : say('fault-advice'));
	fill(c, '.caveat', problem.request_id ?
		say('request') + ' ' + problem.request_id : '');
	c.querySelector('details').remove();
	c.querySelector('.match').remove();
	return c;
};
