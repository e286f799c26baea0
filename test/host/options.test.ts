import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostCors, hostOptions } from '../../src/host/options.js';

test('sites whose pages may ask: once, several times, with commas; what no browser would send is refused', () => {
  const rows: [string[] | undefined, boolean | string[]][] = [
    [undefined, false], [['*'], true], [['https://shop.example', 'http://localhost:5173/'], ['https://shop.example', 'http://localhost:5173']], [['https://a.example, https://b.example'], ['https://a.example', 'https://b.example']],
    [['https://a.example,*'], true],
  ];
  for (const [given, wanted] of rows) assert.deepEqual(hostCors(given), wanted);
  for (const bad of ['shop.example', 'https://shop.example/path', 'ftp://a', '', 'null']) assert.throws(() => hostCors([bad]), { code: 'BAD_OPTION' }, bad);
  assert.deepEqual(hostOptions(['--dir', '/x', '--cors', 'https://a.example'], {}, { cwd: '/', userHome: '/h' }).cors, ['https://a.example']);
});
