/*
 * The page in Debian's Chromium. page.mjs [PART OF A NAME]: those tests alone.
 * Screenshots go to $TAMGA_SHOTS.
 */
import { browsers, home, service } from './browser.mjs';
import { tests as ways } from './page_ways.mjs';
import { tests as cards } from './page_card.mjs';
import { tests as cameras } from './page_camera.mjs';
import { tests as looks } from './page_look.mjs';

const LANES = 3; /* most of a test is waiting */
const queue = Object.entries({ ...cameras, ...looks, ...cards, ...ways })
	.filter(([name]) => !process.argv[2] || name.includes(process.argv[2]));
const timed = queue.filter(([name]) => name.includes('printed')); /* alone */
let failed = 0;
const lane = async (queue) => {
	for (let next = queue.shift(); next; next = queue.shift()) {
		const [name, test] = next, start = performance.now();
		try {
			const said = await test();
			console.log(`ok     ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)` +
				(said ? '\n       ' + said : ''));
		} catch (e) {
			failed++;
			console.log('FAILED ' + name + '\n' + (e.stack || e));
		}
	}
};
const rest = queue.filter((t) => !timed.includes(t));
await lane(timed);
await Promise.all(Array.from({ length: LANES }, () => lane(rest)));
await Promise.all(browsers.map((b) => b.close()));
await service.stop();
home.remove();
process.exit(failed ? 1 : 0);
