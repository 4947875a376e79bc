/* The camera: looks until a code is read, and stops when nobody looks. */
import { pixels, scan, warm } from '/scanner.js';
import { $, has, say } from '/words.js';

const MOST = 1280; /* px of a frame's longer side */
const PAUSE_MS = 60;

/* found(texts): all codes of one frame, those of ours first. */
export const camera = (found) => {
	let stream = null, devices = [], at = '';
	const video = $('video');
	const note = (key) => { $('camera-state').textContent = key ? say(key) : ''; };
	const fault = (key) => {
		stop();
		$('camera-fault').textContent = say(has('camera-' + key) ? 'camera-' + key : 'camera-other');
	};
	const track = () => stream.getVideoTracks()[0];

	const stop = () => {
		if (stream)
			for (const t of stream.getTracks())
				t.stop();
		stream = null;
		video.srcObject = null;
		$('camera').hidden = true;
		$('camera-open').hidden = false;
		$('camera-open').setAttribute('aria-expanded', 'false');
	};

	const look = async (mine) => {
		while (mine === stream) {
			const image = video.readyState < 2 ? null
				: pixels(video, video.videoWidth, video.videoHeight, MOST);
			let texts = [];
			try {
				texts = image ? await scan(image) : [];
			} catch {
				if (mine === stream)
					fault('decoder');
				return;
			}
			if (mine !== stream)
				return;
			if (texts.length) {
				stop();
				const ours = (t) => /#\d{17}/.test(t);
				found([...texts.filter(ours), ...texts.filter((t) => !ours(t))]);
				return;
			}
			await new Promise((done) => setTimeout(done, PAUSE_MS));
		}
	};

	const buttons = async () => {
		const can = track().getCapabilities ? track().getCapabilities() : {};
		$('camera-torch').hidden = !can.torch;
		$('camera-torch').setAttribute('aria-pressed', 'false');
		devices = (await navigator.mediaDevices.enumerateDevices())
			.filter((d) => d.kind === 'videoinput');
		at = track().getSettings().deviceId || '';
		$('camera-switch').hidden = devices.length < 2;
	};

	const start = async (id) => {
		$('camera').hidden = false;
		$('camera-open').setAttribute('aria-expanded', 'true');
		note('camera-starting');
		const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
		let mine;
		try {
			mine = await navigator.mediaDevices.getUserMedia({ audio: false, video:
				id ? { deviceId: { exact: id }, ...size }
				: { facingMode: { ideal: 'environment' }, ...size } });
		} catch (e) {
			fault(e.name.toLowerCase());
			return;
		}
		if ($('camera').hidden || document.hidden) { /* stopped meanwhile */
			for (const t of mine.getTracks())
				t.stop();
			return;
		}
		stream = mine;
		video.srcObject = mine;
		track().addEventListener('ended', () => mine === stream && fault('notreadableerror'));
		await video.play().catch(() => {});
		if (mine !== stream)
			return;
		note('camera-looking');
		await buttons();
		look(mine);
	};

	const leave = () => {
		if (!$('camera').hidden) {
			stop();
			$('camera-fault').textContent = say('camera-hidden');
		}
	};
	document.addEventListener('visibilitychange', () => document.hidden && leave());
	addEventListener('pagehide', stop);
	$('camera-stop').addEventListener('click', () => {
		stop();
		$('camera-open').focus();
	});
	$('camera-switch').addEventListener('click', () => {
		const i = devices.findIndex((d) => d.deviceId === at);
		const { deviceId } = devices[(i + 1) % devices.length];
		stop();
		start(deviceId);
	});
	$('camera-torch').addEventListener('click', async () => {
		const on = $('camera-torch').getAttribute('aria-pressed') !== 'true';
		try {
			await track().applyConstraints({ advanced: [{ torch: on }] });
			$('camera-torch').setAttribute('aria-pressed', on);
		} catch { /* it stays as it is */ }
	});

	return {
		async open() {
			if (!isSecureContext)
				fault('insecure');
			else if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia)
				fault('none');
			else {
				warm();
				$('camera-open').hidden = true;
				await start();
				if (stream)
					$('camera-stop').focus();
			}
		},
	};
};
