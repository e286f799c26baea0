import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { AppSpec } from '../../src/config/spec.js';
import { StateStore } from '../../src/store/state.js';
import type { ProcessRecord } from '../../src/protocol/records.js';

let dir = '';
beforeEach(() => { dir = fs.mkdtempSync(path.join(os.tmpdir(), 'st-')); });
afterEach(() => fs.rmSync(dir, { recursive: true }));

const files = (): { state: string; journal: string } => ({ state: path.join(dir, 'state.json'), journal: path.join(dir, 'state.journal') });
const open = (): StateStore => { const s = new StateStore(files()); s.open(); return s; };
const record = (id: number, more: Partial<ProcessRecord> = {}): ProcessRecord => ({
  id, spec: { name: `app${id}` } as AppSpec, instance: 0, uniqueId: 'u', createdAt: 1, want: 'up', restarts: 0,
  intensity: { ranTotal: 0, unstableAt: [], lastDelay: 0 }, runs: 0, exits: [], ...more,
});
const live = { run: 1, out: 'f1', err: 'f2', token: 't', at: 5, boot: 'b' };

test('every change is there for the next daemon without any orderly end', () => {
  const a = open();
  a.put(record(a.takeId()));
  a.put(record(a.takeId()));
  a.patch(0, { live, runs: 1 });
  a.patch(0, { live: { ...live, pid: 77, start: '9' } });
  a.patch(1, { want: 'down', stopped: 'asked', exit: { at: 1, pid: 2, ran: 3, code: 0, then: 'x' } });
  const b = open();
  assert.deepEqual(b.records.get(0)?.live, { ...live, pid: 77, start: '9' });
  assert.equal(b.records.get(1)?.want, 'down');
  assert.equal(b.records.get(1)?.exits.length, 1);
  assert.deepEqual([b.takeId(), b.takeId(1), b.takeId(9), b.takeId()], [2, 3, 9, 10], 'one that is taken is given to nobody else');
  a.close();
  b.close();
});

test('an undefined value removes the key, and only the last ten ends are kept', () => {
  const a = open();
  a.put(record(0, { live, failed: 'x' }));
  a.patch(0, { live: undefined, failed: undefined });
  for (let i = 0; i < 25; i++) a.patch(0, { exit: { at: i, pid: 1, ran: 1, then: 'x' } });
  const r = open().records.get(0);
  assert.ok(r && !('live' in r) && !('failed' in r));
  assert.deepEqual(r.exits.map((e) => e.at), [15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
  a.close();
});

test('a last line cut by a kill is not a change; the journal goes on after it', () => {
  const a = open();
  a.put(record(0));
  a.patch(0, { restarts: 5 });
  const text = fs.readFileSync(files().journal, 'utf8');
  const last = text.trimEnd().split('\n').at(-1)?.length ?? 0;
  for (let cut = 1; cut <= last; cut++) {
    fs.writeFileSync(files().journal, text.slice(0, -cut));
    const b = open();
    assert.equal(b.records.get(0)?.restarts, 0, `cut ${cut}`);
    b.patch(0, { restarts: 6 });
    b.close();
    assert.equal(open().records.get(0)?.restarts, 6);
    assert.deepEqual(b.notices, []);
  }
});

test('a foreign or broken file is set aside with its name, never deleted', () => {
  fs.writeFileSync(files().state, '{"format":1,"seq":');
  fs.writeFileSync(files().journal, 'not json\n{"s":1}\n');
  const a = open();
  assert.equal(a.notices.length, 2);
  const kept = fs.readdirSync(dir).filter((f) => f.includes('.broken-'));
  assert.equal(kept.length, 2);
  assert.ok(kept.some((f) => fs.readFileSync(path.join(dir, f), 'utf8') === '{"format":1,"seq":'));
  a.put(record(0));
  a.close();
  assert.equal(open().records.size, 1);
});

test('a newer format is not guessed at', () => {
  fs.writeFileSync(files().state, JSON.stringify({ format: 99, seq: 1, nextId: 1, processes: [] }));
  assert.match(open().notices.join(), /format 99, wanted 1/);
});

test('the picture replaces a long journal and loses nothing', async () => {
  const a = open();
  for (let i = 0; i < 20; i++) a.put(record(a.takeId()));
  const text = 'x'.repeat(2000);
  for (let i = 0; i < 600; i++) {
    a.patch(i % 20, { stopped: `${text}${i}`, restarts: i });
    if (i % 10 === 0) await new Promise((r) => setTimeout(r, 2));
  }
  await waitFor(() => fs.existsSync(files().state) && fs.statSync(files().journal).size < 900_000);
  const b = open();
  for (let i = 580; i < 600; i++) assert.equal(b.records.get(i % 20)?.restarts, i);
  assert.equal(b.takeId(), 20);
  a.close();
  b.close();
});

test('a picture whose journal was not yet replaced skips what it already holds', () => {
  const a = open();
  a.put(record(0));
  a.patch(0, { exit: { at: 1, pid: 1, ran: 1, then: 'x' } });
  fs.writeFileSync(files().state, JSON.stringify({ format: 1, seq: 2, nextId: 1, ended: [], processes: [...a.records.values()] }));
  assert.equal(open().records.get(0)?.exits.length, 1);
  a.close();
});

async function waitFor(fact: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !fact();) {
    if (Date.now() > end) throw new Error('not within 10 s');
    await new Promise((r) => setTimeout(r, 5));
  }
}
