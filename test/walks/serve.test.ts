// `mgr serve` as a user meets it: the real command, the real daemon, requests over the loopback address.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { type Rig, within } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const get = async (port: number, path = '/'): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();

function site(rig: Rig): void {
  rig.file('public/index.html', 'home');
}

test('serve: up when it listens, on the loopback address, under a name of its own', () => within(async (rig) => {
  site(rig);
  const port = await freePort();
  assert.match(await rig.ok('serve', 'public', String(port)), new RegExp(`^\\[static-page-server-${port}\\]\\(0\\) ✓`));
  assert.equal(await get(port), 'home');
  assert.match(await rig.ok('logs', '--nostream', '--raw'), new RegExp(`^serving .*public on http://127\\.0\\.0\\.1:${port}$`, 'm'));
  const twice = await rig.mgr('serve', 'public', String(port), '--name', 'second', '--no-autorestart');
  assert.equal(twice.code, 1);
  assert.match(twice.err + await rig.ok('logs', 'second', '--nostream', '--raw'), /port is in use/);
  const bad = await rig.mgr('serve', String(port));
  assert.equal(bad.code, 1);
  assert.match(bad.err, /the folder comes first: mgr serve \. /);
}));

test('serve in config files: `script: "serve"` and `static`, as PM2 has them', () => within(async (rig) => {
  site(rig);
  const [a, b] = [await freePort(), await freePort()];
  rig.file('eco.config.js', `module.exports = {
    apps: [{ name: 'web', script: 'serve', env: { PM2_SERVE_PATH: 'public', PM2_SERVE_PORT: ${a}, PM2_SERVE_SPA: 'true' } }],
    static: [{ path: 'public', port: ${b}, basic_auth: { username: 'u', password: 'p' } }],
  };`);
  const said = await rig.ok('start', 'eco.config.js');
  assert.match(said, new RegExp(`\\[web\\]\\(\\d\\) ✓[^]*|\\[static-page-server-${b}\\]`));
  await rig.status('web', 'online');
  await waitFor('both', () => Promise.all([get(a, '/any'), get(b)]).then((r) => r.join().startsWith('home,'), () => false));
  assert.equal((await fetch(`http://127.0.0.1:${b}/`)).status, 401);
  await rig.ok('delete', 'eco.config.js');
  assert.deepEqual(await rig.rows(), []);
}));
