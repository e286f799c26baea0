import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { hostActions, urlOf } from '../../src/host/api.js';
import type { Host } from '../../src/host/compose.js';
import { Notes } from '../../src/host/notes.js';
import type { HostOptions } from '../../src/host/options.js';
import type { ModuleRow } from '../../src/host/views.js';
import { folder } from './rig.js';

test('a module is let out of quarantine once; each process that lacks it starts anew, and no other', (t) => {
  const dir = path.join(folder(t), 'notes');
  const restarted: string[] = [];
  const process_ = (instance: string, state: ModuleRow['state']): ((file: unknown) => unknown) => {
    const host = { modules: { rows: [{ file: 'modules/a.js', state, ms: 0 }] } } as unknown as Host;
    const notes = new Notes({ dir, instance, boot: 'b', now: () => 0 });
    return hostActions({ host, notes, options: {} as HostOptions, pid: 1, restart: () => { restarted.push(instance); } })['host:unquarantine'] as (file: unknown) => unknown;
  };
  new Notes({ dir, instance: '0', boot: 'b', now: () => 0 }).quarantine('modules/a.js', 'why', 's');
  const all = [process_('0', 'quarantined'), process_('1', 'quarantined'), process_('2', 'loaded')];
  assert.deepEqual(all.map((ask) => ask({ file: 'modules/a.js' })), [true, true, false].map((released) => ({ file: 'modules/a.js', released })));
  assert.deepEqual(restarted, ['0', '1']);
  assert.deepEqual(all[0]?.('modules/b.js'), { file: 'modules/b.js', released: false });
  assert.throws(() => all[0]?.({ file: 7 }), /file: got 7, wanted a text/);
});

test('the address of a host', () => {
  assert.deepEqual([urlOf('127.0.0.1', 80), urlOf('::1', 81)], ['http://127.0.0.1:80', 'http://[::1]:81']);
});
