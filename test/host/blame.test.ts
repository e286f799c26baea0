import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blame } from '../../src/host/blame.js';

const MODULES = [
  { file: 'modules/hits.js', path: '/app/modules/hits.js', kind: 'drop-in' as const },
  { file: 'modules/esm.mjs', path: '/app/modules/esm.mjs', kind: 'drop-in' as const },
  { file: 'dpd-event', path: '/app/node_modules/dpd-event', kind: 'package' as const },
];
const of = (stack: string): string | undefined => blame(Object.assign(new Error('x'), { stack }), MODULES)?.at;

test('an error belongs to the innermost module of its stack', () => {
  assert.equal(of('Error: x\n    at Object.writeFile (node:fs:2310:3)\n    at Timeout._onTimeout (/app/modules/hits.js:13:6)\n    at listOnTimeout (node:internal/timers:581:17)'), 'modules/hits.js:13');
  assert.equal(of('Error: x\n    at file:///app/modules/esm.mjs:2:7\n    at async f (/app/modules/hits.js:9:1)'), 'modules/esm.mjs:2');
  assert.equal(of('Error: x\n    at async f (file:///app/modules/esm.mjs:4:1)'), 'modules/esm.mjs:4');
  assert.equal(of('Error: x\n    at /app/modules/hits.js:7:1'), 'modules/hits.js:7');
  assert.equal(of('Error: x\n    at g (/app/node_modules/dpd-event/lib/a.js:5:1)'), 'dpd-event/lib/a.js:5');
  assert.equal(of('/app/modules/hits.js:3\nconst a = ;\n          ^\n\nSyntaxError: Unexpected token'), 'modules/hits.js:3');
});

test('folders may have any name', () => {
  const odd = [{ file: 'modules/a.js', path: '/my app (copy): 2/modules/a.js', kind: 'drop-in' as const }];
  for (const frame of ['at f (/my app (copy): 2/modules/a.js:3:1)', 'at /my app (copy): 2/modules/a.js:3:1', 'at Object.f [as g (x)] (/my app (copy): 2/modules/a.js:3:1)', 'at async file:///my%20app%20(copy):%202/modules/a.js:3:1']) {
    assert.equal(blame(Object.assign(new Error('x'), { stack: `Error: x\n    ${frame}` }), odd)?.at, 'modules/a.js:3', frame);
  }
});

test('what lies in no module is nobody\'s', () => {
  assert.equal(of('Error: x\n    at /app/node_modules/dpd-event-more/a.js:5:1\n    at /app/modules/hits.js.bak:1:1'), undefined);
  assert.equal(of('Error: x\n    at f (file://elsewhere/app%2Fmodules/hits.js:7:1)'), undefined);
  assert.equal(blame('a text', MODULES), undefined);
  assert.equal(blame(Object.assign(new Error('x'), { stack: 7 as unknown as string }), MODULES), undefined);
  assert.equal(blame(Object.assign(new Error('x'), { stack: undefined }), MODULES), undefined);
});
