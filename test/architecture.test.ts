// The house as it is built against the house as it was drawn: who may import whom, which file owns which package,
// who may ask the world around the process, and how long a file may grow. A rule is changed here, in sight, or not at all.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { transform } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const LEAVES = ['base', 'config', 'protocol'];

/** Room -> what it may import. `logs(tail search)`: only these files of it. `modules(types)`: erased by the compiler. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  base: [],
  config: ['base'],
  protocol: ['base', 'config'],
  rpc: LEAVES,
  logs: LEAVES,
  store: LEAVES,
  modules: [...LEAVES, 'container(form-check)'],
  supervisor: [...LEAVES, 'logs'],
  daemon: [...LEAVES, 'rpc', 'supervisor', 'logs', 'store', 'compat', 'modules(types)', 'container(form)'],
  compat: LEAVES,
  client: [...LEAVES, 'rpc', 'logs(tail search)', 'modules(types)'],
  cli: [...LEAVES, 'client', 'database', 'host(ask check folder notes options views)', 'jobs', 'logs(tail search dates)', 'web(options tokens)'],
  child: ['base(sdk-link)'],
  sdk: ['base', 'jobs(types)'],
  container: ['base'],
  serve: ['base'],
  database: ['base'],
  jobs: ['base', 'config', 'database'],
  host: [...LEAVES, 'container', 'sdk', 'database', 'jobs', 'serve(handler options place)'],
  web: [...LEAVES, 'client', 'database', 'jobs', 'host(types)', 'logs(tail search dates)', 'modules(types)'],
  foreground: [...LEAVES, 'daemon', 'cli', 'client', 'supervisor(types)', 'logs(dates)'],
  index: [...LEAVES, 'client'],
};

/** Each package has one file that knows it, so that it can be replaced there. */
const OWNER: Readonly<Record<string, string>> = {
  '@fastify/send': 'serve/handler.ts',
  '@npmcli/arborist': 'modules/deps.ts',
  '@preact/signals': 'web/pages/lib/signals.ts',
  axon: 'rpc/transport.ts',
  chokidar: 'supervisor/triggers/watch.ts',
  commander: 'cli/program.ts',
  croner: 'config/croner.ts',
  dayjs: 'logs/formatted.ts',
  json5: 'config/json5.ts',
  libsql: 'database/driver.ts',
  // The elements of JSX besides: those the compiler imports by its own setting, in no file.
  preact: 'web/pages/lib/preact.ts',
  'prom-client': 'web/prometheus.ts',
  pacote: 'modules/fetch.ts',
  pidusage: 'supervisor/stats.ts',
  sucrase: 'host/typescript.ts',
  'terminal-kit': 'cli/monit/terminal.ts',
  uplot: 'web/pages/parts/plot.ts',
  yaml: 'config/yaml.ts',
};

/** Wholly inside our own files, so that nobody has to install it with us: a devDependency. */
const BUNDLED = ['@preact/signals', 'preact', 'sucrase', 'terminal-kit', 'uplot'];

/** What each program may load of them, `import()` included: the daemon stays small, the command line starts fast. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  'daemon/main.ts': ['axon', 'chokidar', 'croner', 'dayjs', 'pidusage'],
  'cli/main.ts': ['axon', 'commander', 'croner', 'dayjs', 'json5', 'libsql', 'terminal-kit', 'yaml'],
  'index.ts': ['axon', 'dayjs', 'json5', 'yaml'],
  'child/preload.ts': [],
  'child/primary.ts': [],
  'sdk/module.ts': [],
  'container/container.ts': [],
  'host/main.ts': ['@fastify/send', 'croner', 'libsql'],
  'host/hooks.ts': ['sucrase'],
  'serve/main.ts': ['@fastify/send'],
  'web/main.ts': ['axon', 'croner', 'dayjs', 'libsql', 'prom-client'],
};

/** Files that may ask the process and the clock; all others are given what they need. */
const EDGES = /^(?:cli|child|foreground)\/|^(?:daemon|host|modules|serve|web)\/main\.ts$|^base\/clock\.ts$|^(?:sdk\/program|container\/process|jobs\/program|web\/pages\/lib\/now)\.ts$/;
const AMBIENT = /(?<!["'`\w.])(?:process\.(?:env|cwd|exit|exitCode|chdir|stdin|stdout|stderr)\b|Date\.now\b|new Date\(\)|console\.)/g;
const AMBIENT_EXCEPTIONS: Readonly<Record<string, string>> = {
  'index.ts': 'the edge of the JS API: it is called with nothing but options, so it takes home and folder from the process it is in',
};

const MOST_LINES = 250;
/** Exceptions, each with its reason. */
const LONGER: Readonly<Record<string, string>> = {};

/** Rooms whose tests stand elsewhere. */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  child: 'runs inside a managed process: test/supervisor and test/walks',
  index: 'one file, tested by test/client',
};
const BESIDES = ['fixtures', 'helpers', 'walks'];

interface Import { readonly from: string; readonly what: string; readonly line: number; readonly type: boolean; readonly lazy: boolean }

const FILES = (fs.readdirSync(path.join(ROOT, 'src'), { recursive: true }) as string[]).filter((f) => /\.[cm]?tsx?$/.test(f) && !/\.d\.[cm]?ts$/.test(f)).sort();
const text = new Map(FILES.map((f) => [f, fs.readFileSync(path.join(ROOT, 'src', f), 'utf8')] as const));
const IMPORTS: readonly Import[] = FILES.flatMap((from) => importsOf(from, text.get(from) ?? ''));
const INNER = IMPORTS.filter((i) => i.what.startsWith('.')).map((i) => ({ ...i, to: resolve(i) }));

function importsOf(from: string, source: string): Import[] {
  const found: Import[] = [];
  // Statements first, then `import('…')`, be it a value or a type (`typeof import('…')`, `import('…').T`).
  for (const m of source.matchAll(/^[ \t]*(?:import|export)\s(?:[^'"`;=()]*?\sfrom\s*)?['"]([^'"]+)['"]|\b(typeof\s+)?(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)(\.[A-Z])?/gm)) {
    // Words about imports are no imports.
    if (/^[ \t]*(?:\/\/|\/?\*)/.test(source.slice(source.lastIndexOf('\n', m.index) + 1).split('\n')[0] ?? '')) continue;
    const what = m[1] ?? m[3] ?? '';
    const type = m[1] === undefined ? m[2] !== undefined || m[4] !== undefined : /^\s*(?:import|export)\s+type\b/.test(m[0]);
    found.push({ from, what, type, lazy: m[1] === undefined, line: source.slice(0, m.index).split('\n').length });
  }
  return found;
}

function resolve(i: Import): string {
  const named = path.join(path.dirname(i.from), i.what).replace(/\.([cm]?)js$/, '.$1ts');
  const to = text.has(named) ? named : named.replace(/\.ts$/, '.tsx');
  assert.ok(text.has(to) || !/\.[cm]?tsx?$/.test(to), `${at(i)} imports ${i.what}, which is not there`);
  return to;
}

function roomOf(file: string): string { return file.includes('/') ? file.slice(0, file.indexOf('/')) : path.parse(file).name; }
function at(i: Import): string { return `src/${i.from}:${i.line}`; }
function isPackage(what: string): boolean { return !what.startsWith('.') && !what.startsWith('node:'); }
function packageOf(what: string): string { return what.split('/').slice(0, what.startsWith('@') ? 2 : 1).join('/'); }

function allowed(i: Import & { readonly to: string }): boolean {
  return (MAY[roomOf(i.from)] ?? []).some((word) => {
    const [, room, only] = /^(\w+)(?:\((.*)\))?$/.exec(word) ?? [];
    if (room !== roomOf(i.to)) return false;
    if (only === undefined) return true;
    return only === 'types' ? i.type : only.split(' ').includes(path.parse(i.to).name);
  });
}

test('the reader of imports sees every form', () => {
  const seen = importsOf('x.ts', [
    "import a from './a.js';", "import type { B } from './b.js';", "import {\n  c,\n  d,\n} from 'c';", "export { e } from './e.js';", "import 'f';",
    "const g = await import('g');", "type H = typeof import('./h.js');", "const i: import('./i.js').I = 1;", "// say: import x from 'y' in words", "const r = require('r');", " * `const mgr = require('mgr')`", "const s = 'from';",
  ].join('\n'));
  assert.deepEqual(seen.map((i) => [i.what, i.type, i.lazy]), [
    ['./a.js', false, false], ['./b.js', true, false], ['c', false, false], ['./e.js', false, false], ['f', false, false],
    ['g', false, true], ['./h.js', true, true], ['./i.js', true, true], ['r', false, true],
  ]);
  assert.ok(INNER.length > 300, `only ${INNER.length} imports found`);
});

test('rooms import only what the drawing allows', () => {
  const unknown = [...new Set(FILES.map(roomOf))].filter((room) => !(room in MAY));
  assert.deepEqual(unknown, [], 'rooms without a row in the table');
  const bad = INNER.filter((i) => roomOf(i.from) !== roomOf(i.to) && !allowed(i)).map((i) => `${at(i)} -> ${i.to}${i.type ? ' (type)' : ''}`);
  assert.deepEqual(bad, []);
});

test('each package is imported by one file, and every dependency by some', () => {
  const bad = IMPORTS.filter((i) => isPackage(i.what) && OWNER[packageOf(i.what)] !== i.from).map((i) => `${at(i)} -> ${i.what}`);
  assert.deepEqual(bad, []);
  const declared = Object.keys((JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { dependencies: object }).dependencies).concat(BUNDLED).sort();
  assert.deepEqual([...new Set(IMPORTS.filter((i) => isPackage(i.what)).map((i) => packageOf(i.what)))].sort(), declared);
});

test('each program loads only the packages it may', () => {
  for (const [entry, may] of Object.entries(PROGRAMS)) {
    if (!text.has(entry)) continue;
    const reached = new Set([entry]);
    for (const file of reached) for (const i of INNER) if (i.from === file && !i.type) reached.add(i.to);
    const packages = IMPORTS.filter((i) => reached.has(i.from) && isPackage(i.what) && !i.type).map((i) => packageOf(i.what));
    assert.deepEqual([...new Set(packages)].filter((p) => !may.includes(p)), [], `${entry} loads too much`);
  }
});

// Types are erased: two files of one room may know each other's shapes. Rooms cannot, by the table above.
test('no cycles', () => {
  const next = new Map<string, string[]>();
  for (const i of INNER) if (!i.type) next.set(i.from, [...(next.get(i.from) ?? []), i.to]);
  const done = new Set<string>();
  const walk = (file: string, trail: readonly string[]): void => {
    const again = trail.indexOf(file);
    assert.equal(again, -1, `cycle: ${[...trail.slice(again), file].join(' -> ')}`);
    if (done.has(file)) return;
    for (const to of next.get(file) ?? []) walk(to, [...trail, file]);
    done.add(file);
  };
  for (const file of FILES) walk(file, []);
});

test('the world is asked at the edges only', async () => {
  const bad: string[] = [];
  for (const [file, source] of text) {
    if (EDGES.test(file) || file in AMBIENT_EXCEPTIONS) continue;
    // esbuild drops comments and types; what is left inside quotes is preceded by one.
    const { code } = await transform(source, { loader: file.endsWith('x') ? 'tsx' : 'ts', jsx: 'automatic', target: 'node20' });
    for (const m of code.matchAll(AMBIENT)) bad.push(`src/${file}: ${m[0]}`);
  }
  assert.deepEqual(bad, []);
});

test(`no file is longer than ${MOST_LINES} lines`, () => {
  const long = [...text].map(([f, s]) => [f, s.split('\n').length - 1] as const).filter(([, n]) => n > MOST_LINES);
  assert.deepEqual(long.filter(([f]) => !(f in LONGER)).map(([f, n]) => `src/${f}: ${n}`), []);
  assert.deepEqual(Object.keys(LONGER).filter((f) => !long.some(([l]) => l === f)), [], 'exceptions that are none any more');
});

test('test/ repeats the rooms', () => {
  const rooms = [...new Set(FILES.map(roomOf))];
  const folders = fs.readdirSync(path.join(ROOT, 'test'), { withFileTypes: true }).filter((d) => d.isDirectory()).map((d) => d.name);
  assert.deepEqual(folders.filter((f) => !rooms.includes(f) && !BESIDES.includes(f)), [], 'folders that are no room');
  const tested = folders.filter((f) => (fs.readdirSync(path.join(ROOT, 'test', f), { recursive: true }) as string[]).some((n) => n.endsWith('.test.ts')));
  assert.deepEqual(rooms.filter((r) => !tested.includes(r) && !(r in TESTED_ELSEWHERE)), [], 'rooms without tests');
});
