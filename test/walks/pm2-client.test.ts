// What a module's own copy of pm2 meets: a raw client of PM2's wire (AMP frames), the real daemon.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Pm2Client, frame, frames, pm2Subscriber } from '../helpers/amp.js';
import { Rig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

type Bag = Readonly<Record<string, unknown>>;
interface Heard { readonly topic: string; readonly payload: Bag }

const rig = new Rig();
const open: { close(): void }[] = [];
let calls: Pm2Client;
const heard: Heard[] = [];

const TALK = `process.on('message', (m) => {
  if (m === 'hello' || m.msg === 'hello') process.send({ type: 'axm:reply', data: { return: { got: m }, action_name: 'hello' } });
  else if (m.data && m.data.boom) setTimeout(() => { throw new TypeError('on purpose'); });
  else process.send({ type: 'process:msg', data: { echo: m } });
});
process.send({ type: 'axm:action', data: { action_name: 'hello', action_type: 'custom', opts: null, arity: 1 } });
process.send({ type: 'axm:monitor', data: { Reqs: { value: 7, type: 'counter', historic: true, unit: 'r' } } });
process.send({ type: 'axm:option:configuration', data: { isModule: false, module_conf: { a: 1 } } });
process.send({ type: 'my:topic', data: { n: 1 } });
process.send('just text');
console.log('one'); console.error('two');`;

before(async () => {
  // First: a subscriber hears all that comes.
  await rig.ok('ping');
  open.push(pm2Subscriber(path.join(rig.home, 'pub.sock'), (topic, payload) => heard.push({ topic, payload })));
  await rig.ok('start', rig.file('talk.js', TALK), '--name', 'talk');
  calls = await connect();
});
after(async () => {
  for (const c of open) c.close();
  await rig.close();
});

test('discovery and the plain questions', async () => {
  const { methods } = await calls.ask({ type: 'methods' }) as { methods: Record<string, { name: string }> };
  for (const name of ['ping', 'getVersion', 'getMonitorData', 'getReport', 'reloadLogs', 'sendDataToProcessId', 'msgProcess', 'restartProcessId', 'stopProcessId']) {
    assert.equal(methods[name]?.name, name);
  }
  assert.deepEqual(await calls.call('ping', {}), { msg: 'pong' });
  assert.match(String(await calls.call('getVersion', {})), /^\d+\.\d+\.\d+$/);
  assert.deepEqual(await calls.call('reloadLogs', {}), {});
  const report = await calls.call('getReport', {}) as Bag;
  for (const key of ['pm2_version', 'node_version', 'node_path', 'argv', 'uid', 'managed_apps', 'started_at']) assert.ok(key in report, key);
  await assert.rejects(calls.call('nope', {}), /method .*nope.* does not exist/);
  await assert.rejects(calls.call('constructor', {}), /does not exist/);
  await assert.rejects(calls.call('stopProcessId', 99), /99/);
});

test('getMonitorData: the record as clients read it', async () => {
  const record = await waitFor('what the program told', async () => {
    const [r] = await calls.call('getMonitorData', {}) as Bag[];
    const env = r?.['pm2_env'] as Bag;
    return 'Reqs' in (env['axm_monitor'] as Bag) && (env['axm_actions'] as unknown[]).length > 0 && 'isModule' in (env['axm_options'] as Bag) ? r : undefined;
  });
  const env = record['pm2_env'] as Bag;
  assert.deepEqual([record['name'], record['pm_id'], env['name'], env['pm_id'], env['status']], ['talk', 0, 'talk', 0, 'online']);
  assert.ok(typeof record['pid'] === 'number' && record['pid'] > 0);
  assert.deepEqual(Object.keys(record['monit'] as Bag).toSorted(), ['cpu', 'memory']);
  assert.deepEqual(env['axm_monitor'], { Reqs: { value: 7, type: 'counter', historic: true, unit: 'r' } });
  assert.deepEqual(env['axm_actions'], [{ action_name: 'hello', action_type: 'custom', opts: null, arity: 1 }]);
  assert.deepEqual(env['axm_options'], { isModule: false, module_conf: { a: 1 } });
  assert.equal(env['pm_out_log_path'], path.join(rig.home, 'logs/talk-out.log'));
  assert.equal(env['pm_err_log_path'], path.join(rig.home, 'logs/talk-error.log'));
  for (const key of ['pm_exec_path', 'pm_cwd', 'exec_interpreter', 'exec_mode', 'instances', 'unique_id', 'node_version', 'version', 'namespace', 'username']) assert.equal(typeof env[key], key === 'instances' ? 'number' : 'string', key);
  for (const key of ['pm_uptime', 'created_at', 'restart_time', 'unstable_restarts']) assert.equal(typeof env[key], 'number', key);
  const [row] = await rig.rows();
  assert.deepEqual(row?.pm2_env['axm_monitor'], env['axm_monitor'], 'jlist shows them too');
});

test('messages reach the program; what it says is on the bus; axm:monitor and the like are not', async () => {
  const packet = { id: 0, type: 'process:msg', topic: true, data: { some: 'data' } };
  assert.deepEqual(await calls.call('sendDataToProcessId', packet), { success: true, data: packet });
  const echo = await next((h) => h.topic === 'process:msg' && 'data' in h.payload);
  assert.deepEqual(echo.payload['data'], { echo: packet });
  assert.deepEqual(echo.payload['process'], { pm_id: 0, name: 'talk', rev: null, namespace: 'default' });
  await assert.rejects(calls.call('sendDataToProcessId', { id: 0, data: {} }), /missing/i);
  assert.deepEqual(await calls.call('msgProcess', { name: 'talk', msg: 'hello' }), { process_count: 1, success: true });
  const plain = await next((h) => h.topic === 'axm:reply');
  assert.deepEqual(plain.payload['data'], { return: { got: 'hello' }, action_name: 'hello' });
  heard.splice(heard.indexOf(plain), 1);
  assert.deepEqual(await calls.call('msgProcess', { id: 0, msg: 'hello', opts: { a: 1 } }), { process_count: 1, success: true });
  assert.deepEqual(((await next((h) => h.topic === 'axm:reply')).payload['data'] as Bag)['return'], { got: { id: 0, msg: 'hello', opts: { a: 1 } } });
  assert.deepEqual(await calls.call('msgProcess', { name: 'talk', msg: 'unknown' }), { process_count: 0, success: true });
  assert.deepEqual((await next((h) => h.topic === 'my:topic')).payload['data'], { n: 1 });
  assert.equal((await next((h) => h.topic === 'process:msg' && 'raw' in h.payload)).payload['raw'], 'just text');
  const out = (await next((h) => h.topic === 'log:out')).payload;
  assert.deepEqual([out['data'], (out['process'] as Bag)['name'], typeof out['at']], ['one\n', 'talk', 'number']);
  assert.equal((await next((h) => h.topic === 'log:err')).payload['data'], 'two\n');
  assert.deepEqual(heard.filter((h) => /^axm:(monitor|action|option)/.test(h.topic)), []);
});

test('process:event: order, manually, no nested environment', async () => {
  assert.deepEqual(await events(() => calls.call('restartProcessId', { id: 0 }), 'restart'), ['exit false', 'online false', 'restart true']);
  assert.deepEqual(await events(() => calls.call('stopProcessId', 0), 'stop'), ['exit false', 'stop true']);
  const [stopped] = await calls.call('getMonitorData', {}) as Bag[];
  assert.deepEqual([stopped?.['pid'], (stopped?.['pm2_env'] as Bag | undefined)?.['status']], [0, 'stopped']);
  assert.deepEqual(await events(() => calls.call('startProcessId', 0), 'start'), ['online false', 'start true']);
  await rig.status('talk', 'online');
  const payload = heard.findLast((h) => h.topic === 'process:event')?.payload;
  const ended = heard.findLast((h) => h.payload['event'] === 'exit')?.payload['process'] as Bag;
  assert.equal(ended['status'], 'stopped');
  const process_ = payload?.['process'] as Bag;
  assert.deepEqual([process_['name'], process_['pm_id'], 'env' in process_, typeof payload?.['at']], ['talk', 0, false, 'number']);
});

test('process:exception: an uncaught throw, with its stack; the program is restarted', async () => {
  const from = heard.length;
  await calls.call('sendDataToProcessId', { id: 0, topic: 'x', type: 'process:msg', data: { boom: true } });
  const { payload } = await next((h) => h.topic === 'process:exception', from);
  const data = payload['data'] as Bag;
  assert.deepEqual([data['message'], data['name']], ['on purpose', 'TypeError']);
  assert.match(String(data['stack']), /talk\.js/);
  assert.deepEqual([(payload['process'] as Bag)['name'], typeof payload['at']], ['talk', 'number']);
  await next((h) => h.topic === 'process:event' && h.payload['event'] === 'online', from);
  assert.equal((await rig.row('talk')).pm2_env['restart_time'], 2);
});

test('log files moved away by a rotating module: reloadLogs opens them again', async () => {
  const file = path.join(rig.home, 'logs/talk-out.log');
  fs.renameSync(file, `${file}.1`);
  await calls.call('reloadLogs', {});
  await calls.call('restartProcessId', { id: 0 });
  await waitFor('the new file', () => (fs.existsSync(file) && fs.readFileSync(file, 'utf8').includes('one') ? true : undefined));
});

test('a client and a subscriber that go away in the middle of a frame disturb nobody', async () => {
  for (const name of ['rpc.sock', 'pub.sock']) {
    const s = net.connect(path.join(rig.home, name));
    await new Promise((resolve) => { s.once('connect', resolve); });
    s.write(Buffer.from([0x12, 0, 0, 0, 200, 0x6a]));
    s.destroy();
  }
  assert.deepEqual(await calls.call('ping', {}), { msg: 'pong' });
});

test('two calls at once on one connection, ids of two clients that are equal', async () => {
  const other = await connect();
  const answers = await Promise.all([calls.call('ping', {}), calls.call('getVersion', {}), other.call('ping', {}), other.call('getMonitorData', {})]);
  assert.deepEqual([answers[0], answers[2], typeof answers[1], Array.isArray(answers[3])], [{ msg: 'pong' }, { msg: 'pong' }, 'string', true]);
});

test('a real PM2 daemon on our sockets is told apart from a fault of ours', async () => {
  const other = new Rig();
  fs.mkdirSync(other.home);
  const pm2 = net.createServer((s) => { frames(s, (args) => { s.write(frame([`j:${JSON.stringify({ error: 'method "undefined" does not exist' })}`, `s:${String(args.at(-1))}`])); }); });
  try {
    await new Promise<void>((resolve) => { pm2.listen(path.join(other.home, 'rpc.sock'), resolve); });
    const { code, out, err } = await other.mgr('list');
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /is not mgr: a PM2 daemon/);
  } finally {
    pm2.close();
    await other.close();
  }
});

/** The process:events that come while `act` runs, up to `last`. */
async function events(act: () => Promise<unknown>, last: string): Promise<string[]> {
  const from = heard.length;
  await act();
  const ours = (): Bag[] => heard.slice(from).filter((h) => h.topic === 'process:event').map((h) => h.payload);
  await waitFor(last, () => (ours().at(-1)?.['event'] === last ? true : undefined));
  return ours().map((e) => `${String(e['event'])} ${String(e['manually'])}`);
}

async function connect(): Promise<Pm2Client> {
  const client = await Pm2Client.open(path.join(rig.home, 'rpc.sock'));
  open.push(client);
  return client;
}

const next = (is: (h: Heard) => boolean, from = 0): Promise<Heard> => waitFor('a topic on the bus', () => heard.slice(from).find(is));
