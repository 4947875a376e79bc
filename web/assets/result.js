/* Where verdicts stand, for two minutes unless somebody holds them. */
import { family, faultCard, headline, verdictCard } from '/card.js';
import { match } from '/judge.js';
import { $, make, say } from '/words.js';

const KEEP_S = 120;
const result = $('result'), bar = $('bar');
let turn = 0; /* answers to an older question are dropped */
let left = 0, held = false, tick = 0, cleared = () => {};

const clock = () => {
	$('clock').textContent = held ? say('clear-held') : say('clear-in', left);
};
export const clear = () => {
	turn++;
	clearInterval(tick);
	bar.hidden = true;
	result.removeAttribute('aria-busy');
	result.replaceChildren(make('p', say('cleared'), 'busy'));
	cleared();
};
const count = () => {
	if (!held && --left <= 0)
		clear();
	else
		clock();
};
const keep = () => {
	clearInterval(tick);
	left = KEEP_S;
	held = false;
	$('pause').setAttribute('aria-pressed', 'false');
	bar.hidden = false;
	clock();
	tick = setInterval(count, 1000);
};
const started = () => { left = KEEP_S; }; /* somebody is still at it */
for (const event of ['input', 'click', 'keydown'])
	result.addEventListener(event, started);
$('pause').addEventListener('click', () => {
	held = !held;
	left = KEEP_S;
	$('pause').setAttribute('aria-pressed', held);
	clock();
});
$('clear').addEventListener('click', () => {
	clear();
	result.focus();
});
$('print').addEventListener('click', () => print());
addEventListener('beforeprint', () => {
	for (const d of document.querySelectorAll('.card details'))
		d.open = true;
});
export const onClear = (f) => { cleared = f; };

const cardOf = (v, source) =>
	v.fault ? faultCard(v.fault, source) : verdictCard(v, source, match);

/* Which file and page, where there are several. */
const sourceOf = (v, all, name) => [name, v.page > 1 ||
	all.some((o) => o.page > 1) ? say('page', v.page) : ''].filter(Boolean).join(' · ');

const tableOf = (rows) => {
	const list = $('list').content.firstElementChild.cloneNode(true);
	const sums = new Map();
	for (const { v, c, source } of rows) {
		const k = v.certificate || {}, tr = make('tr'), td = make('td'), icon =
			c.querySelector('.icon').cloneNode(true), cls = family(v.fault ? {} : v);
		const to = make('button', source || say('page', 1), 'to');
		to.type = 'button';
		to.addEventListener('click', () => {
			c.focus({ preventScroll: true });
			c.scrollIntoView({ block: 'start' });
		});
		td.append(icon, make('span', v.fault ? c.querySelector('h2').textContent : headline(v)));
		tr.className = cls;
		tr.append(make('td'), td, make('td', k.name), make('td', k.number));
		tr.firstChild.append(to);
		list.querySelector('tbody').append(tr);
		sums.set(cls, (sums.get(cls) || 0) + 1);
	}
	list.querySelector('caption').textContent = say('sum', rows.length) + ' · ' +
		['good', 'warn', 'bad', 'dim', 'fault'].filter((cls) => sums.has(cls)).map((cls) =>
			say(cls === 'fault' ? 'went-wrong' : cls) + ' ' + sums.get(cls)).join(' · ');
	return list;
};

/* jobs: {name, run}; run() gives verdicts and problems. */
export const show = async (jobs) => {
	const mine = ++turn;
	const rows = [];
	const busy = make('p', say('checking'), 'busy');
	clearInterval(tick);
	bar.hidden = true;
	result.setAttribute('aria-busy', 'true');
	result.replaceChildren(busy);
	for (const [i, job] of jobs.entries()) {
		const all = await job.run();
		if (mine !== turn)
			return;
		for (const v of all) {
			const source = sourceOf(v, all, jobs.length > 1 ? job.name : '');
			rows.push({ v, source, c: cardOf(v, source) });
		}
		if (jobs.length > 1)
			busy.textContent = say('checking') + ' ' + say('done', `${i + 1} / ${jobs.length}`);
	}
	result.replaceChildren();
	if (jobs.length > 1)
		result.append(tableOf(rows));
	else if (rows.length > 1)
		result.append(make('p', say('count', rows.length), 'count'));
	result.append(...rows.map((r) => r.c));
	performance.mark('verdict');
	result.removeAttribute('aria-busy');
	keep();
	result.focus({ preventScroll: true });
	const { top, left } = result.getBoundingClientRect();
	if (top < 0 || left < 0 || top > innerHeight / 3 || left > innerWidth / 3)
		result.scrollIntoView({ block: 'start' });
};
