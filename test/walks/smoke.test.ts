// One short walk through everything, on another Node when MGR_TEST_NODE names one: the command, the daemon and the program run on it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Rig, alive } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

const NODE = process.env['MGR_TEST_NODE'] ?? process.execPath;
const VERSION = spawnSync(NODE, ['--version'], { encoding: 'utf8' }).stdout.trim();

const APP = `console.log('up on ' + process.version);
process.on('message', (m) => console.log('got ' + JSON.stringify(m)));
setInterval(() => process.send({ type: 'axm:monitor', data: { ticks: { value: Math.round(process.uptime() * 1000) } } }), 50);`;

test(`a day in short, on Node ${VERSION}`, async () => {
  const rig = new Rig({}, NODE);
  // Scripts by extension take the node that is first in PATH.
  rig.env['PATH'] = `${NODE.slice(0, NODE.lastIndexOf('/'))}:${rig.env['PATH'] ?? ''}`;
  try {
    await rig.ok('start', rig.file('app.js', APP), '--name', 'app');
    await rig.ok('start', rig.file('eco.config.json', JSON.stringify({ apps: [
      { name: 'typed', script: rig.file('typed.mjs', "const n = 1; console.log('typed ' + process.env.COLOUR); setInterval(() => n, 1e6);"), env: { COLOUR: 'blue' } },
      { name: 'shell', script: rig.file('shell.sh', '#!/bin/sh\necho shell here\nexec sleep 100000\n', 0o755) },
    ] })));
    for (const name of ['app', 'typed', 'shell']) await rig.status(name, 'online');
    await waitFor('the logs', () => rig.read('logs/app-out.log').includes(`up on ${VERSION}`) && rig.read('logs/typed-out.log').includes('typed blue') && rig.read('logs/shell-out.log').includes('shell here'));
    assert.match(await rig.ok('logs', 'app', '--nostream'), /up on v/);
    assert.match(await rig.ok('list'), /shell.*online/);
    assert.match(await rig.ok('describe', 'app'), /app\.js/);

    const before = await rig.row('app');
    await rig.killDaemon();
    const after = await waitFor('metrics from a program that outlived its daemon', async () => {
      const row = await rig.row('app');
      return Object.keys(row.pm2_env['axm_monitor'] ?? {}).length > 0 ? row : undefined;
    });
    assert.equal(after.pid, before.pid);
    await rig.ok('update');
    assert.equal((await rig.row('app')).pid, before.pid);

    await rig.ok('restart', 'app');
    const restarted = await rig.status('app', 'online');
    assert.notEqual(restarted.pid, before.pid);
    await rig.ok('set', 'app:colour', 'red');
    assert.match(await rig.ok('get', 'app:colour'), /red/);
    await rig.ok('save');
    await rig.ok('stop', 'app', 'shell');
    assert.equal(alive(restarted.pid), false);
    const wrong = await rig.mgr('stop', 'nobody');
    assert.deepEqual([wrong.code, wrong.out], [1, '']);
    assert.match(wrong.err, /nobody/);
    await rig.ok('delete', 'all');
    assert.deepEqual(await rig.rows(), []);
    await rig.ok('resurrect');
    const back = await rig.status('typed', 'online');
    await rig.ok('kill');
    assert.equal(alive(back.pid), false);
    await waitFor('nothing left', () => rig.pids().length === 0);
  } finally { await rig.close(); }
});

test(`a module from a folder, on Node ${VERSION}`, async () => {
  const rig = new Rig({}, NODE);
  rig.env['PATH'] = `${NODE.slice(0, NODE.lastIndexOf('/'))}:${rig.env['PATH'] ?? ''}`;
  try {
    rig.file('greeter/package.json', JSON.stringify({ name: 'greeter', version: '1.2.3', main: 'main.js', config: { word: 'hello' } }));
    rig.file('greeter/main.js', "console.log('I say ' + process.env.word); setInterval(() => {}, 1e6);");
    await rig.ok('install', './greeter');
    await rig.status('greeter', 'online');
    await waitFor('its line', () => rig.read('logs/greeter-out.log').includes('I say hello'));
    await rig.ok('set', 'greeter:word', 'servus');
    await waitFor('its new line', () => rig.read('logs/greeter-out.log').includes('I say servus'));
    await rig.ok('uninstall', 'greeter');
    assert.deepEqual(await rig.rows(), []);
  } finally { await rig.close(); }
});
