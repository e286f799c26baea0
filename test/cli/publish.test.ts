// The pure parts of a release: the next version, the texts it stands in, npm's complaints, what is undone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { refusal } from '../../src/cli/publish/npm.js';
import { run, telling } from '../../src/cli/publish/run.js';
import { Steps } from '../../src/cli/publish/steps.js';
import { nextVersion, withVersion } from '../../src/cli/publish/version.js';

test('the next version', () => {
  const rows: readonly [string, string, string, string][] = [
    ['1.2.3', '1.2.4', '1.3.0', '2.0.0'], ['0.0.0', '0.0.1', '0.1.0', '1.0.0'], ['0.9.9', '0.9.10', '0.10.0', '1.0.0'],
    ['1.3.0-beta.2', '1.3.0', '1.3.0', '2.0.0'], ['1.2.3-rc', '1.2.3', '1.3.0', '2.0.0'], ['2.0.0-0', '2.0.0', '2.0.0', '2.0.0'], ['1.0.0+build', '1.0.1', '1.1.0', '2.0.0'],
  ];
  for (const [from, ...wanted] of rows) assert.deepEqual((['patch', 'minor', 'major'] as const).map((step) => nextVersion(from, step)), wanted, from);
  assert.throws(() => nextVersion('one', 'minor'), (e) => isMgrError(e) && e.code === 'BAD_USAGE');
});

test('the version in a text: only that of the package, the rest byte for byte', () => {
  const rows: readonly [string, string][] = [
    ['{ "name":"m", "version" : "1.0.0",\n\t"x": 1 }', '{ "name":"m", "version" : "1.1.0",\n\t"x": 1 }'],
    ['{"config":{"version":"1.0.0"},"version":"1.0.0"}\n', '{"config":{"version":"1.0.0"},"version":"1.1.0"}\n'],
    ['{\n  "name": "m",\n  "version": "1.0.0",\n  "packages": {\n    "": {\n      "version": "1.0.0"\n    },\n    "node_modules/x": {\n      "version": "1.0.0"\n    }\n  }\n}\n',
      '{\n  "name": "m",\n  "version": "1.1.0",\n  "packages": {\n    "": {\n      "version": "1.1.0"\n    },\n    "node_modules/x": {\n      "version": "1.0.0"\n    }\n  }\n}\n'],
    // A lock file that was not brought up to date.
    ['{\n    "version": "0.9.0"\n}', '{\n    "version": "1.1.0"\n}'],
  ];
  for (const [before, after] of rows) {
    const got = withVersion(before, '1.0.0', '1.1.0');
    assert.deepEqual(JSON.parse(got), JSON.parse(after));
    if (!before.startsWith('{"config"')) assert.equal(got, after);
  }
});

test("npm's complaints, old and new, with what to do", () => {
  const rows: readonly [string, RegExp, RegExp][] = [
    ['npm error code ENEEDAUTH\nnpm error need auth This command requires you to be logged in to http://r/', /does not know you/, /npm login --registry http:\/\/r\//],
    ['npm error code E401\nnpm error 401 Unauthorized - PUT http://r/m', /does not know you.*Unauthorized/, /npm login/],
    ['npm ERR! code EOTP\nnpm ERR! This operation requires a one-time password.', /one-time password/, /--otp <code>/],
    ['npm error code E402\nnpm error 402 Payment Required - PUT http://r/@s%2fm', /private by default/, /--access public/],
    ['npm error code E403\nnpm error 403 403 Forbidden - PUT http://r/m - You cannot publish over the previously published versions: 1.0.0.', /on the registry already/, /--patch/],
    ['npm error code E403\nnpm error 403 403 Forbidden - PUT http://r/m - no permission', /refused: 403 Forbidden.*no permission/, /npm owner ls/],
    ['npm notice x\nnpm error code ECONNREFUSED\nnpm error syscall connect', /cannot be reached \(ECONNREFUSED\)/, /network/],
    ['', /npm ended with code 1/, /verbose/],
  ];
  for (const [err, reason, hint] of rows) {
    const e = refusal('m', 'http://r/', { ok: false, code: 1, out: '', err });
    assert.match(e.message, reason);
    assert.match(e.hint ?? '', hint);
  }
});

test('undone backwards, once, and what cannot be is told', async () => {
  const order: string[] = [];
  const steps = new Steps();
  const step = (name: string, fault?: string): Promise<void> => steps.do(name, async () => { order.push(name); }, async () => { order.push(`no ${name}`); if (fault !== undefined) throw new Error(fault); });
  await step('a');
  await step('b', 'stuck');
  await assert.rejects(steps.do('c', async () => { throw new Error('c'); }, async () => { order.push('no c'); }));
  assert.deepEqual(await steps.undo(), ['b could not be undone: stuck']);
  assert.deepEqual([order, await steps.undo()], [['a', 'b', 'no b', 'no a'], []]);
  await step('d');
  steps.keep();
  assert.deepEqual([await steps.undo(), order.at(-1)], [[], 'd']);
});

test('a program that is not there, one that fails, one that never answers', async () => {
  const at = { cwd: '/', env: { PATH: process.env['PATH'] } };
  const none = await run('no-such-program-here', [], at);
  assert.deepEqual([none.ok, none.code, /ENOENT/.test(none.err)], [false, undefined, true]);
  const failed = await run('sh', ['-c', 'echo out; echo hint: x >&2; echo "fatal: no" >&2; echo then >&2; exit 5'], at);
  assert.deepEqual([failed.ok, failed.code, failed.out, telling(failed)], [false, 5, 'out\n', 'fatal: no']);
  const silent = await run('sleep', ['60'], { ...at, limit: 100 });
  assert.deepEqual([silent.ok, telling(silent)], [false, 'error: no answer within 0.1 s']);
});
