// Builds the dashboard's pages (src/web/pages) into a folder: index.html, app.js, app.css, each beside its .br and .gz, so
// that the server never compresses. Also by hand: node scripts/pages.mjs <folder>
import { build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const root = path.dirname(path.dirname(new URL(import.meta.url).pathname));
const from = (...p) => path.join(root, 'src/web/pages', ...p);

export async function buildPages(out) {
  const common = {
    bundle: true, minify: true, format: 'iife', target: ['chrome111', 'firefox113', 'safari16.4'], legalComments: 'none', logLevel: 'warning', absWorkingDir: root,
    tsconfig: from('tsconfig.json'), define: { 'process.env.NODE_ENV': '"production"' },
  };
  fs.mkdirSync(out, { recursive: true });
  await Promise.all([
    build({ ...common, entryPoints: [from('main.tsx')], outfile: path.join(out, 'app.js'), footer: { js: noticesOf('preact', '@preact/signals', '@preact/signals-core', 'uplot') } }),
    build({ ...common, entryPoints: [from('style/app.css')], outfile: path.join(out, 'app.css') }),
  ]);
  fs.copyFileSync(from('index.html'), path.join(out, 'index.html'));
  for (const name of ['index.html', 'app.js', 'app.css']) {
    const text = fs.readFileSync(path.join(out, name));
    fs.writeFileSync(path.join(out, `${name}.br`), zlib.brotliCompressSync(text, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: text.length } }));
    fs.writeFileSync(path.join(out, `${name}.gz`), zlib.gzipSync(text, { level: 9 }));
  }
}

/** What is wholly inside our files is not installed beside us: its notice goes with it, as its license asks. */
export const noticesOf = (...packages) => packages.map((p) => `/*! ${p}\n${fs.readFileSync(path.join(root, 'node_modules', p, 'LICENSE'), 'utf8').replaceAll('*/', '* /')}*/`).join('\n');

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const out = process.argv[2];
  if (out === undefined) { console.error('got nothing, wanted a folder: node scripts/pages.mjs <folder>'); process.exit(1); }
  await buildPages(path.resolve(out));
}
