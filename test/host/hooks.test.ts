import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { initialize, load, resolve } from '../../src/host/hooks.js';
import { plainJavaScript } from '../../src/host/typescript.js';
import { folder, write } from './rig.js';

test('types go, lines stay, and what is wrong is named with its line', () => {
  const plain = plainJavaScript("import type { A } from 'a';\nimport { b } from 'b';\nconst c: number = b as number;\nclass D { declare x: string; #y?: A; }\nexport { c, D };\n", 'x.ts');
  assert.deepEqual(plain.split('\n').map((l) => l.trim()), ['', "import { b } from 'b';", 'const c = b ;', 'class D { ; #y; }', 'export { c, D };', '']);
  assert.throws(() => plainJavaScript('const a = 1;\nconst b: = 2;', 'x.ts'), (e) => e instanceof SyntaxError && /2:/.test(e.message));
});

test('names that are offered have their place; TypeScript is plain where Node does not make it so', (t) => {
  const dir = folder(t);
  const url = (name: string, text: string): string => pathToFileURL(write(dir, name, text)).href;
  const next = (u: string): { url: string; format: string } => ({ url: u, format: 'node' });
  initialize({ urls: { 'mgr/host': 'data:x' }, strip: true });
  assert.deepEqual(resolve('mgr/host', {}, next), { url: 'data:x', shortCircuit: true });
  assert.equal(resolve('mgr/other', {}, next).url, 'mgr/other');
  const format = (u: string): string => load(u, {}, next).format;
  assert.equal(format(url('a.js', '')), 'node');
  assert.deepEqual(['m.mts', 'c.cts'].map((n) => format(url(n, 'const a: number = 1;'))), ['module', 'commonjs']);
  assert.deepEqual([format(url('esm.ts', 'import { a } from "a";\na;')), format(url('cjs.ts', 'const a: number = require("a");\n// export default'))], ['module', 'commonjs']);
  write(dir, 'typed/package.json', '{"type":"module"}');
  assert.equal(format(url('typed/b.ts', 'const a: number = 1;')), 'module');
  initialize({ urls: {}, strip: false });
  assert.equal(format(url('esm.ts', '')), 'node');
});
