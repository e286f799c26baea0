import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { transform } from 'esbuild';
import { projectFiles } from '../../src/cli/generate/project.js';
import { rig } from './rig.js';

const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-gen-'));
after(() => fs.rmSync(cwd, { recursive: true, force: true }));

test('refused: no name, one npm would not take, one that means something else here, a folder that is there', async () => {
  fs.mkdirSync(path.join(cwd, 'there'));
  fs.writeFileSync(path.join(cwd, 'there/x'), 'mine');
  fs.writeFileSync(path.join(cwd, 'file'), 'mine');
  for (const [args, wanted] of [[[], /got nothing, wanted the name/], [['Big'], /no capital letters/], [['../up'], /not a valid module name/], [['all'], /would mean something else/], [['there'], /is there already; nothing was changed/], [['@me/there'], /is there already/], [['file'], /is there already/]] as const) {
    const r = rig({}, { cwd });
    assert.equal(await r.run('module:generate', ...args), 1, args[0]);
    assert.match(r.stderr, wanted);
    assert.equal(r.asked.length, 0);
  }
  assert.deepEqual(fs.readdirSync(cwd).sort(), ['file', 'there']);
  assert.deepEqual(fs.readdirSync(path.join(cwd, 'there')), ['x']);
});

for (const contained of [false, true]) {
  test(`what is compiled already is what the TypeScript compiles to${contained ? ': a container' : ''}`, async () => {
    const files = projectFiles({ name: '@me/mod', ts: true, contained, version: '1.0.0' });
    const parts = contained ? ['index', 'greeter', 'console-voice'] : ['index', 'work'];
    for (const name of parts) {
      const bare = async (text: string, loader: 'ts' | 'js'): Promise<string> => (await transform(text, { loader, minifyWhitespace: true })).code;
      assert.equal(await bare(files[`dist/${name}.js`] ?? '', 'js'), await bare(files[`src/${name}.ts`] ?? '', 'ts'));
    }
    const plain = projectFiles({ name: '@me/mod', ts: false, contained, version: '1.0.0' });
    for (const name of parts) assert.equal(plain[`${name}.js`], files[`dist/${name}.js`]);
    assert.equal(Object.values({ ...files, ...plain }).some((t) => /[«»]|NAME|DIR|VAR_/.test(t)), false);
    const pkg = JSON.parse(files['package.json'] ?? '') as { apps: { script: string }[]; peerDependenciesMeta: unknown };
    assert.deepEqual([pkg.apps[0]?.script, pkg.peerDependenciesMeta], ['dist/index.js', { mgr: { optional: true } }]);
    const { files: sent } = JSON.parse(plain['package.json'] ?? '') as { files: string[] };
    assert.deepEqual(sent.filter((f) => plain[f] === undefined), []);
  });
}
