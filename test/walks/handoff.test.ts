// Workers of a cluster that die under load: node:cluster would forget connections it was just handing over.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { ask, freePort } from '../helpers/load.js';
import { within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

test('a caller waits for no worker that is dead: he is answered by another one, or told', { timeout: 60_000 }, async () => {
  const port = await freePort();
  await within(async (rig) => {
    rig.file('app.js', `require('http').createServer((q, r) => r.end('pid ' + process.pid)).listen(${port}, '127.0.0.1');
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300 + Math.random() * 700);`);
    await rig.ok('start', 'app.js', '-i', '3', '--name', 'api', '--max-restarts', '1000');
    await waitFor('an answer', () => ask({ port }).catch(() => undefined));
    const load = { over: false };
    let ok = 0;
    const told: string[] = [];
    const waited: string[] = [];
    const call = async (): Promise<void> => {
      while (!load.over) {
        await new Promise<void>((resolve) => {
          const request = http.get({ host: '127.0.0.1', port, agent: false, timeout: 4000 }, (response) => { response.resume().on('end', () => { ok++; resolve(); }).on('error', () => resolve()); });
          request.on('timeout', () => { waited.push('no answer within 4 s'); request.destroy(); });
          request.on('error', (e) => { told.push(e.message); setTimeout(resolve, 5); });
        });
      }
    };
    const calls = Array.from({ length: 8 }, call);
    const deaths = async (): Promise<number> => (await rig.rows()).reduce((n, r) => n + Number(r.pm2_env['restart_time']), 0);
    await waitFor('40 deaths', async () => await deaths() >= 40);
    load.over = true;
    await Promise.all(calls);
    assert.deepEqual(waited, [], `${ok} answers, ${told.length} told at once`);
    assert.ok(ok > 500, `${ok} answers`);
  });
});
