import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { readFolder, type Candidate } from '../../src/host/folder.js';
import { importer } from '../../src/host/load.js';
import { Modules } from '../../src/host/modules.js';
import { Notes, stampOf } from '../../src/host/notes.js';
import { folder } from './rig.js';

interface Run { readonly modules: Modules; readonly notes: Notes; readonly said: string[]; readonly told: string[]; readonly dir: string }

function make(t: TestContext, files: Readonly<Record<string, string>>, o: { only?: string; dir?: string; load?: (c: Candidate) => Promise<unknown>; told?: (file: string) => void } = {}): Run {
  const dir = o.dir ?? folder(t, files);
  const said: string[] = [];
  const told: string[] = [];
  const types = new Map<string, string>();
  const notes = new Notes({ dir: path.join(dir, 'notes'), instance: '0', boot: 'b', now: () => 0 });
  const modules = new Modules({
    folder: readFolder(dir), notes, load: o.load ?? importer({ prepareEsm: () => {}, limit: 2000 }), only: o.only, now: () => 0,
    registerType(file, type) {
      const { name } = type as { name: string };
      if (types.has(name)) throw new Error(`type ${name} of ${file}: ${types.get(name) ?? ''} has it already`);
      types.set(name, file);
    },
    say: (text) => { said.push(text); }, complain: (text) => { said.push(`! ${text}`); }, told: (event, row) => { told.push(`${event} ${row.file}`); o.told?.(row.file); },
  });
  return { modules, notes, said, told, dir };
}

const rows = ({ modules }: Run): string[] => modules.rows.map((r) => `${r.file} ${r.state}${r.reason === undefined ? '' : `: ${r.reason}`}`);

test('D5: each failure is the module\'s own, with the line where it is; the others are loaded', async (t) => {
  const run = make(t, {
    'modules/a.js': 'exports.fine = 1;', 'modules/b-throws.js': '\nthrow new Error("broken");', 'modules/c-needs.js': "require('./absent.js');", 'modules/d-package.mjs': "import 'no-such-package';",
    'modules/e-syntax.js': '\n\nconst a = ;', 'modules/f-waits.mjs': 'await new Promise(() => {});', 'modules/g-text.js': 'throw "a text";', 'modules/h-esm.mjs': 'await null; export const x = 1;', 'modules/i.cjs': '',
  });
  await run.modules.loadAll();
  const [a, b, c, d, e, f, g, h, i] = rows(run);
  assert.deepEqual([a, b, h, i], ['modules/a.js loaded', 'modules/b-throws.js errored: broken (modules/b-throws.js:2)', 'modules/h-esm.mjs loaded', 'modules/i.cjs loaded']);
  assert.match(c ?? '', /c-needs\.js errored: Cannot find module '\.\/absent\.js' \(modules\/c-needs\.js:1\)/);
  assert.match(d ?? '', /d-package\.mjs errored: Cannot find package 'no-such-package'/);
  assert.match(e ?? '', /e-syntax\.js errored: SyntaxError: Unexpected token ';' \(modules\/e-syntax\.js:3\)/);
  assert.match(f ?? '', /f-waits\.mjs errored: it was not loaded within 2000 ms: it waits at its top level/);
  assert.match(g ?? '', /g-text\.js errored: a text/);
  assert.equal(run.told[0], 'module:loaded modules/a.js');
  assert.equal(run.told[1], 'module:error modules/b-throws.js');
  assert.equal(run.notes.left(), undefined, 'no note is left of any of them');
});

test('a listener that throws when it is told of a module is told of itself; the others are loaded', async (t) => {
  const run = make(t, { 'modules/a.js': '', 'modules/b.js': '' }, { told: (file) => { if (file === 'modules/a.js') throw new Error('no ear'); } });
  await run.modules.loadAll();
  assert.deepEqual(rows(run), ['modules/a.js loaded', 'modules/b.js loaded']);
  assert.deepEqual(run.said.filter((s) => s.startsWith('!')), ['! a listener threw when it was told of modules/a.js: no ear']);
});

test('a link that leads nowhere is a module that cannot be loaded', async (t) => {
  const run = make(t, { 'modules/a.js': '' });
  const { symlinkSync } = await import('node:fs');
  symlinkSync('nowhere.js', path.join(run.dir, 'modules/dangling.js'));
  const next = make(t, {}, { dir: run.dir });
  await next.modules.loadAll();
  assert.match(rows(next)[1] ?? '', /^modules\/dangling\.js errored: Cannot find module '.*dangling\.js'/);
});

test('D7: of two that export a type of one name the first stays, and the second says who has it', async (t) => {
  const type = (name: string): string => `class ${name} {}; ${name}.prototype.__resource__ = true; module.exports = ${name};`;
  const run = make(t, { 'modules/a.js': type('Greeter'), 'modules/b.js': type('Greeter'), 'modules/c.js': `${type('Other')} module.exports = { Other, x: 1, f() {} };` });
  await run.modules.loadAll();
  assert.deepEqual(rows(run), ['modules/a.js loaded', 'modules/b.js errored: type Greeter of modules/b.js: modules/a.js has it already', 'modules/c.js loaded']);
});

test('what was being loaded when the last life ended is left out, until its file is another', async (t) => {
  const files = { 'modules/a.js': '', 'modules/loop.js': 'for (;;);' };
  const { dir, notes } = make(t, files);
  notes.announce('modules/loop.js', path.join(dir, 'modules/loop.js'));
  notes.ending('no sign of life for 10 s while it was loaded');
  const next = make(t, files, { dir });
  await next.modules.loadAll();
  assert.deepEqual(rows(next), ['modules/a.js loaded', 'modules/loop.js quarantined: no sign of life for 10 s while it was loaded']);
  const again = make(t, files, { dir });
  await again.modules.loadAll();
  assert.equal(again.modules.failed.length, 1, 'it stays out');
  again.notes.release('modules/loop.js');
  const tried: string[] = [];
  const free = make(t, files, { dir, load: (c) => { tried.push(c.file); return Promise.resolve({}); } });
  await free.modules.loadAll();
  assert.deepEqual(tried, ['modules/a.js', 'modules/loop.js']);
});

test('what was killed while it was loaded, nobody knows by whom, is tried once more; the second time it is left out', async (t) => {
  const files = { 'modules/a.js': '', 'modules/b.js': '' };
  const first = make(t, files);
  const at = path.join(first.dir, 'modules/a.js');
  first.notes.announce('modules/a.js', at);
  const second = make(t, files, { dir: first.dir });
  await second.modules.loadAll();
  assert.deepEqual(rows(second), ['modules/a.js loaded', 'modules/b.js loaded']);
  // It was loaded, so that one counts no more.
  second.notes.announce('modules/a.js', at);
  await make(t, files, { dir: first.dir, load: () => { throw new Error('stays suspected'); } }).modules.loadAll();
  second.notes.announce('modules/a.js', at);
  const third = make(t, files, { dir: first.dir });
  await third.modules.loadAll();
  assert.deepEqual(rows(third), ['modules/a.js quarantined: the process was killed twice while it was loaded', 'modules/b.js loaded']);
});

test('those that wait at their top level cost their time once at the next start, after the others', async (t) => {
  const files = { 'modules/a.mjs': '', 'modules/b.mjs': '', 'modules/c.js': '' };
  const late = (): Promise<never> => Promise.reject(Object.assign(new Error('it waits'), { code: 'MODULE_WAITS' }));
  const first = make(t, files, { load: (c) => (c.file.endsWith('.mjs') ? late() : Promise.resolve({})) });
  await first.modules.loadAll();
  // Neither is given up before the other has begun.
  const begun: string[] = [];
  let both = (): void => {};
  const together = new Promise<void>((resolve) => { both = resolve; });
  const second = make(t, files, { dir: first.dir, load: (c) => { begun.push(c.file); if (begun.length === 3) both(); return c.file.endsWith('.mjs') ? together.then(late) : Promise.resolve({}); } });
  await second.modules.loadAll();
  assert.deepEqual(second.told, ['module:loaded modules/c.js', 'module:error modules/a.mjs', 'module:error modules/b.mjs']);
  const third = make(t, files, { dir: first.dir, load: () => Promise.resolve({}) });
  await third.modules.loadAll();
  assert.deepEqual(rows(third), ['modules/c.js loaded', 'modules/a.mjs loaded', 'modules/b.mjs loaded']);
  const fourth = make(t, files, { dir: first.dir, load: () => Promise.resolve({}) });
  await fourth.modules.loadAll();
  assert.equal(fourth.told[0], 'module:loaded modules/a.mjs', 'they came: as at first');
});

test('a host that was asked to end loads nothing more, and notes nothing', async (t) => {
  const run: Run = make(t, { 'modules/a.js': '', 'modules/b.js': '' }, { load: () => { run.notes.leave(); return Promise.resolve({}); } });
  await run.modules.loadAll();
  run.notes.announce('modules/b.js', path.join(run.dir, 'modules/b.js'));
  run.notes.ending('it ended the process (exit code 0) while it was loaded');
  assert.deepEqual([rows(run), run.notes.left()], [['modules/a.js loaded'], undefined]);
});

test('crashes are counted against the module; the third within a minute is one too many', async (t) => {
  const run = make(t, { 'modules/a.js': '' });
  const error = Object.assign(new Error('boom'), { stack: `Error: boom\n    at f (${run.dir}/modules/a.js:7:1)` });
  const found = run.modules.blame(error);
  assert.deepEqual(found, { file: 'modules/a.js', at: 'modules/a.js:7' });
  for (let i = 0; i < 3; i++) if (found) run.modules.crashed(found, 'boom');
  await run.modules.loadAll();
  assert.deepEqual(rows(run), ['modules/a.js quarantined: 3 crashes within 60 s, the last at modules/a.js:7: boom']);
  assert.equal(run.modules.blame(new Error('elsewhere')), undefined);
});

test('a drop-in and a package that are links are known by what they are links to', async (t) => {
  const elsewhere = folder(t, { 'shared.js': 'exports.fail = () => new Error("shared");', 'pkg/package.json': '{"name":"dpd-linked"}', 'pkg/index.js': '\nexports.fail = () => new Error("linked");' });
  const files = { 'modules/a.js': "exports.fails = [require('./link.js'), require('dpd-linked')].map((m) => m.fail());", 'node_modules/x.txt': '' };
  const dir = folder(t, files);
  fs.symlinkSync(path.join(elsewhere, 'shared.js'), path.join(dir, 'modules/link.js'));
  fs.symlinkSync(path.join(elsewhere, 'pkg'), path.join(dir, 'node_modules/dpd-linked'));
  const loaded: unknown[] = [];
  const real = importer({ prepareEsm: () => {} });
  const run = make(t, files, { dir, load: async (c) => { const e = await real(c); loaded.push(e); return e; } });
  await run.modules.loadAll();
  assert.deepEqual(rows(run), ['modules/a.js loaded', 'modules/link.js loaded', 'dpd-linked loaded']);
  assert.deepEqual((loaded[0] as { fails: Error[] }).fails.map((e) => run.modules.blame(e)?.at), ['modules/link.js:1', 'dpd-linked/index.js:2']);
});

test('a loop that the watchdog ended counts as a crash of the module it was in', async (t) => {
  const run = make(t, { 'modules/a.js': '' });
  const at = path.join(run.dir, 'modules/a.js');
  run.notes.announce('x', at);
  run.notes.loaded();
  for (let i = 0; i < 3; i++) {
    const { writeFileSync } = await import('node:fs');
    writeFileSync(run.notes.hangFile, JSON.stringify({ stack: `    at spin (file://${at}:3:1)` }));
    await make(t, {}, { dir: run.dir }).modules.loadAll();
  }
  assert.match(run.notes.quarantined('modules/a.js', at)?.reason ?? '', /3 crashes within 60 s, the last at modules\/a\.js:3: no sign of life/);
  assert.equal(run.notes.quarantined('modules/a.js', at)?.stamp, stampOf(at));
});

test('I3: what wants to be alone is left to another host, which loads nothing else', async (t) => {
  const files = { 'modules/a.js': '', 'modules/alone.js': '// isolate: true\n' };
  const whole = make(t, files);
  await whole.modules.loadAll();
  assert.deepEqual(rows(whole), ['modules/a.js loaded', 'modules/alone.js isolated: in a host of its own']);
  const own = make(t, files, { only: 'modules/alone.js' });
  await own.modules.loadAll();
  assert.deepEqual(rows(own), ['modules/alone.js loaded']);
});
