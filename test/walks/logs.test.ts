// Every line once, whole, in its file: real programs, the real daemon, the real command.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import zlib from 'node:zlib';
import { ROOT, Rig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const BIN = path.join(ROOT, 'bin/mgr.js');
const MOST_KB = 120 * 1024;

/**
 * `node hashes.js <lines> <length> <tags> [pause ms]`: lines `<tag> <n> <filler> <sha1>` in writes that end anywhere, in the middle of
 * characters too. Tags: o… goes to stdout, e… to stderr, in turns.
 */
const HASHES = `
const { createHash } = require('node:crypto'); const fs = require('node:fs');
const [count, length, tags, pause] = process.argv.slice(2);
const own = process.env.NODE_APP_INSTANCE ?? '';
const send = (fd, b) => { for (let at = 0; at < b.length;) { try { at += fs.writeSync(fd, b, at); } catch (e) { if (e.code !== 'EAGAIN') throw e; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); } } };
const streams = tags.split(',').map((t) => ({ tag: t + own, fd: t[0] === 'e' ? 2 : 1, held: Buffer.alloc(0), size: 7001 }));
const fill = ['abc "quoted" \\\\ $& ', 'жизнь – žluťoučký ', '\\t\\u001b[31mred\\u001b[0m ', '日本語 😀 ', 'plain words only ', '{"a":[1,2,{"b":"$1"}]} '].map((f) => f.repeat(Math.ceil(length / f.length)).slice(0, Number(length)).replace(/[\\ud800-\\udfff]$/, ''));
let n = 0;
const more = (until) => {
  for (; n < until; n++) for (const s of streams) {
    const body = s.tag + ' ' + n + ' ' + fill[n % fill.length];
    s.held = Buffer.concat([s.held, Buffer.from(body + ' ' + createHash('sha1').update(body).digest('hex') + '\\n')]);
    while (s.held.length > s.size) { send(s.fd, s.held.subarray(0, s.size)); s.held = s.held.subarray(s.size); s.size = pause ? 1 + s.size * 31 % 3001 : 1 + s.size * 31 % 90001; }
  }
  if (n < count) return;
  for (const s of streams) send(s.fd, s.held);
  clearInterval(timer);
};
const timer = pause ? setInterval(() => more(Math.min(count, n + 20)), Number(pause)) : undefined;
if (!pause) more(Number(count));
`;

async function within(body: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = new Rig();
  try {
    rig.file('hashes.js', HASHES);
    await body(rig);
  } finally {
    await rig.close();
  }
}

function eco(rig: Rig, ...apps: Readonly<Record<string, unknown>>[]): string {
  return rig.file(`eco-${apps.map((a) => a['name']).join('-').slice(0, 40)}.config.json`, JSON.stringify({ apps: apps.map((a) => ({ autorestart: false, ...a })) }));
}

const log = (rig: Rig, name: string): string => path.join(rig.home, 'logs', name);

function text(file: string): string {
  const bytes = fs.readFileSync(file);
  return (file.endsWith('.gz') ? zlib.gunzipSync(bytes) : bytes).toString('utf8');
}

function lines(whole: string): string[] {
  if (whole === '') return [];
  assert.ok(whole.endsWith('\n'), `the last line has no newline: ${JSON.stringify(whole.slice(-80))}`);
  return whole.slice(0, -1).split('\n');
}

/** The rotated files of a log, oldest first, and the log. */
function family(rig: Rig, name: string): string[] {
  const bare = name.replace(/\.log$/, '');
  const age = (f: string): string => f.replace(/\.gz$/, '').replace(/(_\d\d-\d\d-\d\d)(?:-(\d+))?\.log$/, (_, t: string, n: string | undefined) => `${t}-${(n ?? '').padStart(9, '0')}`);
  const old = fs.readdirSync(path.join(rig.home, 'logs')).filter((f) => f.startsWith(`${bare}__`)).sort((a, b) => (age(a) < age(b) ? -1 : 1));
  return [...old, name].map((f) => log(rig, f));
}

/** Whole (the hash holds), in order, none missing, none doubled; lines of several writers may stand in any mixture. */
function check(all: Iterable<string>, tags: readonly string[], count: number): void {
  const next = new Map(tags.map((t) => [t, 0]));
  for (const line of all) {
    const cut = line.lastIndexOf(' ');
    const body = line.slice(0, cut);
    assert.equal(createHash('sha1').update(body).digest('hex'), line.slice(cut + 1), `torn: ${line.slice(0, 60)} … ${line.slice(-60)}`);
    const [tag = '', n] = body.split(' ', 2);
    assert.equal(Number(n), next.get(tag), `${tag}: wanted ${next.get(tag)}, got ${n}`);
    next.set(tag, Number(n) + 1);
  }
  for (const [tag, n] of next) assert.equal(n, count, `lines of ${tag}`);
}

const ended = (rig: Rig, names: readonly string[]): Promise<unknown> => waitFor(`${names.join()} ended`, async () => {
  const rows = await rig.rows();
  return names.every((n) => rows.filter((r) => r.name === n).every((r) => r.pm2_env['status'] === 'stopped'));
}, 30_000);

function hwm(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

function small(pid: number, t: TestContext): void {
  const kb = hwm(pid);
  t.diagnostic(`VmHWM ${Math.round(kb / 1024)} MB`);
  assert.ok(kb < MOST_KB, `VmHWM ${kb} KB`);
}

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d: /;
const undated = (line: string): string => { assert.match(line.slice(0, 30), DATE); return line.replace(DATE, ''); };
const message = (line: string): string => (JSON.parse(line) as { message: string }).message;

for (const [form, strip, option] of [['plain', (l: string) => l, {}], ['time', undated, { time: true }], ['json', message, { log_type: 'json' }]] as const) {
  test(`20,000 lines of 2 KB with a hash each, ${form}: alone, out and error in one file, two instances in one file`, (t) => within(async (rig) => {
    await rig.ok('start', eco(rig,
      { name: 'alone', script: './hashes.js', args: '20000 2000 o', ...option },
      { name: 'both', script: './hashes.js', args: '5000 2000 o,e', out_file: log(rig, 'both.log'), error_file: log(rig, 'both.log'), ...option },
      { name: 'twins', script: './hashes.js', args: '5000 2000 o,e', instances: 2, exec_mode: 'fork', merge_logs: true, ...option }));
    await ended(rig, ['alone', 'both', 'twins']);
    check(lines(text(log(rig, 'alone-out.log'))).map(strip), ['o0'], 20_000);
    check(lines(text(log(rig, 'both.log'))).map(strip), ['o0', 'e0'], 5000);
    check(lines(text(log(rig, 'twins-out.log'))).map(strip), ['o0', 'o1'], 5000);
    check(lines(text(log(rig, 'twins-error.log'))).map(strip), ['e0', 'e1'], 5000);
    small(await rig.daemonPid(), t);
  }));
}

test('long lines, bytes that are not UTF-8, a last line without newline', () => within(async (rig) => {
  rig.file('odd.js', `const fs = require('node:fs');
    const send = (b) => { for (let at = 0; at < b.length;) { try { at += fs.writeSync(1, b, at); } catch (e) { if (e.code !== 'EAGAIN') throw e; } } };
    send(Buffer.from('a'.repeat(70000) + '\\n' + 'é'.repeat(1500000) + '\\n'));
    send(Buffer.from([0xff, 0xfe, 0x41, 0, 0x80, 0x0a]));
    send(Buffer.from('crlf\\r\\n\\n'));
    send(Buffer.from('unfinished é').subarray(0, -1));`);
  const long = ['a'.repeat(70_000), 'é'.repeat(1_500_000)];
  const bytes = Buffer.concat([Buffer.from(`${long.join('\n')}\n`), Buffer.from([0xff, 0xfe, 0x41, 0, 0x80, 0x0a]), Buffer.from('crlf\r\n\nunfinished '), Buffer.from([0xc3, 0x0a])]);
  await rig.ok('start', eco(rig, { name: 'raw', script: './odd.js' }, { name: 'dated', script: './odd.js', log_date_format: '[T] YYYY' }, { name: 'json', script: './odd.js', log_type: 'json' }));
  await ended(rig, ['raw', 'dated', 'json']);
  await rig.ok('restart', 'raw');
  await ended(rig, ['raw']);
  assert.ok(fs.readFileSync(log(rig, 'raw-out.log')).equals(Buffer.concat([bytes, bytes])), 'raw: the bytes as they came, twice');
  const year = String(new Date().getFullYear());
  const dated = bytes.toString('latin1').slice(0, -1).split('\n').map((l) => `T ${year}: ${l}\n`).join('');
  assert.ok(fs.readFileSync(log(rig, 'dated-out.log')).equals(Buffer.from(dated, 'latin1')), 'dated');
  const records = lines(text(log(rig, 'json-out.log'))).map((l) => JSON.parse(l) as { message: string; message_base64?: string; type: string });
  assert.deepEqual(records.map((r) => r.message.length), [70_000, 1_500_000, 5, 5, 0, 12]);
  assert.equal(records[2]?.message_base64, Buffer.from([0xff, 0xfe, 0x41, 0, 0x80]).toString('base64'));
  assert.equal(records[3]?.message, 'crlf\r');
}));

test('8 programs that write 1 MB and exit at once', () => within(async (rig) => {
  const names = Array.from({ length: 8 }, (_, i) => `w${i}`);
  await rig.ok('start', eco(rig, ...names.map((name) => ({ name, script: './hashes.js', args: '1000 1000 o,e' }))));
  await ended(rig, names);
  for (const name of names) {
    check(lines(text(log(rig, `${name}-out.log`))), ['o0'], 1000);
    check(lines(text(log(rig, `${name}-error.log`))), ['e0'], 1000);
  }
}));

test('rotation under load, by the app and by a live setting: no line lost over all files, gz kept', () => within(async (rig) => {
  await rig.ok('start', eco(rig,
    { name: 'own', script: './hashes.js', args: '12000 1000 o', log_max_size: '1M', log_keep: 0 },
    { name: 'twins', script: './hashes.js', args: '3000 1000 o 15', instances: 2, exec_mode: 'fork', merge_logs: true },
    { name: 'set', script: './hashes.js', args: '6000 1000 o 10' }));
  await rig.ok('set', 'mgr:log_keep', '0');
  await rig.ok('set', 'mgr:log_max_size', '1M');
  await ended(rig, ['own', 'twins', 'set']);
  for (const [name, count, tags, least] of [['own', 12_000, ['o0'], 11], ['twins', 3000, ['o0', 'o1'], 4], ['set', 6000, ['o0'], 4]] as const) {
    const files = (): string[] => family(rig, `${name}-out.log`);
    await waitFor(`${name} compressed`, () => files().slice(0, -1).every((f) => f.endsWith('.gz')));
    assert.ok(files().length > least, `${name}: ${files().length} files`);
    check(files().flatMap((f) => lines(text(f))), tags, count);
  }
  // The command reads over all of them.
  const since = lines(await rig.ok('logs', 'own', '--nostream', '--raw', '--since', '1h'));
  check(since, ['o0'], 12_000);
  const found = lines(await rig.ok('logs', 'own', '--nostream', '--raw', '--since', '1h', '--grep', '^o0 (?:17|1199)7[0-9] '));
  assert.deepEqual(found.map((l) => Number(l.split(' ')[1])), [...Array.from({ length: 10 }, (_, i) => 1770 + i), ...Array.from({ length: 10 }, (_, i) => 11_970 + i)].filter((n) => n < 12_000 && /^(?:17|1199)7\d$/.test(String(n))));
  assert.equal(lines(await rig.ok('logs', 'own', '--nostream', '--raw', '--lines', '5000')).length, 5000);
  // A live bound on the number of files.
  await rig.ok('set', 'mgr:log_keep', '2');
  await rig.ok('restart', 'set');
  await ended(rig, ['set']);
  await waitFor('old files are gone', () => family(rig, 'set-out.log').length === 3);
}));

test('an outside copy-and-truncate, an outside rename with SIGUSR2, a removal: the files stay sane', () => within(async (rig) => {
  await rig.ok('start', eco(rig, { name: 'a', script: './hashes.js', args: '100000 200 o 5' }));
  const file = log(rig, 'a-out.log');
  const grown = (size: number): Promise<unknown> => waitFor('growth', () => (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) > size);
  await grown(200_000);
  for (let i = 0; i < 3; i++) {
    fs.copyFileSync(file, `${file}.copy`);
    fs.truncateSync(file);
    await grown(50_000);
    const all = text(file);
    assert.ok(!all.includes('\0'), 'a hole of zeros');
    // The first and last line may be cut by us; the others hold.
    for (const line of all.split('\n').slice(1, -1)) assert.equal(createHash('sha1').update(line.slice(0, line.lastIndexOf(' '))).digest('hex'), line.slice(line.lastIndexOf(' ') + 1));
  }
  await rig.ok('flush', 'a');
  const reopen: (() => Promise<unknown>)[] = [
    async () => process.kill(await rig.daemonPid(), 'SIGUSR2'),
    () => rig.run(process.execPath, ['-e', `const s = require('node:net').connect(process.argv[1]); const f = (t) => { const b = Buffer.from(t); const l = Buffer.alloc(4); l.writeUInt32BE(b.length); return Buffer.concat([l, b]); };
      s.write(Buffer.concat([Buffer.from([0x12]), f('j:{"type":"call","method":"reloadLogs","args":[{}]}'), f('s:1:1')])); s.once('data', () => s.destroy());`, path.join(rig.home, 'rpc.sock')]),
  ];
  const parts: string[] = [];
  for (const [i, how] of reopen.entries()) {
    await grown(50_000);
    fs.renameSync(file, `${file}.${i}`);
    await new Promise((r) => setTimeout(r, 30)); // it goes on in the renamed file
    await how();
    await grown(10_000);
    parts.push(`${file}.${i}`);
  }
  await rig.ok('stop', 'a');
  const whole = [...parts, file].map(text);
  const first = whole[0] ?? '';
  const all = lines(first.slice(first.indexOf('\n') + 1) + whole.slice(1).join(''));
  const numbers = all.map((l) => Number(l.split(' ')[1]));
  assert.deepEqual(numbers.filter((n, i) => i > 0 && i < numbers.length - 1 && n !== (numbers[0] ?? 0) + i), []);
  assert.ok(whole.every((w) => w.endsWith('\n')), 'each file ends between two lines');
  // A removed log comes back by itself.
  await rig.ok('restart', 'a');
  await grown(1000);
  fs.rmSync(file);
  await waitFor('a new file', () => fs.existsSync(file), 12_000);
}));

test('NULL, /dev/null, disable_logs, log_file, merge_logs, log_date_format, flush', () => within(async (rig) => {
  rig.file('say.js', "console.log('to out'); console.error('to err'); setInterval(() => {}, 1e6);");
  const app = { script: './say.js', autorestart: true };
  await rig.ok('start', eco(rig,
    { name: 'nul', ...app, out_file: 'NULL' }, { name: 'dev', ...app, error_file: '/dev/null' }, { name: 'off', ...app, disable_logs: true },
    { name: 'all', ...app, log_file: log(rig, 'combined.log') }, { name: 'allnull', ...app, out_file: 'NULL', error_file: 'NULL', log_file: true },
    { name: 'merged', ...app, instances: 2, exec_mode: 'fork', merge_logs: true }, { name: 'apart', ...app, instances: 2, exec_mode: 'fork' },
    { name: 'dated', ...app, log_date_format: 'YYYY [year]' }));
  const has = (name: string): Promise<unknown> => waitFor(name, () => fs.existsSync(log(rig, name)) && fs.statSync(log(rig, name)).size > 0);
  await waitFor('all has both', () => fs.existsSync(log(rig, 'combined.log')) && lines(text(log(rig, 'combined.log'))).length === 2);
  assert.deepEqual(lines(text(log(rig, 'combined.log'))).sort(), ['to err', 'to out']);
  for (const name of ['nul-error.log', 'dev-out.log', 'all-out.log', 'all-error.log', 'allnull.log', 'merged-out.log', 'dated-out.log', 'dated-error.log']) await has(name);
  await waitFor('both of merged', () => text(log(rig, 'merged-out.log')) === 'to out\nto out\n');
  const apart = (await rig.rows()).filter((r) => r.name === 'apart').map((r) => r.pm_id);
  for (const id of apart) { await has(`apart-out-${id}.log`); await has(`apart-error-${id}.log`); }
  assert.equal(text(log(rig, 'dated-out.log')), `${new Date().getFullYear()} year: to out\n`);
  await waitFor('allnull has both', () => lines(text(log(rig, 'allnull.log'))).length === 2);
  const made = fs.readdirSync(path.join(rig.home, 'logs'));
  for (const never of ['nul-out.log', 'dev-error.log', 'off-out.log', 'off-error.log', 'allnull-out.log', 'allnull-error.log', 'apart-out.log']) assert.ok(!made.includes(never), never);
  assert.ok(fs.statSync('/dev/null').isCharacterDevice());
  for (const name of made) assert.equal(fs.statSync(log(rig, name)).mode & 0o777, 0o600, name);
  assert.match(await rig.ok('flush', 'all'), /combined\.log/);
  assert.deepEqual(['all-out.log', 'all-error.log', 'combined.log'].map((f) => fs.statSync(log(rig, f)).size), [0, 0, 0]);
  assert.ok(made.every((f) => f.startsWith('nul-') || fs.existsSync(log(rig, f))));
  await rig.ok('flush');
  await rig.ok('restart', 'dated');
  await waitFor('it writes on', () => text(log(rig, 'dated-out.log')) === `${new Date().getFullYear()} year: to out\n`);
}));

test('a full disk: said by list, logs and the daemon, the program runs on, writing resumes by itself', (t) => within(async (rig) => {
  const disk = path.join(rig.dir, 'disk');
  fs.mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk], { encoding: 'utf8' });
  if (mounted.status !== 0) { t.skip(`no small disk here: ${(mounted.stderr || String(mounted.error)).trim()}`); return; }
  try {
    fs.writeFileSync(path.join(disk, 'filler'), Buffer.alloc(63_500_000));
    const file = path.join(disk, 'full.log');
    await rig.ok('start', eco(rig, { name: 'full', script: './hashes.js', args: '100000 500 o 5', out_file: file }, { name: 'other', script: './hashes.js', args: '500 500 o 5' }));
    await waitFor('said in pm2.log', () => rig.read('pm2.log').includes('ENOSPC'));
    const listed = await rig.mgr('list');
    assert.match(listed.out, /full .*online/);
    assert.match(listed.out + listed.err, /full\.log is not written.*ENOSPC/);
    const shown = await rig.mgr('logs', 'full', '--nostream', '--lines', '2');
    assert.match(shown.err, /full\.log is not written.*ENOSPC/);
    assert.equal((await rig.row('full')).pm2_env['restart_time'], 0);
    const { pid } = await rig.row('full');
    await ended(rig, ['other']);
    check(lines(text(log(rig, 'other-out.log'))), ['o0'], 500);
    // Long enough that lines had to be dropped.
    await new Promise((r) => setTimeout(r, 600));
    const before = fs.statSync(file).size;
    fs.rmSync(path.join(disk, 'filler'));
    await waitFor('writing resumes', () => fs.statSync(file).size > before + 10_000 && rig.read('pm2.log').includes('is written again'));
    assert.equal((await rig.row('full')).pid, pid);
    await rig.ok('stop', 'full');
    const all = lines(text(file));
    const told = all.filter((l) => l.startsWith('mgr: '));
    const holes = all.filter((l) => !l.startsWith('mgr: ')).slice(0, -1).map((l) => {
      assert.equal(createHash('sha1').update(l.slice(0, l.lastIndexOf(' '))).digest('hex'), l.slice(l.lastIndexOf(' ') + 1));
      return Number(l.split(' ')[1]);
    });
    const lost = (holes.at(-1) ?? 0) + 1 - holes.length;
    assert.deepEqual(told.map((l) => Number(/^mgr: (\d+) lines? w/.exec(l)?.[1])).reduce((a, b) => a + b, 0), lost);
    assert.doesNotMatch((await rig.mgr('list')).err, /ENOSPC/);
  } finally {
    await rig.mgr('kill');
    const off = spawnSync('umount', [disk]);
    if (off.status !== 0) spawnSync('umount', ['-l', disk]);
  }
}));

test('a slow sink: the program waits, the daemon stays small, nothing is lost', (t) => within(async (rig) => {
  const fifo = path.join(rig.dir, 'slow');
  spawnSync('mkfifo', [fifo]);
  await rig.ok('start', eco(rig, { name: 'much', script: './hashes.js', args: '15000 2000 o', out_file: fifo }, { name: 'other', script: './hashes.js', args: '200 500 o' }));
  await ended(rig, ['other']);
  const got: Buffer[] = [];
  const fd = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    let size = 0;
    const buffer = Buffer.alloc(128 * 1024);
    const read = (): number => {
      try { return fs.readSync(fd, buffer, 0, buffer.length, null); } catch (e) { if ((e as { code?: string }).code === 'EAGAIN') return 0; throw e; }
    };
    await waitFor('all of it', async () => {
      const n = read();
      if (n > 0) { size += n; got.push(Buffer.from(buffer.subarray(0, n))); }
      // Slow at first, so that much piles up somewhere.
      if (size < 2_000_000) await new Promise((r) => setTimeout(r, 30));
      else if (n > 0) return false;
      return n === 0 && size > 2_000_000 && (await rig.row('much')).pm2_env['status'] === 'stopped' && read() === 0;
    }, 60_000);
  } finally { fs.closeSync(fd); }
  check(lines(Buffer.concat(got).toString('utf8')), ['o0'], 15_000);
  small(await rig.daemonPid(), t);
}));

test('a burst of 1 GB', (t) => within(async (rig) => {
  const { bavail, bsize } = fs.statfsSync(rig.dir);
  if (bavail * bsize < 4e9) { t.skip('less than 4 GB free'); return; }
  const part = path.join(rig.dir, 'part');
  const block = Buffer.from(Array.from({ length: 10_000 }, (_, i) => `${String(i).padStart(99, '.')}\n`).join(''));
  for (let i = 0; i < 100; i++) fs.appendFileSync(part, block);
  rig.file('burst.sh', `#!/bin/sh\nexec cat ${`'${part}' `.repeat(10)}\n`, 0o755);
  await rig.ok('start', eco(rig, { name: 'burst', script: './burst.sh', log_max_size: 0 }));
  await ended(rig, ['burst']);
  assert.equal(fs.statSync(log(rig, 'burst-out.log')).size, 1_000_000_000);
  fs.rmSync(log(rig, 'burst-out.log'));
  small(await rig.daemonPid(), t);
}));

interface Following { readonly said: { out: string; err: string }; begun(): Promise<void>; end(): Promise<number | null> }

function follow(rig: Rig, ...args: string[]): Following {
  const child = spawn(process.execPath, [BIN, 'logs', ...args], { cwd: rig.dir, env: rig.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (d: string) => { said.out += d; });
  child.stderr.setEncoding('utf8').on('data', (d: string) => { said.err += d; });
  const closed = new Promise<number | null>((resolve) => { child.once('close', resolve); });
  return { said, begun: async () => { await waitFor('the first lines', () => said.out !== ''); }, end: () => { child.kill('SIGINT'); return closed; } };
}

/** From the first number on, one after the other; the last line may still be under way. */
function unbroken(all: readonly string[], tag: string, least: number): void {
  const numbers = all.map((l) => l.split(' ')).filter(([t]) => t === tag).map(([, n]) => Number(n));
  assert.ok(numbers.length > least, `${tag}: ${numbers.length} lines`);
  const at = numbers.findIndex((n, i) => n !== (numbers[0] ?? 0) + i);
  assert.equal(at, -1, `${tag}: after ${numbers[at - 1]} came ${numbers[at]}`);
}

test('a follower: every line once across three deaths of the daemon, also where streams and instances share a file', () => within(async (rig) => {
  rig.file('count.js', "let n = 0; const begun = Date.now(); const own = process.env.NODE_APP_INSTANCE; setInterval(() => { for (const due = (Date.now() - begun) / 2; n < due; n++) { process.stdout.write(`o${own} ${n}\\n`); process.stderr.write(`e${own} ${n}\\n`); } }, 2);");
  await rig.ok('start', eco(rig, { name: 'apart', script: './count.js' }, { name: 'one', script: './count.js', out_file: log(rig, 'one.log'), error_file: log(rig, 'one.log') },
    { name: 'twins', script: './count.js', instances: 2, exec_mode: 'fork', merge_logs: true }));
  const followers = ['apart', 'one', 'twins'].map((name) => follow(rig, name, '--raw', '--lines', '0'));
  for (const f of followers) await f.begun();
  for (let i = 1; i <= 3; i++) {
    await rig.killDaemon();
    await waitFor('all follow again', () => followers.every((f) => f.said.err.split('following again').length > i));
    const sizes = followers.map((f) => f.said.out.length);
    await waitFor('more lines', () => followers.every((f, k) => f.said.out.length > (sizes[k] ?? 0) + 2000));
  }
  const said = [];
  for (const f of followers) { assert.equal(await f.end(), 0); said.push(f.said.out.split('\n').slice(0, -1)); }
  for (const [k, tags] of [['o0', 'e0'], ['o0', 'e0'], ['o0', 'o1', 'e0', 'e1']].entries()) for (const tag of tags) unbroken(said[k] ?? [], tag, 300);
}));

test('a follower that comes in the middle of a line, and stays while the daemon dies in the middle of others', () => within(async (rig) => {
  await rig.ok('start', eco(rig, { name: 'torn', script: './hashes.js', args: '1000000 700 o,e 20' }));
  await waitFor('it writes', () => rig.read('logs/torn-out.log') !== '' && rig.read('logs/torn-error.log') !== '');
  const followers: Following[] = [];
  for (let i = 0; i < 5; i++) { const f = follow(rig, 'torn', '--raw', ...(i === 4 ? ['--since', '1h'] : ['--lines', String(i * 3)])); followers.push(f); await f.begun(); }
  for (let i = 1; i <= 3; i++) {
    await rig.killDaemon();
    await waitFor('all follow again', () => followers.every((f) => f.said.err.split('following again').length > i));
    const sizes = followers.map((f) => f.said.out.length);
    await waitFor('more lines', () => followers.every((f, k) => f.said.out.length > (sizes[k] ?? 0) + 50_000));
  }
  for (const f of followers) {
    assert.equal(await f.end(), 0);
    const all = f.said.out.split('\n').slice(0, -1);
    for (const tag of ['o0', 'e0']) unbroken(all, tag, 100);
    for (const line of all) assert.equal(createHash('sha1').update(line.slice(0, line.lastIndexOf(' '))).digest('hex'), line.slice(line.lastIndexOf(' ') + 1), `torn: ${line.slice(0, 60)}`);
  }
}));

test('logs: targets and forms', () => within(async (rig) => {
  rig.file('say.js', "for (let i = 1; i <= 30; i++) { console.log(process.env.name + ' out ' + i); console.error(process.env.name + ' err ' + i); } setInterval(() => {}, 1e6);");
  await rig.ok('start', eco(rig, { name: 'api', script: './say.js', namespace: 'web', time: true }, { name: 'api-2', script: './say.js', namespace: 'web' }, { name: 'job', script: './say.js' }, { name: 'js', script: './say.js', log_type: 'json' }));
  for (const name of ['api', 'api-2', 'job', 'js']) await waitFor(`${name} has said it`, () => rig.read(`logs/${name}-error.log`).includes('err 30') && rig.read(`logs/${name}-out.log`).includes('out 30'));
  const get = async (...args: string[]): Promise<string[]> => lines(await rig.ok('logs', '--nostream', ...args));
  assert.deepEqual((await get('job', '--lines', '2')).sort(), ['2|job | job err 29', '2|job | job err 30', '2|job | job out 29', '2|job | job out 30']);
  assert.equal((await get('job')).length, 30);
  assert.deepEqual(await get('2', '--lines', '1', '--err'), ['2|job | job err 30']);
  assert.deepEqual(await get('job', '--lines', '1', '--out', '--raw'), ['job out 30']);
  assert.deepEqual(await get('web', '--lines', '1', '--out', '--grep', 'api-2'), ['1|api-2 | api-2 out 30']);
  assert.equal((await get('/^api/', '--lines', '1', '--out')).length, 2);
  assert.equal((await get('api-2', 'job', '--lines', '3', '--err')).length, 6);
  assert.equal((await get('all', '--lines', '1', '--out')).length, 4);
  assert.equal((await get('--lines', '1', '--out')).length, 4);
  assert.equal((await get('job', '--lines', '0')).length, 0);
  assert.deepEqual(await get('job', '--out', '--raw', '--grep', '^job out [12]$'), ['job out 1', 'job out 2']);
  assert.equal((await get('api', '--out', '--raw', '--since', '10m')).length, 30);
  assert.match((await get('api', '--out', '--raw', '--lines', '1'))[0] ?? '', /^\d{4}-\d\d-\d\dT[\d:]{8}: api out 30$/);
  assert.equal(message((await get('js', '--raw', '--out', '--lines', '1'))[0] ?? ''), 'js out 30');
  const json = JSON.parse((await get('job', '--json', '--err', '--lines', '1'))[0] ?? '') as Record<string, unknown>;
  assert.deepEqual([json['message'], json['type'], json['process_id'], json['app_name']], ['job err 30', 'err', 2, 'job']);
  const bad = await rig.mgr('logs', 'nobody', '--nostream');
  assert.deepEqual([bad.code, bad.out], [1, '']);
  assert.match(bad.err, /nobody/);
  assert.equal((await rig.mgr('logs', '--lines', 'many', '--nostream')).code !== 0, true);
  assert.equal((await rig.mgr('logs', '--grep', '(', '--nostream')).code !== 0, true);
  process.kill(await rig.daemonPid(), 'SIGUSR2');
  assert.equal((await rig.mgr('logs', 'mgr', '--nostream', '--lines', '5')).code, 0);
  // Pushed lines, with the time they came.
  const stamped = follow(rig, 'job', '--timestamp', 'YYYY', '--lines', '1', '--out');
  await stamped.begun();
  await rig.ok('restart', 'job');
  await waitFor('pushed lines', () => stamped.said.out.includes(`2|job | ${new Date().getFullYear()}: job out 30\n`));
  assert.equal(await stamped.end(), 0);
  assert.doesNotMatch(stamped.said.out, /job err/);
}));
