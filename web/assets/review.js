/* Watches a table under review; everything works without it. */
'use strict';
const watch = document.getElementById('watch');
async function look() {
	const answer = await fetch('/api/v1/review/tables/' + watch.dataset.table);
	if (!answer.ok)
		return;
	const now = await answer.json();
	const bar = watch.querySelector('progress');
	if (bar) {
		bar.max = now.total || 1;
		bar.value = now.done;
		document.getElementById('watch-count').textContent = now.done + ' / ' + now.total;
	}
	if (now.busy)
		setTimeout(look, 700);
	else
		location.reload();
}
if (watch)
	setTimeout(look, 300);
