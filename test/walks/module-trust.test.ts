// Updates, rollbacks and audits of modules: the real command, the real daemon, a registry on loopback.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Rig, within as withRig } from '../helpers/rig.js';
import { Rig as Registry } from '../modules/registry.js';

const RUN = "console.log('I am ' + require('./package.json').version + ' with ' + process.env.keep); setInterval(() => {}, 1e6);";
const registry = new Registry();
before(async () => {
  await registry.open();
  registry.publish({ name: 'wants', version: '1.0.0', scripts: { postinstall: 'true' } }, { 'index.js': '' });
  registry.publish({ name: 'mod', version: '1.0.0', license: 'MIT', dependencies: { wants: '1' }, config: { keep: 3 } } as never, { 'index.js': RUN });
  registry.publish({ name: 'held', version: '1.0.0' }, { 'index.js': RUN });
  registry.publish({ name: 'held', version: '2.0.0' }, { 'index.js': RUN });
});
after(() => registry.close());

const within = (body: (rig: Rig) => Promise<void>): Promise<void> => withRig(body, { npm_config_registry: registry.url });

interface Locked { readonly name: string; readonly version: string; readonly former?: string; readonly by?: string; readonly at?: number; readonly resolved?: string; readonly integrity?: string; readonly today?: { readonly is: string } }
const list = async (rig: Rig, ...more: string[]): Promise<Locked[]> => JSON.parse((await rig.mgr('module:list', '--json', ...more)).out) as Locked[];

describe('the trust in modules', () => {
  test('install tells, list, outdated, update, rollback, a bad update, audit, uninstall', () => within(async (rig) => {
    const first = await rig.mgr('install', 'mod');
    assert.match(first.err, /mod declares no permissions: it may do all that you may, as under PM2/);
    await rig.ok('install', 'held@1.0.0');
    const [mod] = await list(rig);
    assert.ok(mod);
    assert.deepEqual([mod.name, mod.version, mod.resolved, mod.former], ['mod', '1.0.0', `${registry.url}t/mod-1.0.0.tgz`, undefined]);
    assert.match(mod.integrity ?? '', /^sha512-/);
    assert.ok((mod.by ?? '') !== '' && Math.abs(Date.now() - (mod.at ?? 0)) < 120_000);
    assert.deepEqual((await list(rig, '--outdated')).map((m) => m.today?.is), ['current', 'held']);

    registry.publish({ name: 'mod', version: '2.0.0', license: 'MIT' } as never, { 'index.js': RUN });
    assert.match(await rig.ok('module:list', '--outdated'), /mod +1\.0\.0 +2\.0\.0 +mod[^]*held +1\.0\.0 +held \(latest 2\.0\.0\)/);
    const before = await rig.row('mod');
    const dry = await rig.ok('module:update', '--dry-run');
    assert.match(dry, /would update mod 1\.0\.0 → 2\.0\.0\nheld 1\.0\.0 is held by `install held@1\.0\.0`; mgr install held goes to 2\.0\.0/);
    assert.equal((await rig.row('mod')).pid, before.pid);

    await rig.ok('set', 'mod:keep', 'mine');
    const updated = await rig.ok('module:update', 'mod', '--safe', '300');
    assert.match(updated, /updated mod 1\.0\.0 → 2\.0\.0; mgr module:rollback mod goes back/);
    assert.equal((await rig.status('mod', 'online')).pm2_env['version'], '2.0.0');
    assert.match(rig.read('logs/mod-out.log'), /I am 2\.0\.0 with mine/);
    assert.match(await rig.ok('module:update', 'mod'), /mod 2\.0\.0 is up to date/);

    assert.match(await rig.ok('module:rollback', 'mod'), /mod 1\.0\.0 runs again; its settings are as they were, 2\.0\.0 is kept/);
    assert.equal((await rig.status('mod', 'online')).pm2_env['version'], '1.0.0');
    assert.match(rig.read('logs/mod-out.log'), /I am 1\.0\.0 with mine\n$/);
    assert.deepEqual((await list(rig)).map((m) => [m.name, m.version, m.former]).sort(), [['held', '1.0.0', undefined], ['mod', '1.0.0', '2.0.0']]);

    // It comes up and goes a moment later: within --safe, so the version before runs again.
    registry.publish({ name: 'mod', version: '3.0.0' }, { 'index.js': 'setTimeout(() => process.exit(4), 300);' });
    const failed = await rig.mgr('module:update', 'mod', '--safe', '3000');
    assert.equal(failed.code, 1);
    assert.match(failed.err, /`mod` 3\.0\.0 did not stay up[^]*mod 1\.0\.0 runs again/);
    assert.equal((await rig.status('mod', 'online')).pm2_env['version'], '1.0.0');
    assert.deepEqual((await list(rig)).find((m) => m.name === 'mod')?.former, '2.0.0');

    const audit = await rig.ok('module:audit', 'mod');
    for (const part of [/mod 1\.0\.0/, /2 packages/, /wants@1\.0\.0: postinstall \(not run\)/, /native code +none/, /MIT 1, none given 1|none given 1, MIT 1/, /as under PM2/]) assert.match(audit, part);
    const [found] = JSON.parse(await rig.ok('module:audit', 'mod', '--json')) as { packages: number; lock: { version: string } }[];
    assert.deepEqual([found?.packages, found?.lock.version], [2, '1.0.0']);

    assert.deepEqual(fs.readdirSync(path.join(rig.home, 'modules/.former')), ['mod']);
    await rig.ok('uninstall', 'mod');
    assert.deepEqual(fs.readdirSync(path.join(rig.home, 'modules/.former')), []);
  }));

  test('a daemon that was killed knows the lock; nothing to go back to, unknown names, a dead source', () => within(async (rig) => {
    await rig.ok('install', 'held@1.0.0');
    await rig.ok('install', 'held@2.0.0');
    await rig.killDaemon();
    assert.deepEqual((await list(rig)).map((m) => [m.version, m.former]), [['2.0.0', '1.0.0']]);
    await rig.ok('module:rollback', 'held');
    await rig.ok('install', 'mod');
    const none = await rig.mgr('module:rollback', 'mod');
    assert.deepEqual([none.code, /`mod` has no former version to go back to\n  → one is kept/.test(none.err)], [1, true], none.err);
    const near = await rig.mgr('module:rollback', 'hel');
    assert.deepEqual([near.code, /no module `hel` is installed\n  → did you mean `held`/.test(near.err)], [1, true], near.err);
    assert.equal((await rig.mgr('module:update', 'hel')).code, 1);
    const dead = await rig.run(rig.node, [path.join(import.meta.dirname, '../../../../bin/mgr.js'), 'module:update'], { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' });
    assert.deepEqual([dead.code, /offline/.test(dead.err)], [1, true], dead.err);
  }));

  test('the same version with another content, and other permissions: told, and there is a way back', () => within(async (rig) => {
    registry.publish({ name: 'alt', version: '1.0.0', mgr: { permissions: 'none' } } as never, { 'index.js': RUN });
    await rig.ok('install', 'alt');
    registry.publish({ name: 'alt', version: '1.0.0', mgr: { permissions: ['control'] } } as never, { 'index.js': `${RUN} // other` });
    const update = await rig.mgr('module:update', 'alt');
    assert.deepEqual([update.code, /alt 1\.0\.0 is not updated: where it came from has another content under the same version now/.test(update.err)], [1, true], update.err);
    const again = await rig.mgr('install', 'alt');
    assert.match(again.err, /alt 1\.0\.0 has another content than the one that was installed \(sha512-\S+… → sha512-\S+…\); it was replaced\n.*module:rollback alt goes back; ask who publishes it: versions of a registry do not change/);
    assert.match(again.err, /declares the permissions control[^]*that is other than before: none/);
    assert.match(await rig.ok('module:rollback', 'alt'), /alt 1\.0\.0 runs again/);
    assert.match(await rig.ok('describe', 'alt'), /permissions +none/);
    registry.publish({ name: 'alt', version: '1.1.0' }, { 'index.js': RUN });
    assert.match((await rig.mgr('module:update', 'alt', '--safe', '100')).err, /it declares other permissions than before \(none → nothing, so all\)/);
  }));
});
