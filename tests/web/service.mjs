/* tamga-verifier on a free loopback port, with the publication of make_home.sh. */
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bin = process.env.TAMGA_BIN;

export function makeHome() {
	const dir = mkdtempSync(join(tmpdir(), 'tamga-page-'));
	execFileSync('bash', [join(import.meta.dirname ?? '.', 'make_home.sh'), dir],
		{ stdio: 'inherit' });
	const texts = Object.fromEntries(readFileSync(join(dir, 'texts.tsv'), 'utf8')
		.trim().split('\n').map((line) => line.split('\t')));
	/* the lowest digit of the last chunk but one: a byte of the signature */
	texts.forged = texts.valid.replace(/(\d)(\d{17})$/, (_, d, rest) =>
		(d === '0' ? '1' : '0') + rest);
	return { dir, texts, remove: () => rmSync(dir, { recursive: true }) };
}

export function start(home, ...args) {
	const p = spawn(join(bin, 'tamga-verifier'), ['--home', join(home.dir, home.state || 'v'),
		'--anchor', join(home.dir, 'authority/anchor.pem'),
		'--pub', join(home.dir, 'pub'), '--listen', '127.0.0.1:0', '-q', ...args],
	{ stdio: ['ignore', 'inherit', 'pipe'], env: { ...process.env, LANGUAGE: 'en' } });
	process.on('exit', () => p.kill('SIGKILL'));
	return new Promise((resolve, reject) => {
		let log = '';
		p.on('exit', (code) => reject(new Error(`tamga-verifier: ${code} ${log}`)));
		p.stderr.on('data', (d) => {
			log += d;
			const m = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(log);
			if (m) {
				resolve({ origin: `http://127.0.0.1:${m[1]}`, log: () => log,
					reload: () => p.kill('SIGHUP'),
					says: async (word) => {
						while (!log.includes(word))
							await new Promise((done) => setTimeout(done, 20));
					},
					stop: () => new Promise((done) => {
						p.removeAllListeners('exit');
						p.on('exit', done);
						p.kill('SIGTERM');
					}) });
			}
		});
	});
}
