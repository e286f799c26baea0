import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Database, openDatabase } from '../../src/database/database.js';
import { LEVELS } from '../../src/web/history/bounds.js';
import { ownersOf } from '../../src/web/history/owners.js';
import { means, pack, unpack } from '../../src/web/history/pack.js';
import { Recorder } from '../../src/web/history/recorder.js';
import { HistoryStore, type Point } from '../../src/web/history/store.js';
import { viewOf } from '../../src/web/history/thin.js';

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);
const machine = { at: T0, cpu: 1, load: 1, memory: 1, swap: 0, disk: 1 };

function database(t: TestContext): Database {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-'));
  const db = openDatabase(path.join(dir, 'store.db'));
  t.after(() => { db.close(); fs.rmSync(dir, { recursive: true, force: true }); });
  return db;
}

/** A point every `step` ms, `batch` of them in one transaction: the disk of a test is not the matter. */
function fill(store: HistoryStore, from: number, to: number, point: (at: number) => Point, batch = 360): void {
  let points: { at: number; point: Point }[] = [];
  for (let at = from; at <= to; at += LEVELS[0].step) {
    points.push({ at, point: point(at) });
    if (points.length < batch) continue;
    store.add(points, at);
    points = [];
  }
  store.add(points, to);
}

test('rows are packed by series; one value all along is one number', () => {
  const columns = pack([[0, { cpu: 1, memory: 5 }], [2, { cpu: 3, memory: 5 }], [9, { cpu: 1 }]], 3);
  assert.deepEqual(columns, { cpu: [1, null, 3], memory: [5, null, 5] });
  assert.deepEqual(pack([[0, { r: 2 }], [1, { r: 2 }]], 2), { r: 2 });
  assert.deepEqual(unpack({ r: 2 }, 'r', 3), [2, 2, 2]);
  assert.deepEqual(means(columns), { cpu: 2, memory: 5 });
});

test('a day in steps of 10 s, a month in steps of 5 min, and no more than that', (t) => {
  const store = new HistoryStore(database(t));
  // Two owners for 26 hours; the second one comes late.
  const end = T0 + DAY + DAY / 12;
  fill(store, T0, end, (at) => ({ a: { cpu: (at / 10_000) % 7, restarts: 3 }, ...(at > end - 600_000 && { b: { cpu: 50 } }) }));
  const hour = store.read('a', end - 3_600_000, end, end);
  assert.equal(hour.step, 10_000);
  assert.equal(hour.at.length, 361);
  assert.deepEqual(hour.series['cpu'], hour.at.map((at) => (at / 10_000) % 7));
  assert.deepEqual(hour.series['restarts'], hour.at.map(() => 3));
  const b = store.read('b', end - 3_600_000, end, end).series['cpu'] ?? [];
  assert.deepEqual([b[0], b.at(-1), b.filter((v) => v !== null).length], [null, 50, 60]);
  // Before a day only the coarse level is left.
  const old = store.read('a', T0, T0 + 3_600_000, end, ['cpu']);
  assert.deepEqual([old.step, old.at.length, Object.keys(old.series)], [300_000, 13, ['cpu']]);
  assert.ok((old.series['cpu'] ?? []).every((v) => v !== null && v > 2 && v < 4), String(old.series['cpu']));
});

test('what is too old is dropped, of both levels', (t) => {
  const db = database(t);
  const store = new HistoryStore(db);
  fill(store, T0, T0 + 3 * 3_600_000, () => ({ a: { cpu: 1 } }));
  const count = (level: number): number => Number(db.get('SELECT count(*) AS n FROM history_row WHERE level = ?', [level])?.['n']);
  assert.equal(count(0), 36);
  assert.equal(count(1), 1);
  // The server was down for two days, then for two months.
  fill(store, T0 + 2 * DAY, T0 + 2 * DAY + 600_000, () => ({ a: { cpu: 1 } }));
  assert.ok(count(0) <= 3, `${count(0)} fine rows left`);
  assert.equal(count(1), 2);
  fill(store, T0 + 62 * DAY, T0 + 62 * DAY + 3 * 3_600_000, () => ({ a: { cpu: 1 } }));
  assert.equal(Number(db.get('SELECT min(at) AS n FROM history_row')?.['n']), T0 + 62 * DAY);
  assert.equal(store.bytes, Number(db.get('SELECT sum(bytes) AS n FROM history_row')?.['n']));
});

test('the size has an end: the oldest go first', (t) => {
  const db = database(t);
  const store = new HistoryStore(db, 60_000);
  const end = T0 + DAY / 4;
  fill(store, T0, end, (at) => Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`p${i}`, { cpu: (at / 10_000 + i) % 13, memory: at % 99_991 }])), 60);
  assert.ok(store.bytes <= 60_000, String(store.bytes));
  assert.equal(store.bytes, Number(db.get('SELECT sum(length(data)) AS n FROM history_row')?.['n']));
  const late = store.read('p0', end - 600_000, end, end).series['cpu'] ?? [];
  assert.equal(late.filter((v) => v !== null).length, 61);
});

test('a restart of the server loses nothing', (t) => {
  const db = database(t);
  fill(new HistoryStore(db), T0, T0 + 400_000, () => ({ a: { cpu: 1 } }), 3);
  const again = new HistoryStore(db);
  fill(again, T0 + 450_000, T0 + 700_000, () => ({ a: { cpu: 2 } }), 3);
  const { series, at } = again.read('a', T0, T0 + 700_000, T0 + 700_000);
  assert.deepEqual(series['cpu'], at.map((m) => (m <= T0 + 400_000 ? 1 : m >= T0 + 450_000 ? 2 : null)));
});

test('an app keeps its past when it is deleted and started again', () => {
  const p = (id: number, name: string, namespace = 'default') => ({ id, name, namespace });
  assert.deepEqual([...ownersOf([p(3, 'api'), p(1, 'api'), p(2, 'x')])], [[1, 'p:default/api#0'], [2, 'p:default/x#0'], [3, 'p:default/api#1']]);
  assert.equal(ownersOf([p(7, 'api')]).get(7), 'p:default/api#0');
});

test('a chart gets no more points than it asked for', () => {
  const past = { step: 10_000, at: Array.from({ length: 10 }, (_, i) => i * 10_000), series: { cpu: [1, 3, null, null, 5, null, 1, 1, 1, 1] } };
  const view = viewOf(past, 0, 90_000, 5);
  assert.deepEqual([view.step, view.at, view.series], [20_000, [0, 20_000, 40_000, 60_000, 80_000], [{ name: 'cpu', unit: '%', values: [2, null, 5, 1, 1] }]]);
});

test('without a usable database the recorder says so and goes on', (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const said: string[] = [];
  const recorder = new Recorder(path.join(dir, 'no/such/folder/store.db'), (text) => { said.push(text); });
  recorder.take({ at: T0, machine, processes: [], metrics: [] });
  recorder.take({ at: T0 + 10_000, machine, processes: [], metrics: [] });
  assert.equal(recorder.usable, false);
  assert.equal(said.length, 1, said.join('\n'));
  assert.equal(recorder.read('machine', T0, T0, T0), undefined);
  // It is there a minute later: what waited is written too.
  fs.mkdirSync(path.join(dir, 'no/such/folder'), { recursive: true });
  recorder.take({ at: T0 + 90_000, machine, processes: [], metrics: [] });
  assert.deepEqual([recorder.usable, recorder.reason], [true, undefined]);
  assert.equal((recorder.read('machine', T0, T0 + 90_000, T0 + 90_000)?.series['cpu'] ?? []).filter((v) => v !== null).length, 3);
  recorder.close();
});
