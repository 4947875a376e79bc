// Documents to PDF by typst, all in one process, for bench/run.
//
//     node typst.mjs MODULES FONTS FILE.typ…     FILE.pdf beside each
//
// MODULES: a folder in which npm installed @myriaddreamin/typst-ts-node-compiler.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';

const [modules, fonts, ...files] = process.argv.slice(2).map((f) => resolve(f));
const { NodeCompiler } = createRequire(modules + '/')(
	'@myriaddreamin/typst-ts-node-compiler');
const typst = NodeCompiler.create({
	workspace: dirname(files[0]),
	fontArgs: [{ fontPaths: [fonts] }],
});

for (const f of files)
	writeFileSync(f.replace(/typ$/, 'pdf'), typst.pdf({ mainFilePath: f }));
