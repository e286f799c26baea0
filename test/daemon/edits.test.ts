import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Edits } from '../../src/daemon/edits.js';
import { Forms } from '../../src/daemon/forms.js';
import { Settings } from '../../src/store/settings.js';
import type { AppSpec } from '../../src/config/spec.js';

let home: string;
let settings: Settings;
let forms: Forms;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'me-'));
  settings = new Settings(path.join(home, 'c.json'));
  forms = new Forms(path.join(home, 'modules'));
  const dir = path.join(home, 'modules/m/node_modules/m');
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'package.json'), JSON.stringify({ name: 'm', mgr: { schema: [{ field: 'db', required: true }, { field: 'every', type: 'number', required: true }, { child: 'tls', configurables: [{ field: 'key', required: true, secret: true }] }, { field: 'size', required: true, default: 3 }] } }));
});
afterEach(() => fs.rmSync(home, { recursive: true }));

test('what a module waits for: neither set, nor given by a variable, a secret or a default', () => {
  const lacking = forms.lackingWith(settings);
  const spec = (env: object = {}): AppSpec => ({ name: 'm', module: 'm', env: { inherited: {}, declared: {}, ...env } }) as unknown as AppSpec;
  assert.equal(lacking(spec(), {}), 'required settings have no value: mgr set m:db <text>, mgr set m:every <number>, mgr set m:tls:key <text>');
  assert.equal(lacking(spec({ declared: { M_DB: 'x' }, secrets: { M_TLS_KEY: 'file:/k' } }), {}), 'a required setting has no value: mgr set m:every <number>');
  assert.equal(lacking(spec({ inherited: { M_DB: '' } }), { every: 0, tls: { key: 'k' } }), undefined);
  assert.equal(lacking({ ...spec(), module: 'other' }, {}), undefined);
});

test('an edit that takes away what a module cannot be without is told of and not applied', async () => {
  const file = path.join(home, 'c.json');
  const said: string[] = [];
  const restarted: string[] = [];
  const spec = { name: 'm', module: 'm', env: { inherited: {}, declared: {} } } as unknown as AppSpec;
  const lacking = forms.lackingWith(settings);
  const edits = new Edits({
    file, settings, forms, desk: { inTurn: (act) => act() }, live: () => {}, say: (text) => { said.push(text); }, lacking: (_name, section) => lacking(spec, section),
    hot: () => Promise.resolve({ live: new Map<string, number>(), wanted: new Map<string, string>() }), restart: (name) => { restarted.push(name); return Promise.resolve([]); },
  });
  fs.writeFileSync(file, '{"m": {"db": "x", "every": "5", "tls": {"key": "k"}}}');
  await edits.start(['m']);
  try {
    fs.writeFileSync(file, '{"m": {"every": "6", "tls": {"key": "k"}}}');
    await edits.look();
    assert.match(said.join('\n'), /m: a required setting has no value: mgr set m:db <text>; the edit of m is not applied/);
    assert.deepEqual([settings.section('m'), restarted], [{ db: 'x', every: 5, tls: { key: 'k' } }, []]);
    fs.writeFileSync(file, '{"m": {"db": "y", "every": "6", "tls": {"key": "k"}}}');
    await edits.look();
    assert.deepEqual([settings.section('m')['db'], restarted], ['y', ['m']]);
  } finally {
    edits.close();
  }
});
