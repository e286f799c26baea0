// npm test [-- part-of-a-file-name …]: builds, transpiles src and test into .build/, runs node:test, ends with "N passed, N failed".
import { build } from 'esbuild';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { watchForHanging } from './hanging.mjs';

const root = path.dirname(path.dirname(new URL(import.meta.url).pathname));
process.chdir(root);
const args = process.argv.slice(2);
const only = args.filter((a) => !a.startsWith('--'));

// Our own temporary folder of transpiled files each, so that two runs do not disturb each other.
const out = path.join(root, '.build', String(process.pid));
const version = JSON.parse(fs.readFileSync('package.json', 'utf8')).version;
const sources = ['src', 'test'].flatMap((d) => fs.readdirSync(d, { recursive: true }).map((f) => path.join(d, f))).filter((f) => f.endsWith('.ts') && !f.endsWith('.d.ts') && !f.includes('fixtures'));
await build({ entryPoints: sources, outdir: out, outbase: '.', format: 'esm', platform: 'node', target: 'node20', sourcemap: 'inline', logLevel: 'warning', define: { MGR_VERSION: JSON.stringify(version) } });
fs.writeFileSync(path.join(out, 'package.json'), '{ "type": "module" }');
if (!args.includes('--no-build')) {
  const built = spawnSync(process.execPath, ['scripts/build.mjs', '--fast'], { stdio: 'inherit' });
  if (built.status !== 0) process.exit(1);
}

const files = sources.filter((f) => /^test\/.*\.test\.ts$/.test(f) && (only.length === 0 || only.some((o) => f.includes(o))))
  .map((f) => path.join(out, f.replace(/\.ts$/, '.js'))).sort();
let passed = 0;
let failed = 0;
const stream = run({ files, concurrency: 3 });
// A file counts only through its tests; suites and the file wrapper itself do not.
stream.on('test:pass', (t) => { if (t.details?.type !== 'suite' && !files.includes(t.name)) passed++; });
stream.on('test:fail', (t) => { if (t.details?.type !== 'suite') failed++; });
const enough = watchForHanging(files, (text) => { failed++; process.stdout.write(`\n✖ ${text}\n`); });
stream.compose(spec).pipe(process.stdout);
stream.on('end', () => {
  enough();
  fs.rmSync(out, { recursive: true, force: true });
  process.on('exit', () => { fs.writeSync(1, `\n${passed} passed, ${failed} failed\n`); });
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
});
