// The whole road of a module: generated, edited, set, triggered, published, installed by its name in another home, updated, rolled back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Rig } from '../helpers/rig.js';
import { waitFor } from '../helpers/wait.js';
import { Rig as Registry } from '../modules/registry.js';

test('from `module:generate --container` to somebody else\'s `module:rollback`', async () => {
  const registry = await new Registry().open();
  registry.token = 'abc';
  const env = { npm_config_registry: registry.url, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', GIT_AUTHOR_NAME: 'ann', GIT_AUTHOR_EMAIL: 'a@n', GIT_COMMITTER_NAME: 'ann', GIT_COMMITTER_EMAIL: 'a@n' };
  const [author, user] = [new Rig(env), new Rig(env)];
  try {
    author.file('.npmrc', `//${new URL(registry.url).host}/:_authToken=abc\n`);
    author.env['npm_config_cache'] = path.join(author.dir, 'npm');
    await author.ok('module:generate', 'road', '--container');
    const dir = path.join(author.dir, 'road');
    const git = (...args: string[]): void => { const r = spawnSync('git', args, { cwd: dir, env: author.env, encoding: 'utf8' }); assert.equal(r.status, 0, r.stderr); };
    const edit = (from: string, to: string): void => { const file = path.join(dir, 'greeter.js'); fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(from, to)); };

    await author.ok('install', dir);
    const { pid } = await author.row('road');
    edit('}, ${whom}!', '} there, ${whom}!');
    await waitFor('the restart after an edit', async () => { const row = await author.row('road'); return row.pid !== pid && row.pm2_env['status'] === 'online' ? row : undefined; });
    assert.match(await author.ok('set', 'road:greeting', 'Hi'), /applied hot/);
    assert.match((await author.mgr('set', 'road:every', 'soon')).err, /road:every: got `soon`, wanted a number/);
    assert.match(await author.ok('trigger', 'road', 'greet', 'Ann'), /="Hi there, Ann!"/);

    assert.equal(spawnSync('git', ['init', '-q', '--bare', '-b', 'main', path.join(author.dir, 'bare.git')]).status, 0);
    for (const words of ['init -q -b main', 'add .', 'commit -qm first', 'remote add origin ../bare.git', 'push -q -u origin main']) git(...words.split(' '));
    assert.match(await author.ok('publish', dir, '--safe', '300'), /published +road 0\.2\.0/);
    await user.ok('install', 'road');
    assert.match(await user.ok('trigger', 'road', 'greet', 'Bo'), /="Hello there, Bo!"/);
    await user.ok('set', 'road:greeting', 'Ahoy');
    edit('} there,', '} again,');
    git('commit', '-qam', 'again');
    assert.match(await author.ok('publish', dir, '--patch', '--no-start'), /published +road 0\.2\.1/);
    await user.ok('module:update', 'road', '--safe', '300');
    assert.match(await user.ok('trigger', 'road', 'greet', 'Bo'), /="Ahoy again, Bo!"/);
    await user.ok('module:rollback', 'road');
    assert.match(await user.ok('trigger', 'road', 'greet', 'Bo'), /="Ahoy there, Bo!"/);
  } finally {
    await Promise.all([author.close(), user.close()]);
    await registry.close();
  }
});
