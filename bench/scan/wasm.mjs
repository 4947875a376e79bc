// wasm.mjs zxing|zbar DIR: paths on stdin, a line of JSON each on stdout:
// {"texts": […], "ms": …}. The modules are those of DIR/node_modules. The time
// is that of decoding; for zbar, which takes pixels, without the file's.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const [which, dir] = process.argv.slice(2)
const load = createRequire(`${dir}/package.json`)

function gray(file) {
  const bytes = readFileSync(file)
  const img = file.endsWith('.png')
    ? load('pngjs').PNG.sync.read(bytes)
    : load('jpeg-js').decode(bytes, { maxMemoryUsageInMB: 2048, useTArray: true })
  const out = new Uint8Array(img.width * img.height)
  for (let i = 0; i < out.length; i++) {
    const [r, g, b, a] = img.data.subarray(4 * i, 4 * i + 4)
    out[i] = 255 - (255 - (r * 77 + g * 150 + b * 29) / 256) * a / 255
  }
  return { buffer: out.buffer, w: img.width, h: img.height }
}

const decoders = {
  async zxing() {
    const { readBarcodes, prepareZXingModule } = load('zxing-wasm/reader')
    const wasm = readFileSync(load.resolve('zxing-wasm/reader/zxing_reader.wasm'))
    await prepareZXingModule({ overrides: { wasmBinary: wasm }, fireImmediately: true })
    return async file => {
      const bytes = new Uint8Array(readFileSync(file))
      const start = performance.now()
      const found = await readBarcodes(bytes, { formats: ['QRCode'],
        tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true,
        maxNumberOfSymbols: 8 })
      return { ms: performance.now() - start,
        texts: found.filter(x => x.isValid).map(x => x.text) }
    }
  },
  async zbar() {
    const { scanGrayBuffer, ZBarScanner, ZBarSymbolType, ZBarConfigType } =
      load('@undecaf/zbar-wasm')
    return async file => {
      const g = gray(file)
      const start = performance.now()
      const scanner = await ZBarScanner.create()
      scanner.setConfig(ZBarSymbolType.ZBAR_NONE, ZBarConfigType.ZBAR_CFG_ENABLE, 0)
      scanner.setConfig(ZBarSymbolType.ZBAR_QRCODE, ZBarConfigType.ZBAR_CFG_ENABLE, 1)
      const found = await scanGrayBuffer(g.buffer, g.w, g.h, scanner)
      const texts = found.map(x => x.decode())
      scanner.destroy()
      return { ms: performance.now() - start, texts }
    }
  },
}

const read = await decoders[which]()
process.stdout.write('ready\n')
for await (const file of createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = await read(file)
  } catch (e) {
    answer = { ms: 0, texts: [], error: String(e) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
