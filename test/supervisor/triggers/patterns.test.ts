import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matcher, rootOf } from '../../../src/supervisor/triggers/patterns.js';

test('what a list of patterns fits', () => {
  const base = '/srv/app';
  const rows: readonly (readonly [pattern: string, file: string, fits: boolean])[] = [
    ['node_modules', '/srv/app/node_modules/x/y.js', true], ['node_modules', '/srv/app/lib/node_modules/x.js', true], ['node_modules', '/srv/app/my_node_modules/x.js', false],
    ['*.log', '/srv/app/a.log', true], ['*.log', '/srv/app/logs/b.log', true], ['*.log', '/srv/app/a.logx', false],
    ['.*', '/srv/app/.env', true], ['.*', '/srv/app/a.js', false], ['.*', '/srv/shared/a.js', false],
    ['./lib/tmp/', '/srv/app/lib/tmp/a', true], ['lib/tmp', '/srv/app/lib/tmpx', false], ['lib/**', '/srv/app/lib/a/b', true], ['lib/*.js', '/srv/app/lib/a.js', true], ['lib/*.js', '/srv/app/lib/a/b.js', false],
    ['**/*.test.js', '/srv/app/a.test.js', true], ['**/*.test.js', '/srv/app/x/y/a.test.js', true], ['src/**/gen', '/srv/app/src/gen/x', true], ['src/**/gen', '/srv/app/src/a/b/gen/x', true],
    ['../shared', '/srv/shared/a', true], ['/srv/app/data', '/srv/app/data/x', true], ['/srv/app/data', '/srv/app/database', false],
    ['*.{js,ts}', '/srv/app/a.ts', true], ['*.{js,ts}', '/srv/app/a.tsx', false], ['[abc].js', '/srv/app/b.js', true], ['[!abc].js', '/srv/app/b.js', false], ['a?.js', '/srv/app/ab.js', true],
    ['\\.git', '/srv/app/.git/HEAD', true], ['a+b(1).js', '/srv/app/a+b(1).js', true], ['[', '/srv/app/x', false],
  ];
  for (const [pattern, file, fits] of rows) assert.equal(matcher([pattern], base)(file), fits, `${pattern} ${file}`);
  assert.equal(matcher(['.*'], base, '/srv/app/.config')('/srv/app/.config/a'), false, 'names count below the root');
});

test('where to look for a pattern', () => {
  const of = (pattern: string, file: string) => { const { root, only } = rootOf(pattern, '/srv/app'); return [root, only?.(file)]; };
  assert.deepEqual(of('src', ''), ['/srv/app/src', undefined]);
  assert.deepEqual(of('.', ''), ['/srv/app', undefined]);
  assert.deepEqual(of('*.js', '/srv/app/a.js'), ['/srv/app', true]);
  assert.deepEqual(of('*.js', '/srv/app/lib/a.js'), ['/srv/app', false]);
  assert.deepEqual(of('src/**/*.ts', '/srv/app/src/a/b.ts'), ['/srv/app/src', true]);
  assert.deepEqual(of('/etc/app/*.json', '/etc/app/x.yml'), ['/etc/app', false]);
});
