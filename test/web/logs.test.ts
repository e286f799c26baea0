import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { pageOf } from '../../src/web/handlers/logs.js';

const T = Date.UTC(2026, 2, 1, 10);
const stamp = (s: number): string => new Date(T + s * 1000).toISOString();
const never = (): boolean => false;

function folder(t: TestContext): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('lines of several files stand by their times; a range, a text, the latest so many', async (t) => {
  const dir = folder(t);
  const file = (id: number, name: string, stream: 'out' | 'err', lines: readonly string[], type: 'raw' | 'json' = 'raw') => {
    const at = path.join(dir, `${name}-${stream}.log`);
    fs.writeFileSync(at, lines.map((l) => `${l}\n`).join(''));
    return { id, name, namespace: 'default', stream, path: at, type, date: '' };
  };
  const files = [
    file(1, 'a', 'out', [`${stamp(0)} first`, '  its second line', `${stamp(4)} ERROR fifth`]),
    file(2, 'b', 'err', [`{"message":"second\\n","timestamp":"${stamp(1)}"}`, `{"message":"fourth error","timestamp":"${stamp(3)}"}`], 'json'),
    file(3, 'c', 'out', []),
    { ...file(4, 'd', 'out', []), path: path.join(dir, 'never-written.log') },
  ];
  const texts = async (wish: Partial<Parameters<typeof pageOf>[1]>): Promise<[string[], boolean]> => {
    const { lines, more } = await pageOf(files, { lines: 100, ...wish }, never);
    return [lines.map((l) => `${l.name}: ${l.text.replace(/^\S+Z /, '').trim()}`), more];
  };
  const all = ['a: first', 'a: its second line', 'b: second', 'b: fourth error', 'a: ERROR fifth'];
  assert.deepEqual(await texts({}), [all, false]);
  assert.deepEqual(await texts({ lines: 2 }), [all.slice(-2), true]);
  assert.deepEqual(await texts({ since: T + 2500 }), [all.slice(3), false]);
  assert.deepEqual(await texts({ until: T + 1500 }), [all.slice(0, 3), false]);
  assert.deepEqual(await texts({ since: T + 500, until: T + 3500 }), [all.slice(2, 4), false]);
  assert.deepEqual(await texts({ match: (l) => l.toLowerCase().includes('error') }), [all.slice(3), false]);
  // The second line has no time of its own: that of the first one counts.
  assert.deepEqual(await texts({ match: (l) => /second/.test(l) }), [['a: its second line', 'b: second'], false]);
});

test('a search has an end: what was found so far, and that there may be more', async (t) => {
  const dir = folder(t);
  const at = path.join(dir, 'big.log');
  fs.writeFileSync(at, Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(''));
  let asked = 0;
  const { lines, more } = await pageOf([{ id: 1, name: 'big', namespace: 'default', stream: 'out', path: at, type: 'raw', date: '' }], { lines: 10, match: () => true }, () => ++asked > 3);
  assert.equal(more, true);
  assert.ok(lines.length === 10 && Number(lines.at(-1)?.text.slice(5)) < 10_000, JSON.stringify(lines.at(-1)));
});
