import assert from 'node:assert/strict';
import test from 'node:test';
import { renderList, renderMini, sortList } from '../../src/cli/render/list.js';
import { cut, pad, width } from '../../src/cli/width.js';
import { waitFor } from '../helpers/wait.js';
import { rig, view } from './rig.js';

const rows = [
  view(),
  view({ id: 1, name: 'a-very-long-name-of-a-worker-that-has-much-to-say-about-itself', namespace: 'backend', status: 'errored', pid: 0, restarts: 16, note: '16 exits in 15 s' }),
  view({ id: 12, name: '服务器', status: 'waiting restart', memory: 2 * 1024 ** 3 }),
];
const look = { colour: false, now: 1_180_000 };

for (const columns of [200, 100, 80, 60, 40, 24]) {
  test(`the table fits ${columns} columns, each line as wide as the others`, () => {
    const lines = renderList(rows, { ...look, columns }).trimEnd().split('\n');
    assert.equal(lines.length, 3 + rows.length + 1);
    const widths = new Set(lines.map(width));
    assert.equal(widths.size, 1, `widths ${[...widths].join(', ')}`);
    assert.ok(width(lines[0] ?? '') <= columns, `${width(lines[0] ?? '')} > ${columns}`);
  });
}

test('200 columns show everything, 80 drop what one can do without, names stay readable', () => {
  const title = (columns: number): string[] => (renderList(rows, { ...look, columns }).split('\n')[1] ?? '').split('│').map((c) => c.trim()).filter((c) => c !== '');
  assert.deepEqual(title(200), ['id', 'name', 'namespace', 'version', 'mode', 'pid', 'uptime', '↺', 'status', 'cpu', 'mem', 'user', 'watching']);
  assert.deepEqual(title(80), ['id', 'name', 'mode', 'uptime', '↺', 'status', 'cpu', 'mem']);
  assert.ok(title(40).includes('name') && title(40).includes('status'));
  assert.match(renderList(rows, { ...look, columns: 200 }), /a-very-long-name-of-a-worker-that-has-m… /, 'names stop at 40 cells');
});

test('a pipe gets aligned words: no box, no colour, nothing cut', () => {
  const text = renderList(rows, { ...look, columns: undefined });
  const lines = text.split('\n');
  assert.match(lines[0] ?? '', /^id {2}name +namespace {2}version {2}mode {2}pid {2}uptime {2}↺ +status +cpu +mem +user {2}watching$/);
  assert.match(lines[1] ?? '', /^0 {3}api +default +1\.2\.3 +fork +77 +3m +0 +online +0\.5% +50\.0MB +root +disabled$/);
  assert.ok(text.includes('a-very-long-name-of-a-worker-that-has-much-to-say-about-itself'));
  for (const sign of ['│', '┌', '\u001b']) assert.ok(!text.includes(sign));
});

test('modules have a table of their own', () => {
  const text = renderList([view(), view({ id: 3, name: 'pm2-logrotate', module: 'pm2-logrotate' })], { ...look, columns: 120 });
  const [apps = '', modules = ''] = text.split('Modules\n');
  assert.ok(apps.includes('api') && !apps.includes('pm2-logrotate'));
  assert.ok(modules.includes('pm2-logrotate') && modules.includes('module'));
});

test('only modules: only their table, in a pipe and on a terminal', () => {
  const module = view({ id: 3, name: 'pm2-logrotate', module: 'pm2-logrotate' });
  for (const columns of [undefined, 120]) assert.match(renderList([module], { ...look, columns }), /^Modules\n/);
  assert.match(renderList([], { ...look, columns: undefined }), /^id +name/);
});

test('a name cannot move the cursor', () => {
  assert.ok(!renderList([view({ name: 'a\u001b[2Jb\nc' })], { ...look, columns: 80 }).includes('\u001b'));
});

test('mini list is key : value', () => {
  assert.match(renderMini([view()], look.now), /^\+--- api\nnamespace : default\nversion : 1\.2\.3\npid : 77\npm2 id : 0\nstatus : online\nmode : fork\nrestarted : 0\nuptime : 3m\nmemory usage : 50\.0mb\nwatching : no\n/);
});

test('sorting', () => {
  const ids = (field: string, down = false): number[] => sortList(rows, field, down).map((v) => v.id);
  assert.deepEqual(ids('id', true), [12, 1, 0]);
  assert.deepEqual(ids('memory', true)[0], 12);
  assert.equal(ids('name')[0], 1);
});

test('cells: wide, combining and picture characters', () => {
  assert.equal(width('abc'), 3);
  assert.equal(width('服务器'), 6);
  assert.equal(width('é'), 1);
  assert.equal(width('👩‍👩‍👧'), 2);
  assert.equal(width('🚀x'), 3);
  assert.equal(cut('服务器', 5), '服务…');
  assert.equal(cut('服务器', 4), '服…');
  assert.equal(cut('abcdef', 4), 'abc…');
  assert.equal(pad('服', 4), '服  ');
});

test('list: colour on a terminal, not with NO_COLOR or --no-color, and by force in a pipe', async () => {
  const answers = { 'process.list': { processes: rows, daemon: { version: '0', protocol: 1, pid: 1, node: '', home: '', startedAt: 0, notices: ['disk full'] } } };
  const out = async (o: Parameters<typeof rig>[1], ...argv: string[]): Promise<string> => { const r = rig(answers, o); assert.equal(await r.run('list', ...argv), 0); return r.stdout; };
  assert.ok((await out({ columns: 100 })).includes('\u001b['));
  assert.ok(!(await out({ columns: 100, env: { NO_COLOR: '1' } })).includes('\u001b['));
  assert.ok(!(await out({ columns: 100 }, '--no-color')).includes('\u001b['));
  assert.ok(!(await out({})).includes('\u001b['));
  assert.ok((await out({ env: { FORCE_COLOR: '1' } })).includes('\u001b['));
});

test('list: notices, notes and a foreign version are on stderr, and --silent takes them away', async () => {
  const answers = { 'process.list': { processes: rows, daemon: { version: '0', protocol: 1, pid: 1, node: '', home: '', startedAt: 0, notices: ['disk full'] } } };
  const r = rig(answers);
  await r.run('ls');
  assert.match(r.stderr, /^mgr: disk full\nmgr: a-very.* \(1\): 16 exits in 15 s\nmgr: the daemon is 0, this command .*mgr update/);
  const s = rig(answers);
  await s.run('-s', 'ls');
  assert.equal(s.stderr, '');
  assert.notEqual(s.stdout, '');
});

test('list --watch draws over itself on a terminal, with the notes, until Ctrl-C', async () => {
  let asked = 0;
  const r = rig({ 'process.list': () => { asked++; return { processes: asked === 1 ? rows : rows.slice(0, 1), daemon: { version: '0', protocol: 1, pid: 1, node: '', home: '', startedAt: 0, notices: [] } }; } }, { columns: 100 });
  const ended = r.run('list', '--watch', '--no-color');
  await waitFor('three screens', () => asked >= 3);
  r.interrupt();
  assert.equal(await ended, 0);
  const screens = r.stdout.split('\u001b[H');
  assert.ok(screens[1]?.startsWith('\u001b[2J┌') && screens[1].includes('16 exits in 15 s\u001b[K\n'));
  assert.ok(screens[2]?.startsWith('┌') && screens[2].endsWith('┘\u001b[K\n\u001b[J'), 'what was below goes');
});
