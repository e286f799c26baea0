// node scripts/pm2-clients.mjs [--record] [--with <folder of an installed pm2>]… [version …]
// Drives a home of ours with PM2's own clients, installed from the npm registry (2, 4, 5, 6 and 7 when none is named):
// the command line and the JavaScript API. Says what each command gave, and fails when one fails that should not, or
// when a PM2 daemon has come into the home. --record writes what they said on the socket to test/fixtures/pm2-<version>.jsonl,
// which test/walks/pm2-frames.test.ts says again.
import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const root = path.dirname(path.dirname(new URL(import.meta.url).pathname));
const words = process.argv.slice(2);
const record = words.includes('--record');
const given = words.flatMap((w, i) => (words[i - 1] === '--with' ? [path.resolve(w)] : []));
const versions = words.filter((w, i) => /^\d/.test(w) && words[i - 1] !== '--with');

const APP = `const say = (m) => process.send && process.send(m);
say({ type: 'axm:action', data: { action_name: 'hi', action_type: 'custom', opts: null, arity: 1 } });
process.on('message', (m) => { const a = m.msg || m; if (a === 'hi') say({ type: 'axm:reply', data: { return: { got: m }, action_name: 'hi' } }); else say({ type: 'process:msg', data: { echo: m } }); });
process.stdin.on('data', (d) => console.log('stdin', JSON.stringify(String(d))));
process.on('SIGUSR2', () => console.log('usr2'));
console.log('hello', process.argv.slice(2).join());
setInterval(() => {}, 1e6);`;
const ECO = `module.exports = { apps: [
  { name: 'eco', script: './app.js', env: { A: 1 }, env_production: { A: 2 }, max_memory_restart: '300M', out_file: '../eco.log' },
  { name: 'clu', script: './app.js', instances: 2 },
] };`;

const COMMANDS = [
  'ping', 'start app.js --name one -- --x 1', 'start eco.config.js', 'list', 'jlist', 'describe one', 'restart one', 'restart one --update-env --max-memory-restart 200M', 'restart one --watch',
  'reload all', 'scale clu 3', 'scale clu 2', 'stop one', 'start one', 'trigger one hi', 'trigger one hi param1', 'sendSignal SIGUSR2 one', 'send 0 hello', 'reset all', 'save', 'env 0', 'id one', 'pid one',
  'logs one --nostream --lines 5', 'flush', 'reloadLogs', 'set foo:bar 1', 'get foo:bar', 'report', 'startOrRestart eco.config.js --env production', 'startOrReload eco.config.js',
  'restart eco.config.js', 'stop clu', 'restart all', 'delete one', 'delete all', 'resurrect', 'list', 'delete all',
];

// The whole of it as a program of a PM2 user would write it.
const API = (pm2, version) => `const VERSION = ${parseInt(version, 10)};
const pm2 = require(${JSON.stringify(pm2)});
const p = (name, ...args) => new Promise((ok, no) => pm2[name](...args, (e, r) => (e ? no(Array.isArray(e) ? e[0] : e) : ok(r))));
const check = (is, what) => { if (!is) throw new Error('unexpected: ' + what); };
(async () => {
  await p('connect');
  const made = await p('start', { script: 'app.js', name: 'api', args: ['a b', 'c'], env: { B: '1' }, max_restarts: 4 });
  check(made.length === 1, 'start gives one');
  const bus = await p('launchBus');
  const echo = new Promise((r) => bus.on('process:msg', r));
  let [one] = await p('list');
  check(one.name === 'api' && one.pm2_env.status === 'online' && one.pm2_env.env.B === '1' && one.pm2_env.args.join('|') === 'a b|c', 'list');
  await p('sendDataToProcessId', { id: one.pm_id, type: 'process:msg', topic: true, data: { x: 1 } });
  check((await echo).data.echo.data.x === 1, 'the echo');
  await p('restart', 'api');
  await p('reload', 'api');
  [one] = await p('describe', 'api');
  check(one.pm2_env.restart_time === 2, 'two restarts, not ' + one.pm2_env.restart_time);
  await p('sendSignalToProcessName', 'SIGUSR2', 'api');
  await p('sendSignalToProcessId', 'SIGUSR2', one.pm_id);
  while ((await p('describe', 'api'))[0].pm2_env.axm_actions.length === 0) await new Promise((r) => setTimeout(r, 20));
  const reply = new Promise((r) => bus.on('axm:reply', r));
  await p('msgProcess', { name: 'api', msg: 'hi' });
  check((await reply).data.return.got === 'hi', 'the action');
  const line = new Promise((r) => bus.on('log:out', (l) => l.data.includes('stdin') && r(l.data)));
  if (pm2.sendLineToStdin) { await p('sendLineToStdin', one.pm_id, 'typed'); check((await line).includes('typed'), 'the line'); }
  const event = new Promise((r) => bus.on('process:event', (e) => e.event === 'stop' && r(e)));
  await p('reset', 'api');
  check((await p('describe', 'api'))[0].pm2_env.restart_time === 0, 'reset');
  await (VERSION < 3 ? p('flush') : p('flush', 'api'));
  await p('reloadLogs');
  check(/^\\d/.test(await p('getVersion')), 'a version');
  check(Array.isArray(await p('getProcessIdByName', 'api')), 'ids');
  await (VERSION < 3 ? p('dump') : p('dump', true));
  await p('stop', 'api');
  [one] = await p('list');
  check(one.pm2_env.status === 'stopped' && one.pid === 0, 'stopped');
  check((await event).process.name === 'api', 'the event of the stop');
  const none = await p('stop', 'nobody').then(() => undefined, (e) => e);
  check(none, 'nobody cannot be stopped');
  await p('delete', 'api');
  check((await p('list')).length === 0, 'empty');
  pm2.disconnect();
  setTimeout(() => process.exit(0), 100);
})().catch((e) => { console.error(e); process.exit(1); });`;

let failed = 0;
for (const dir of given) await session(dir);
for (const version of given.length > 0 ? versions : versions.length > 0 ? versions : ['2', '4', '5', '6', '7']) await session(install(version));
process.exit(failed > 0 ? 1 : 0);

function install(version) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), `pm2-${version}-`));
  // A tarball on a host that is gone is an optional dependency of 2.x.
  fs.writeFileSync(path.join(dir, 'package.json'), JSON.stringify({ private: true, dependencies: { pm2: version }, overrides: { gkt: 'npm:is-odd@3.0.1' } }));
  const r = spawnSync('npm', ['install', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'], { cwd: dir, encoding: 'utf8' });
  if (r.status !== 0) throw new Error(`npm install pm2@${version}: ${r.stderr}`);
  return path.join(dir, 'node_modules/pm2');
}

async function session(pm2) {
  const { version } = JSON.parse(fs.readFileSync(path.join(pm2, 'package.json'), 'utf8'));
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pm2c-'));
  const home = path.join(dir, 'h');
  const work = path.join(dir, 'w');
  fs.mkdirSync(work);
  for (const [name, text] of Object.entries({ 'app.js': APP, 'eco.config.js': ECO, 'api.js': API(pm2, version) })) fs.writeFileSync(path.join(work, name), text);
  const { PATH } = process.env;
  const base = { PATH, HOME: dir, LANG: 'C.UTF-8' };
  const mgr = (...args) => run(process.execPath, [path.join(root, 'bin/mgr.js'), ...args], work, { ...base, MGR_HOME: home });
  await mgr('ping');
  const frames = Object.assign([], { errors: [] });
  const recorder = await proxy(home, dir, frames);
  const env = { ...base, PM2_HOME: home, PM2_DAEMON_RPC_PORT: path.join(dir, 'rpc.sock'), PM2_DAEMON_PUB_PORT: path.join(dir, 'pub.sock'), PM2_DISABLE_VERSION_CHECK: 'true', NO_COLOR: '1' };
  const step = async (name, command, args) => {
    frames.push({ step: name });
    frames.errors.length = 0;
    const { code, out } = await run(command, args, work, env);
    const bad = code !== 0 || /does not exist|\[ERROR\]|Spawning/.test(out);
    if (bad) failed++;
    console.log(`${bad ? 'FAILED' : 'ok    '} pm2 ${version} ${name}${bad ? `: exit ${code}\n${out.slice(-2000)}\nthe daemon's errors: ${frames.errors.join('; ')}` : ''}`);
  };
  // 2.x knows no `env`.
  for (const line of COMMANDS.filter((l) => !(version.startsWith('2.') && l === 'env 0'))) await step(line, process.execPath, [path.join(pm2, 'bin/pm2'), ...line.split(' ')]);
  await step('the JavaScript API', process.execPath, ['api.js']);
  const guests = fs.readdirSync('/proc').filter((pid) => { try { const t = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1'); return t.includes('God Daemon') && t.includes(home); } catch { return false; } });
  if (guests.length > 0) { failed++; console.log(`FAILED pm2 ${version}: a PM2 daemon has come into the home: ${guests.join()}`); }
  recorder();
  await mgr('kill');
  if (record) fs.writeFileSync(path.join(root, `test/fixtures/pm2-${version.split('.')[0]}.jsonl`), fixture(frames, { home, work, dir }));
  fs.rmSync(dir, { recursive: true, force: true });
}

function run(command, args, cwd, env) {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env, timeout: 30_000, maxBuffer: 1 << 26 }, (e, out, err) => resolve({ code: e ? e.code ?? 'killed' : 0, out: out + err }));
  });
}

/** Stands between the clients and the home's sockets and writes down what the clients say. */
async function proxy(home, dir, frames) {
  const servers = [];
  for (const name of ['rpc.sock', 'pub.sock']) {
    const server = net.createServer((client) => {
      const daemon = net.connect(path.join(home, name));
      const heard = reader(([body]) => { if (name === 'rpc.sock') frames.push(body); });
      client.on('data', (bytes) => { heard(bytes); daemon.write(bytes); });
      const answered = reader(([body]) => { if (body.error !== undefined) frames.errors.push(body.error); });
      daemon.on('data', (bytes) => { if (name === 'rpc.sock') answered(bytes); client.write(bytes); });
      for (const [a, b] of [[client, daemon], [daemon, client]]) a.on('error', () => {}).on('close', () => b.destroy());
    });
    await new Promise((resolve) => { server.listen(path.join(dir, name), resolve); });
    servers.push(server);
  }
  return () => { for (const s of servers) s.close(); };
}

function reader(on) {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const count = (rest[0] ?? 0) & 0xf;
      let at = 1;
      const args = [];
      while (args.length < count && rest.length >= at + 4) {
        const end = at + 4 + rest.readUInt32BE(at);
        if (rest.length < end) break;
        const text = rest.toString('utf8', at + 4, end);
        args.push(text.startsWith('j:') ? JSON.parse(text.slice(2)) : text.slice(2));
        at = end;
      }
      if (rest.length === 0 || args.length < count) return;
      rest = rest.subarray(at);
      on(args);
    }
  };
}

/** One line a call, without the polling; paths as $HOME (of mgr) and $DIR, and of the environment only what counts. */
function fixture(frames, { home, work, dir }) {
  const polling = new Set(['getVersion', 'getMonitorData', 'getSystemData']);
  const place = (text) => text.replaceAll(home, '$HOME').replaceAll(work, '$DIR').replaceAll(dir, '$TMP').replaceAll(JSON.stringify(process.env.PATH).slice(1, -1), '$PATH').replaceAll(process.execPath, '$NODE');
  const lines = frames.filter((f) => f.step !== undefined || !polling.has(f.method)).map((f) => (f.step !== undefined ? { step: f.step } : { method: f.method, args: f.args }));
  return `${lines.map((l) => place(JSON.stringify(l))).join('\n')}\n`;
}
