// How an installed module stands to its source, and what is told of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standing, type Standing } from '../../src/cli/trust/newer.js';
import type { Right } from '../../src/config/permissions.js';
import { guardFacts, trustWords } from '../../src/cli/trust/words.js';
import { renderAudit, renderModules } from '../../src/cli/render/modules.js';
import type { ModuleView } from '../../src/protocol/views.js';
import { rig } from './rig.js';

const module = (more: Partial<ModuleView> = {}): ModuleView => ({ name: 'm', version: '1.0.0', source: 'm', linked: false, dir: '/d', ...more });
const found = (version: string, more: { integrity?: string; resolved?: string; latest?: string } = {}) => {
  const { latest, ...rest } = more;
  return { name: 'm', wanted: { version, resolved: 'r', ...rest }, latest: latest ?? version };
};

test('standing: by version, by commit, by content', () => {
  const git = { source: 'u/r', resolved: 'git+ssh://git@github.com/u/r.git#aaa' };
  const rows: readonly [ModuleView, ReturnType<typeof found>, Standing][] = [
    [module(), found('1.0.0'), { is: 'current' }],
    [module(), found('2.0.0'), { is: 'outdated', wanted: '2.0.0', latest: '2.0.0' }],
    [module({ source: 'm@^1' }), found('1.1.0', { latest: '2.0.0' }), { is: 'outdated', wanted: '1.1.0', latest: '2.0.0' }],
    [module({ source: 'm@1.0.0' }), found('1.0.0', { latest: '2.0.0' }), { is: 'held', latest: '2.0.0' }],
    [module({ integrity: 'sha512-a' }), found('1.0.0', { integrity: 'sha512-b' }), { is: 'altered', version: '1.0.0' }],
    [module({ integrity: 'sha512-a' }), found('1.0.0', { integrity: 'sha1-b' }), { is: 'current' }],
    [module({ integrity: 'sha1-x sha512-a' }), found('1.0.0', { integrity: 'sha512-a' }), { is: 'current' }],
    [module({ ...git }), found('1.0.0', { resolved: git.resolved }), { is: 'current' }],
    [module({ ...git }), found('1.0.0', { resolved: 'git+ssh://git@github.com/u/r.git#bbb' }), { is: 'outdated', wanted: '1.0.0', latest: '1.0.0' }],
    [module({ source: '/x/m.tgz', integrity: 'sha512-a' }), found('1.0.0', { integrity: 'sha512-b' }), { is: 'outdated', wanted: '1.0.0', latest: '1.0.0' }],
    [module({ source: '/x', linked: true }), found('2.0.0'), { is: 'linked' }],
    // Put there by PM2: nothing is known of it but its name.
    [module({ version: '?' }), found('2.0.0'), { is: 'outdated', wanted: '2.0.0', latest: '2.0.0' }],
  ];
  for (const [m, latest, wanted] of rows) assert.deepEqual(standing(m, latest), wanted, JSON.stringify([m, latest]));
});

test('trust in one line', () => {
  assert.match(trustWords('m', undefined), /m declares no permissions: it may do all that you may, as under PM2/);
  assert.match(trustWords('m', { rights: ['read', 'network'] }), /declares the permissions read, network: of mgr it may only look; its files, programs and connections are not held/);
  assert.match(trustWords('m', { rights: [], sandbox: { read: ['/proc'], write: [] } }), /permissions none: of mgr it gets nothing; it runs in a sandbox of Node which also reads \/proc; its connections are refused by Node 25 and later only$/);
  assert.match(trustWords('m', { field: 'mgr.permissions', got: '5', wanted: 'x' }), /permissions that are none \(mgr.permissions: 5\)/);
});

test('what a program is held to, by the Node that runs it', () => {
  const of = (rights: readonly Right[], node?: string): string => guardFacts({ rights, sandbox: { read: ['/m'], write: ['/d'], node: '24.1.0' } }, node).map((fact) => fact.join(': ')).join('\n');
  assert.match(of([]), /permissions: none: of mgr it gets nothing\nsandbox: by Node 24\.1\.0: other files refused, programs refused, threads refused, native code refused, connections not held \(Node 24 cannot; 25 and later can\)\nreads: \/m\nwrites: \/d/);
  assert.match(of([], '26.1.0'), /connections refused/);
  assert.match(of(['read'], '26.1.0'), /connections not held \(it must reach mgr\)/);
  assert.match(of(['network', 'programs'], '26.1.0'), /programs allowed, .*connections allowed/);
  assert.match(guardFacts({ rights: ['control'] }).join(), /none asked for/);
});

test('the table and the audit: no secret of an address is shown', () => {
  const m = module({ source: 'https://ann:hunter2@host/m.tgz', by: 'ann', at: Date.UTC(2026, 0, 2), former: '0.9.0', scripts: true, integrity: 'sha512-a', resolved: 'https://ann:hunter2@host/m.tgz' });
  const text = renderModules([[m, { is: 'held', latest: '2.0.0' }]], { columns: undefined, colour: false })
    + renderAudit([{ name: 'm', version: '1.0.0', packages: 2, files: 9, bytes: 2048, scripts: [{ package: 'x@1.0.0', what: ['install'] }], native: [{ package: 'x@1.0.0', what: ['a.node', 'b.node', 'c.node', 'd.node'] }], binaries: [], commands: ['mctl'], licences: { MIT: 1, ISC: 5 } }], [m], { columns: undefined, colour: false });
  assert.doesNotMatch(text, /hunter2/);
  for (const part of [/held \(latest 2\.0\.0\)/, /0\.9\.0 +ann/, /2 packages, 9 files, 2\.0 KB/, /x@1\.0\.0: install \(run\)/, /a\.node, b\.node, c\.node and 1 more/, /binaries +none/, /ISC 5, MIT 1/, /as under PM2/, /by ann on 2026-01-0\d/]) assert.match(text, part);
});

test('module:list: as JSON without the passwords of addresses; nothing installed, linked, unknown', async () => {
  const r = rig({ 'module.list': [module({ source: 'https://ann:hunter2@host/m.tgz', resolved: 'https://ann:hunter2@host/m.tgz' })] });
  assert.equal(await r.run('module:list', '--json'), 0);
  assert.doesNotMatch(r.stdout, /hunter2/);
  assert.deepEqual((JSON.parse(r.stdout) as ModuleView[]).map((m) => m.name), ['m']);
  const none = rig({ 'module.list': [] });
  assert.equal(await none.run('module:list'), 0);
  assert.match(none.stdout, /no module is installed; mgr install <module>/);
  const linked = rig({ 'module.list': [module({ source: '/src/m', linked: true })] });
  assert.equal(await linked.run('module:update', 'm'), 0);
  assert.match(linked.stdout, /m is linked to \/src\/m/);
  const unknown = rig({ 'module.list': [module()] });
  assert.equal(await unknown.run('module:audit', 'n'), 1);
  assert.match(unknown.stderr, /no module `n` is installed/);
});
