import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDeclared } from '../../src/config/declare.js';
import { listen } from '../../src/config/listen.js';

test('every way to write a held socket', () => {
  const table: [unknown, unknown][] = [
    [3000, [{ port: 3000 }]],
    ['3000', [{ port: 3000 }]],
    ['127.0.0.1:3000, /run/x.sock', [{ port: 3000, host: '127.0.0.1' }, { path: '/run/x.sock' }]],
    ['localhost:80', [{ port: 80, host: '127.0.0.1' }]],
    ['[::1]:80', [{ port: 80, host: '::1' }]],
    [{ port: '80' }, [{ port: 80 }]],
    [{ path: 'x.sock', mode: '660' }, [{ path: 'x.sock', mode: 0o660 }]],
    [{ path: 'x.sock', mode: 0o600 }, [{ path: 'x.sock', mode: 0o600 }]],
    [[3000, { port: 3000 }, './a/b.sock'], [{ port: 3000 }, { path: './a/b.sock' }]],
  ];
  for (const [given, wanted] of table) assert.deepEqual(listen.parse(given), wanted, JSON.stringify(given));
});

test('what is wrong is named by its place', () => {
  const table: [unknown, string][] = [
    [0, ''], [70_000, ''], ['', ''], [true, ''], [[], ''], ['name', ''], [{}, ''], [{ port: 1, path: 'x' }, ''],
    [[3000, { port: 0 }], '[1].port'], [{ prot: 3000 }, 'prot'], [{ port: 1, host: 'example.org' }, 'host'], [{ path: 'x', mode: '888' }, 'mode'], [{ port: 80, mode: '600' }, 'mode'], [{ path: 'x', host: '::1' }, 'host'],
  ];
  for (const [given, at] of table) {
    assert.equal(listen.parse(given), undefined, JSON.stringify(given));
    assert.equal(listen.explain?.(given)?.at, at, JSON.stringify(given));
  }
  assert.throws(() => readDeclared({ listen: [3000, { port: 0 }] }, { file: 'eco.json', at: 'apps[0]' }), /eco\.json: apps\[0\]\.listen\[1\]\.port: got 0, wanted a port of 1 to 65535/);
});
