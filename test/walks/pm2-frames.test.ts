// What PM2's own command line and API (2, 4 and 7, recorded by scripts/pm2-clients.mjs) say on the socket, said again to
// the real daemon, in order; between the commands the facts are looked at.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Pm2Client, pm2Subscriber } from '../helpers/amp.js';
import { ROOT, Rig, type Row } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const APP = `const say = (m) => process.send(m);
say({ type: 'axm:action', data: { action_name: 'hi', action_type: 'custom', opts: null, arity: 1 } });
process.on('message', (m) => { const a = m.msg || m; if (a === 'hi') say({ type: 'axm:reply', data: { return: { got: m }, action_name: 'hi' } }); else say({ type: 'process:msg', data: { echo: m } }); });
process.stdin.on('data', (d) => console.log('stdin', JSON.stringify(String(d))));
process.on('SIGUSR2', () => console.log('usr2'));
console.log('hello', process.argv.slice(2).join(), process.env.A);`;

type Line = { readonly step: string } | { readonly method: string; readonly args: readonly unknown[] };

describe('sessions', { concurrency: true }, () => { for (const version of [2, 4, 7]) {
  test(`a session of pm2 ${version}`, async () => {
    const rig = new Rig();
    rig.file('w/app.js', APP);
    await rig.ok('ping');
    const client = await Pm2Client.open(path.join(rig.home, 'rpc.sock'));
    const replies: unknown[] = [];
    const bus = pm2Subscriber(path.join(rig.home, 'pub.sock'), (topic, payload) => { if (topic === 'axm:reply') replies.push((payload['data'] as { return: unknown }).return); });
    // 2.x has a number in the name of each log file.
    const file = version === 2 ? 'one-out-0.log' : 'one-out.log';
    const said = (what: string): Promise<unknown> => waitFor(`${what} in ${file}`, () => rig.read(`logs/${file}`).includes(what));
    const rows = async (): Promise<Row[]> => await client.call('getMonitorData', {}) as Row[];
    const env = async (name: string, ...keys: string[]): Promise<unknown[]> => { const row = (await rows()).find((r) => r.name === name); return keys.map((k) => row?.pm2_env[k]); };
    const count = async (name: string): Promise<number> => (await rows()).filter((r) => r.name === name).length;

    const facts: Record<string, () => Promise<void>> = {
      'start app.js --name one -- --x 1': async () => {
        assert.deepEqual(await env('one', 'status', 'args', 'pm_out_log_path'), ['online', ['--x', '1'], path.join(rig.home, 'logs', file)]);
        await said('hello --x,1');
      },
      'start eco.config.js': async () => {
        assert.deepEqual(await env('eco', 'status', 'A', 'max_memory_restart', 'pm_out_log_path'), ['online', '1', 300 * 1024 ** 2, path.join(rig.dir, version === 2 ? 'eco-1.log' : 'eco.log')]);
        assert.deepEqual((await rows()).filter((r) => r.name === 'clu').map((r) => [r.pm_id, r.pm2_env['status'], r.pm2_env['NODE_APP_INSTANCE'], path.basename(String(r.pm2_env['pm_out_log_path']))]), [[2, 'online', 0, 'clu-out-2.log'], [3, 'online', 1, 'clu-out-3.log']]);
      },
      'restart one': async () => { assert.deepEqual(await env('one', 'status', 'restart_time', 'pm_out_log_path'), ['online', 1, path.join(rig.home, 'logs', file)]); },
      'restart one --update-env --max-memory-restart 200M': async () => { assert.deepEqual(await env('one', 'max_memory_restart'), [200 * 1024 ** 2]); },
      'restart one --watch': async () => { assert.deepEqual(await env('one', 'watch'), [true]); },
      'reload all': async () => { assert.ok((await rows()).every((r) => r.pm2_env['status'] === 'online' && Number(r.pm2_env['restart_time']) > 0)); },
      'scale clu 3': async () => { assert.equal(await count('clu'), 3); },
      'scale clu 2': async () => { assert.equal(await count('clu'), 2); },
      'stop one': async () => { assert.deepEqual(await env('one', 'status'), ['stopped']); },
      'start one': async () => {
        assert.deepEqual(await env('one', 'status', 'max_memory_restart'), ['online', 200 * 1024 ** 2]);
        await waitFor('its action', async () => ((await env('one', 'axm_actions'))[0] as unknown[]).length === 1);
      },
      'trigger one hi': async () => { await waitFor('the reply', () => replies.length === 1); assert.deepEqual(replies, [{ got: 'hi' }]); },
      'trigger one hi param1': async () => { await waitFor('the reply', () => replies.length === 2); assert.deepEqual(replies[1], { got: { msg: 'hi', opts: 'param1', name: 'one' } }); },
      'sendSignal SIGUSR2 one': async () => { await said('usr2'); },
      'send 0 hello': async () => { await said('stdin "hello\\n"'); },
      'reset all': async () => { assert.ok((await rows()).every((r) => r.pm2_env['restart_time'] === 0)); },
      'startOrRestart eco.config.js --env production': async () => { assert.deepEqual(await env('eco', 'A', 'restart_time'), ['2', 1]); },
      'startOrReload eco.config.js': async () => { assert.deepEqual(await env('eco', 'A'), ['1']); },
      'stop clu': async () => { assert.ok((await rows()).every((r) => (r.pm2_env['status'] === 'stopped') === (r.name === 'clu'))); },
      'restart all': async () => { assert.ok((await rows()).every((r) => r.pm2_env['status'] === 'online')); },
      'delete all': async () => { assert.equal((await rows()).length, 0); },
      'resurrect': async () => {
        assert.deepEqual((await rows()).map((r) => [r.name, r.pm2_env['status']]).toSorted(), [['clu', 'online'], ['clu', 'online'], ['eco', 'online'], ['one', 'online']]);
        assert.deepEqual(await env('eco', 'pm_out_log_path'), [path.join(rig.dir, version === 2 ? 'eco-6.log' : 'eco.log')]);
      },
      'the JavaScript API': async () => { assert.equal((await rows()).length, 0); },
    };
    try {
      let step = '';
      for (const line of recorded(version, rig)) {
        if ('step' in line) {
          await facts[step]?.();
          step = line.step;
          continue;
        }
        const answer = await client.ask({ type: 'call', ...line });
        // PM2 has nothing to notify of once it is deleted, or of a name; its clients do not mind.
        if (line.method !== 'notifyByProcessId') assert.equal(answer['error'], undefined, `${step}: ${line.method} ${JSON.stringify(line.args).slice(0, 200)}`);
        // The next command comes when the programs are up, as a person would type it.
        if (/prepare|[Rr]estart|[Rr]eload/.test(line.method)) await waitFor('its programs', async () => (await rows()).every((r) => r.pm2_env['status'] !== 'launching'));
        if (step.startsWith('sendSignal') || step.startsWith('the JavaScript')) await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
      await facts[step]?.();
    } finally {
      client.close();
      bus.close();
      await rig.close();
    }
  });
} });

test('killMe: everything ends, the client is told by SIGQUIT; notifyKillPM2 is not answered', async () => {
  const rig = new Rig();
  try {
    rig.file('app.js', 'setInterval(() => {}, 1e6)');
    await rig.ok('start', 'app.js');
    const told = path.join(rig.dir, 'told');
    const waiting = rig.run('sh', ['-c', `trap 'echo yes > ${told}; exit 0' QUIT; echo $$ > ${told}.pid; while :; do sleep 0.05; done`]);
    const pid = await waitFor('the client', () => { const text = fs.existsSync(`${told}.pid`) ? fs.readFileSync(`${told}.pid`, 'utf8') : ''; return text.endsWith('\n') ? Number(text) : undefined; });
    const client = await Pm2Client.open(path.join(rig.home, 'rpc.sock'));
    const silent = ['notifyKillPM2', 'killMe'].map((method) => client.ask({ type: 'call', method, args: [{ pid }] }).then(() => 'answered'));
    await Promise.all([client.closed(), waiting]);
    assert.equal(await Promise.race([...silent, Promise.resolve('silent')]), 'silent');
    assert.equal(fs.readFileSync(told, 'utf8'), 'yes\n');
    await waitFor('the end', () => rig.pids().length === 0);
  } finally {
    await rig.close();
  }
});

function recorded(version: number, rig: Rig): Line[] {
  const { PATH = '' } = process.env;
  const place = (text: string): string => text.replaceAll('$HOME', rig.home).replaceAll('$DIR', path.join(rig.dir, 'w')).replaceAll('$TMP', rig.dir).replaceAll('$PATH', JSON.stringify(PATH).slice(1, -1)).replaceAll('$NODE', rig.node);
  return fs.readFileSync(path.join(ROOT, `test/fixtures/pm2-${version}.jsonl`), 'utf8').trim().split('\n').map((l) => JSON.parse(place(l)) as Line);
}
