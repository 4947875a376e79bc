/* The ways in: code's own address, file, paste, drop, typed text, camera. */
import { judgeFile, judgeText } from '/judge.js';
import { onClear, show } from '/result.js';
import { $, code, say } from '/words.js';

const MAX_FILE = 20 * 1024 * 1024;
const MAX_FILES = 200;

const showTexts = (texts) =>
	show([{ name: '', run: async () => (await Promise.all(texts.map(judgeText))).flat() }]);
const refuse = (key) =>
	show([{ name: '', run: () => [{ fault: { status: 400, detail: say(key) } }] }]);
const showFiles = (files) => files.length > MAX_FILES ? refuse('many')
	: show([...files].map((f) => ({ name: f.name, run: () => f.size > MAX_FILE
		? [{ fault: { status: 413, detail: say('large') } }] : judgeFile(f) })));

/* Arriving by the QR code itself: the digits stand behind the '#'. The
 * visitor is at our address already, so the digits alone are sent. */
const fromHash = () => {
	const m = /^#(\d+)/.exec(location.hash);
	if (m)
		showTexts([m[1]]);
};

document.documentElement.classList.add('on');
$('form').addEventListener('submit', (e) => {
	e.preventDefault();
	const text = $('text').value.trim();
	if (text)
		showTexts([text]);
	else if ($('file').files.length)
		showFiles($('file').files);
	else
		refuse('none');
});
$('file').addEventListener('change', () => {
	if ($('file').files.length) {
		$('text').value = '';
		showFiles($('file').files);
	}
});
const fieldOf = (e) => e.target.closest && e.target.closest('input, textarea');
document.addEventListener('paste', (e) => {
	const files = e.clipboardData ? e.clipboardData.files : [];
	const text = e.clipboardData ? e.clipboardData.getData('text/plain').trim() : '';
	if (files.length) {
		e.preventDefault();
		showFiles(files);
	} else if (text && !fieldOf(e)) {
		$('text').value = text;
		showTexts([text]);
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
		showTexts([text]);
});

/* The camera's code comes when it is asked for. */
let camera = null;
$('camera-open').addEventListener('click', async () => {
	$('camera-fault').textContent = '';
	try {
		camera ??= (await import('/camera.js')).camera(showTexts);
	} catch {
		$('camera-fault').textContent = say('camera-decoder');
		return;
	}
	await camera.open();
});

/* Nothing of it stays, not in the address either. */
onClear(() => {
	$('form').reset();
	if (location.hash)
		history.replaceState(null, '', location.pathname + location.search);
});

for (const a of document.querySelectorAll('.langs a'))
	a.addEventListener('click', (e) => {
		e.preventDefault();
		location.href = a.getAttribute('href') + location.hash;
	});
addEventListener('hashchange', fromHash);
fromHash();
if (navigator.serviceWorker)
	navigator.serviceWorker.register(code('/sw.js')).catch(() => {});
