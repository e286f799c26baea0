import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differentContent } from '../../src/base/content.js';

test('another content, as far as both tell', () => {
  const git = (commit: string): { resolved: string } => ({ resolved: `git+ssh://git@github.com/u/r.git#${commit}` });
  const rows: [object, object, boolean][] = [
    [{}, {}, false], [{ integrity: 'sha512-a' }, {}, false], [{ integrity: 'sha512-a' }, { integrity: 'sha512-a' }, false], [{ integrity: 'sha512-a' }, { integrity: 'sha512-b' }, true],
    [{ integrity: 'sha1-x sha512-a' }, { integrity: 'sha512-a' }, false], [{ integrity: 'sha1-x' }, { integrity: 'sha512-a' }, false],
    [git('a'), git('a'), false], [git('a'), git('b'), true], [{ resolved: '/x.tgz' }, { resolved: '/y.tgz' }, false],
  ];
  for (const [a, b, wanted] of rows) assert.equal(differentContent(a, b), wanted, JSON.stringify([a, b]));
});
