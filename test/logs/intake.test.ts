import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { Intake } from '../../src/logs/intake.js';
import { mkfifo, tempDir, until } from './rig.js';

function setUp(t: TestContext): { intake: Intake; got: string[]; state: { ended: number; go: boolean }; writer: number; text(): string } {
  const fifo = mkfifo(path.join(tempDir(t), 'f'));
  const got: string[] = [];
  const state = { ended: 0, go: true };
  const intake = new Intake(fifo, {
    onData: (c) => { got.push(c.toString()); return state.go; },
    onEnd: () => { state.ended++; },
    onError: (e) => { throw e; },
  });
  intake.open();
  const writer = fs.openSync(fifo, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
  t.after(() => intake.close());
  return { intake, got, state, writer, text: () => got.join('') };
}

const tick = (): Promise<void> => new Promise((r) => setImmediate(r));

test('a line after quiet comes by the event, without any timer', async (t) => {
  const { got, writer } = setUp(t);
  fs.writeSync(writer, 'hello\n');
  for (let i = 0; i < 50 && got.length === 0; i++) await tick();
  assert.deepEqual(got, ['hello\n']);
  fs.closeSync(writer);
});

test('a chatter of small writes is read in few batches and arrives whole', async (t) => {
  const { got, writer, text, state } = setUp(t);
  let want = '';
  // A write each ms for 300 ms: in event mode that were 300 reads.
  for (let i = 0; i < 300; i++) {
    want += `line ${i}\n`;
    fs.writeSync(writer, `line ${i}\n`);
    await new Promise((r) => setTimeout(r, 1));
  }
  await until(() => text().length === want.length, 'all lines');
  assert.equal(text(), want);
  assert.ok(got.length < 150, `${got.length} reads`);
  fs.closeSync(writer);
  await until(() => state.ended === 1, 'the end');
});

test('paused, nothing is read; resumed, all of it', async (t) => {
  const { intake, state, writer, text } = setUp(t);
  state.go = false;
  fs.writeSync(writer, 'one\n');
  await until(() => text() === 'one\n', 'the first');
  fs.writeSync(writer, 'two\n');
  for (let i = 0; i < 20; i++) await tick();
  assert.equal(intake.drain(), false);
  assert.equal(text(), 'one\n');
  state.go = true;
  intake.resume();
  await until(() => text() === 'one\ntwo\n', 'the second');
  fs.closeSync(writer);
  await until(() => state.ended === 1, 'the end');
});

test('drain reads at once what is there, and tells the end', (t) => {
  const { intake, state, writer, text } = setUp(t);
  fs.writeSync(writer, 'x'.repeat(5000));
  assert.equal(intake.drain(), false);
  assert.equal(text().length, 5000);
  fs.writeSync(writer, 'last');
  fs.closeSync(writer);
  assert.equal(intake.drain(), true);
  assert.equal(text().slice(5000), 'last');
  intake.close();
  assert.equal(state.ended, 0);
});

test('the end is told once, also when a batch meets it', async (t) => {
  const { state, writer, text } = setUp(t);
  for (let i = 0; i < 8; i++) { fs.writeSync(writer, 'a'); await tick(); await tick(); }
  fs.writeSync(writer, 'z');
  fs.closeSync(writer);
  await until(() => state.ended > 0, 'the end');
  for (let i = 0; i < 10; i++) await tick();
  assert.equal(state.ended, 1);
  assert.equal(text(), 'aaaaaaaaz');
});

test('two intakes share one buffer without mixing', async (t) => {
  const a = setUp(t);
  const b = setUp(t);
  let wantA = '';
  let wantB = '';
  for (let i = 0; i < 200; i++) {
    wantA += `a${i}\n`;
    wantB += `b${i}\n`;
    fs.writeSync(a.writer, `a${i}\n`);
    fs.writeSync(b.writer, `b${i}\n`);
    if (i % 10 === 0) await tick();
  }
  fs.closeSync(a.writer);
  fs.closeSync(b.writer);
  await until(() => a.state.ended + b.state.ended === 2, 'both ends');
  assert.equal(a.text(), wantA);
  assert.equal(b.text(), wantB);
});

test('open throws where there is no FIFO', () => {
  const intake = new Intake('/nonexistent/fifo', { onData: () => true, onEnd: () => {}, onError: () => {} });
  assert.throws(() => intake.open(), { code: 'ENOENT' });
  intake.close();
});

test('what goes straight into a descriptor is told as written and not handed on', (t) => {
  const dir = tempDir(t);
  const fifo = mkfifo(path.join(dir, 'f'));
  const to = fs.openSync(path.join(dir, 'log'), 'a');
  const writer = fs.openSync(fifo, 'r+');
  const seen = { handed: '', written: '' };
  let direct = to;
  const intake = new Intake(fifo, {
    onData: (c) => { seen.handed += c.toString(); return true; },
    directFd: () => direct,
    wroteDirect: (c) => { seen.written += c.toString(); },
    onEnd: () => {}, onError: (e) => { throw e; },
  });
  intake.open();
  t.after(() => { intake.close(); fs.closeSync(writer); fs.closeSync(to); });
  fs.writeSync(writer, 'one\n');
  intake.drain();
  direct = -1;
  fs.writeSync(writer, 'two\n');
  intake.drain();
  direct = fs.openSync('/dev/full', 'w'); // every write there fails with ENOSPC
  fs.writeSync(writer, 'three\n');
  intake.drain();
  fs.closeSync(direct);
  assert.deepEqual(seen, { handed: 'two\nthree\n', written: 'one\n' });
  assert.equal(fs.readFileSync(path.join(dir, 'log'), 'utf8'), 'one\n');
});
