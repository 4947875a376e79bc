/* QR codes in pixels, by the decoder in a worker (scan.js); loaded when needed. */
import { code } from '/words.js';

const MOST = 2000; /* px of a file's longer side */
const WAIT_MS = 20000;
let worker = null, next = 0;
const open = new Map();

const fail = (why) => {
	for (const { reject } of open.values())
		reject(why);
	open.clear();
	worker = null;
};
/* Loads the decoder while a camera starts. */
export const warm = () => {
	if (worker)
		return;
	worker = new Worker(code('/scan.js'));
	worker.addEventListener('error', fail);
	worker.addEventListener('message', ({ data }) => {
		const one = open.get(data.id);
		open.delete(data.id);
		if (one)
			data.fault ? one.reject(new Error(data.fault)) : one.resolve(data.texts);
	});
};

/* The texts in these pixels. Rejects when the decoder cannot be had. */
export const scan = (image) => new Promise((resolve, reject) => {
	warm();
	const id = ++next;
	open.set(id, { resolve, reject });
	setTimeout(() => open.delete(id) && reject(new Error('slow')), WAIT_MS);
	worker.postMessage({ id, image }, [image.data.buffer]);
});

const canvas = document.createElement('canvas');
const context = canvas.getContext('2d', { willReadFrequently: true });
/* A video's frame or a bitmap, no larger than most px; null: nothing there. */
export const pixels = (source, width, height, most = MOST) => {
	const by = Math.min(1, most / Math.max(width, height));
	const w = Math.round(width * by), h = Math.round(height * by);
	if (!w || !h)
		return null;
	canvas.width = w;
	canvas.height = h;
	context.drawImage(source, 0, 0, w, h);
	return context.getImageData(0, 0, w, h);
};

export const scanFile = async (file) => {
	const bitmap = await createImageBitmap(file);
	const image = pixels(bitmap, bitmap.width, bitmap.height);
	bitmap.close();
	return image ? scan(image) : [];
};
