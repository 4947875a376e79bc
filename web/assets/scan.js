'use strict';
/* The worker: zxing.js and zxing.wasm are zxing-wasm (web/scanner). */
const policy = self.trustedTypes ? trustedTypes.createPolicy('tamga', {
	createScriptURL: (url) => url }) : { createScriptURL: (url) => url };
importScripts(policy.createScriptURL('/zxing.js'));
const ready = ZXingWASM.prepareZXingModule({ fireImmediately: true,
	overrides: { locateFile: () => '/zxing.wasm' } });
const HOW = { formats: ['QRCode'], tryHarder: true, tryRotate: true, tryInvert: true,
	tryDownscale: true, maxNumberOfSymbols: 8 };

self.onmessage = async ({ data: { id, image } }) => {
	try {
		await ready;
		const found = await ZXingWASM.readBarcodes(image, HOW);
		self.postMessage({ id, texts: found.filter((c) => c.isValid).map((c) => c.text) });
	} catch (e) {
		self.postMessage({ id, fault: String(e) });
	}
};
