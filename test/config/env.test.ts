import assert from 'node:assert/strict';
import test from 'node:test';
import { declaredEnv, inheritedEnv } from '../../src/config/env.js';
import { splitWords } from '../../src/config/words.js';
import { isCronForm } from '../../src/config/cron-form.js';

test('what is inherited, by filter_env', () => {
  const env = { PATH: '/bin', HOME: '/h', AWS_KEY: 'k', AWS_ID: 'i', KEY: 'x', GONE: undefined };
  for (const [filter, kept] of [
    [false, ['PATH', 'HOME', 'AWS_KEY', 'AWS_ID', 'KEY']],
    [true, []],
    ['KEY', ['PATH', 'HOME', 'AWS_KEY', 'AWS_ID']],
    [['KEY'], ['PATH', 'HOME', 'AWS_ID']],
    [['AWS', 'HO'], ['PATH', 'KEY']],
    [['P', 'A'], ['HOME', 'KEY', 'PATH']],
    [['PATH'], ['HOME', 'AWS_KEY', 'AWS_ID', 'KEY']],
    [[''], ['PATH', 'HOME', 'AWS_KEY', 'AWS_ID', 'KEY']],
  ] as const) assert.deepEqual(Object.keys(inheritedEnv(env, filter)).sort(), [...kept].sort(), JSON.stringify(filter));
});

test('the marks of a managed app do not reach the next one', () => {
  const env = { MGR_CHANNEL: '1', MGR_RUN: '2', pm_id: '3', NODE_APP_INSTANCE: '0', NODE_CHANNEL_FD: '3', unique_id: 'u', axm_options: '{}', MGR_HOME: '/m', name: 'shell variable' };
  assert.deepEqual(inheritedEnv(env, false), { MGR_HOME: '/m', name: 'shell variable' });
});

test('values become text; a later layer wins; null takes away', () => {
  const layers = [
    { vars: { A: 'a', N: 0, F: false, O: { x: [1] }, L: [1, 2], E: '', GONE: 'x' }, path: 'env' },
    { vars: { A: 'prod', GONE: null, U: undefined }, path: 'env_prod' },
  ];
  assert.deepEqual(declaredEnv(layers, {}), { A: 'prod', N: '0', F: 'false', O: '{"x":[1]}', L: '[1,2]', E: '' });
});

test('values that cannot be a variable are named', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  for (const bad of [() => 1, Symbol('s'), 'a\0b', cycle]) {
    assert.throws(() => declaredEnv([{ vars: { X: bad }, path: 'env' }], { file: 'eco.js', at: 'apps[1]' }), { code: 'BAD_OPTION', message: /^eco\.js: apps\[1\]\.env\.X: got/ });
  }
  assert.throws(() => declaredEnv([{ vars: { 'A=B': 1 }, path: 'env' }], {}), { code: 'BAD_OPTION' });
});

test('__proto__ is a name like any other', () => {
  const env = declaredEnv([{ vars: JSON.parse('{"__proto__":"x"}') as Record<string, unknown>, path: 'env' }], {});
  assert.deepEqual(Object.entries(env), [['__proto__', 'x']]);
});

test('words', () => {
  for (const [line, words] of [
    ['', []], ['  a  b ', ['a', 'b']], ['-m "a b" --x=\'c d\'', ['-m', 'a b', '--x=c d']], ['""', ['']], ['a\\ b \\d+ C:\\x', ['a b', '\\d+', 'C:\\x']], ['"a\\"b"', ['a"b']], ['\'a\\b\'', ['a\\b']], ['it"s', ['its']],
  ] as const) assert.deepEqual(splitWords(line), words, line);
});

test('cron patterns', () => {
  for (const good of ['* * * * *', '*/5 * * * *', '0 0 1 1 *', '0 0 0 1 jan-mar mon,fri', '0 22 * * 1-5', '0 0 L * *', '@daily', '0 0 * * 5#2', '10 0-23/2 * * 7']) assert.equal(isCronForm(good), true, good);
  for (const bad of ['', '* * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8', '*/0 * * * *', 'a b c d e', '1-2-3 * * * *', '@often', '* * * * * * *']) assert.equal(isCronForm(bad), false, bad);
});
