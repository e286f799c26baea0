// `mgr monit` in a real pseudo terminal: the real command, daemon and programs; keys go in, the screen is read.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, type Rig, alive, within } from '../helpers/rig.js';
import { HAS_SCRIPT, TestTerminal } from '../helpers/terminal.js';
import { waitFor } from '../helpers/wait.js';

const BIN = path.join(ROOT, 'bin/mgr.js');
const TICK = 'let n = 0; setInterval(() => console.log("tick " + ++n + " of " + process.env.name), 50);';
// What a hostile or careless program writes to its log.
const WILD = String.raw`const l = ['\x1b[2J\x1b[H\x1b]0;title\x07wiped', '\x1b[?1049l\x1bcout', '\x9b2Jeight', '日本語 😀 👨‍👩‍👧', '\x1b[31mred', 'end'];
setInterval(() => l.forEach((t) => console.log(t)), 100);`;

async function inTerminal(rig: Rig, body: (t: TestTerminal) => Promise<void>, size: readonly [number, number] = [80, 24], env: Record<string, string> = {}): Promise<void> {
  const t = new TestTerminal(`exec '${process.execPath}' '${BIN}' monit`, ...size, { ...rig.env, ...env }, rig.dir);
  try {
    await waitFor('the first screen', () => /^mgr.*online|no programs/.test(t.screen.text));
    await body(t);
  } finally {
    t.hangUp();
  }
}

const shows = (t: TestTerminal, what: RegExp): Promise<unknown> => waitFor(String(what), () => what.test(t.screen.text)).catch((e: unknown) => { throw new Error(`on the screen:\n${t.screen.text}`, { cause: e }); });

/** The terminal as it was found: the user's own screen, the cursor, folding, no paste marks. */
function assertRestored(t: TestTerminal): void {
  assert.deepEqual([...t.screen.modes].filter((m) => m !== '2026').sort(), ['25', '7']);
}

function monitPid(rig: Rig): number {
  return rig.pids().find((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('\0monit')) ?? 0;
}

const options = { skip: HAS_SCRIPT ? false : 'no script of util-linux' };

test('monit: look, filter, act, quit; the terminal is as before', options, () => within(async (rig) => {
  await rig.ok('start', rig.file('tick.js', TICK), '--name', 'tick');
  await rig.ok('start', rig.file('wild.js', WILD), '--name', 'wild');
  await inTerminal(rig, async (t) => {
    await shows(t, /▸ +0 tick .*online/);
    await shows(t, /tick \d+ of tick/);
    t.type('\u001b[B');
    await shows(t, /▸ +1 wild[\s\S]*Log of wild/);
    await shows(t, /wiped[\s\S]*日本語 😀 👨👩👧[\s\S]*red\n +end/);
    assert.match(t.screen.text, /^mgr monit {2}2 online/, 'no line of a program moved anything');
    assert.deepEqual(t.screen.foreign, []);
    t.type('/ti');
    await shows(t, /Programs with "ti" ━+ 1 of 2/);
    t.type('\r');
    const { pid } = await rig.row('tick');
    t.type('r');
    await shows(t, /tick \(0\): restarted/);
    assert.notEqual((await rig.row('tick')).pid, pid);
    t.type('R');
    await shows(t, /tick \(0\): restarted, not replaced/);
    t.type('s');
    await shows(t, /▸ +0 tick .*stopped/);
    t.type('d');
    await shows(t, /delete tick \(0\)\?/);
    t.type('n');
    await shows(t, /is not deleted/);
    t.type('\u001b[200~dy\u001b[201~');
    t.type('S');
    await shows(t, /▸ +0 tick .*online/);
    t.type('dy');
    await shows(t, /tick \(0\): deleted/);
    assert.equal((await rig.rows()).length, 1, 'the paste before deleted nothing');
    t.type('q');
    assert.equal(await t.ended, 0);
    assertRestored(t);
  });
}));

test('monit: a daemon that dies, and one that is replaced, are waited for; no line is lost', options, () => within(async (rig) => {
  await rig.ok('start', rig.file('tick.js', TICK), '--name', 'tick');
  await inTerminal(rig, async (t) => {
    await shows(t, /tick \d+ of tick/);
    t.type('l');
    const last = (): number => Number([...t.screen.text.matchAll(/tick (\d+) of/g)].at(-1)?.[1] ?? 0);
    const before = last();
    await rig.killDaemon();
    await waitFor('more lines', () => last() > before + 40);
    const again = last();
    await rig.ok('update');
    await waitFor('more lines still', () => last() > again + 40);
    const seen = [...t.screen.text.matchAll(/tick (\d+) of/g)].map((m) => Number(m[1]));
    assert.ok(seen.length > 10);
    assert.deepEqual(seen, seen.map((_, i) => (seen[0] ?? 0) + i));
    t.type('\u0003');
    assert.equal(await t.ended, 0);
  });
}));

test('monit: SIGTERM, a fault and a terminal that goes away leave nothing behind', options, () => within(async (rig) => {
  await rig.ok('start', rig.file('tick.js', TICK), '--name', 'tick');
  await inTerminal(rig, async (t) => {
    process.kill(monitPid(rig), 'SIGTERM');
    assert.equal(await t.ended, 0);
    assertRestored(t);
  });
  // A fault, whatever it is: here one of the terminal's own listeners.
  const fault = rig.file('fault.cjs', 'if (process.argv.includes("monit")) process.on("SIGUSR2", () => { throw new Error("a fault on purpose"); });');
  await inTerminal(rig, async (t) => {
    process.kill(monitPid(rig), 'SIGUSR2');
    assert.notEqual(await t.ended, 0);
    assertRestored(t);
    assert.match(t.screen.text, /a fault on purpose/);
  }, [80, 24], { NODE_OPTIONS: `--require=${fault}` });
  await inTerminal(rig, async (t) => {
    const pid = monitPid(rig);
    t.hangUp();
    await waitFor('the end of monit', () => !alive(pid));
  });
}));

test('monit: 40x10, no colours, bytes that are no text', options, () => within(async (rig) => {
  await inTerminal(rig, async (t) => {
    await shows(t, /nothing is managed yet/);
    t.type('?');
    await shows(t, /Keys of mgr monit/);
    t.type('x');
    t.type(Buffer.from([0xa3, 0xff, 0x80]).toString('latin1'));
    t.type('q');
    assert.equal(await t.ended, 0);
  }, [40, 10], { NO_COLOR: '1' });
}));

test('monit: another size is another layout, drawn whole', options, () => within(async (rig) => {
  await rig.ok('start', rig.file('tick.js', TICK), '--name', 'tick');
  await inTerminal(rig, async (t) => {
    await shows(t, /tick \d+ of tick/);
    for (const [columns, rows, wanted] of [[200, 60, /Programs.*│. Log of tick/], [40, 10, /^mgr {2}1 online .*\n━ Programs ━+\n▸ +0 tick/], [80, 24, /namespace mode/]] as const) {
      t.screen.resize(columns, rows);
      await rig.run('stty', ['-F', `/proc/${monitPid(rig)}/fd/0`, 'cols', String(columns), 'rows', String(rows)]);
      await shows(t, wanted);
      await shows(t, /tick \d+ of tick[\s\S]*\? help {2}q quit/);
    }
    assert.deepEqual(t.screen.foreign, []);
    t.type('q');
    assert.equal(await t.ended, 0);
  });
}));

test('monit: a program that floods its log freezes nothing; what is left out is counted', options, () => within(async (rig) => {
  await rig.ok('start', rig.file('flood.js', 'const text = "a line of a flood, and not the shortest one\\n".repeat(20000); setInterval(() => process.stdout.write(text), 100);'), '--name', 'flood');
  await inTerminal(rig, async (t) => {
    await shows(t, /\d+k lines left out/);
    const began = performance.now();
    t.type('l');
    await shows(t, /━ Log of flood/);
    assert.ok(performance.now() - began < 2000, `${performance.now() - began} ms for a key`);
    t.type(' ');
    await shows(t, /held, \d+ below/);
    t.type('q');
    assert.equal(await t.ended, 0);
  });
}));

test('monit without a terminal: says so, exit 1', () => within(async (rig) => {
  const r = await rig.mgr('monit');
  assert.deepEqual([r.code, r.out], [1, '']);
  assert.match(r.err, /^mgr: monit needs a terminal: standard output is no terminal\n {2}→ in a pipe use/);
  assert.equal(fs.existsSync(path.join(rig.home, 'rpc.sock')), false, 'and starts no daemon for it');
}));
