import assert from 'node:assert/strict';
import test from 'node:test';
import { declaredVars, filteredNames, inheritedEnv } from '../../src/config/env.js';
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
  assert.deepEqual(declaredVars(layers, {}, '/app').declared, { A: 'prod', N: '0', F: 'false', O: '{"x":[1]}', L: '[1,2]', E: '' });
});

test('values that cannot be a variable are named', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  for (const bad of [() => 1, Symbol('s'), 'a\0b', cycle]) {
    assert.throws(() => declaredVars([{ vars: { X: bad }, path: 'env' }], { file: 'eco.js', at: 'apps[1]' }, '/app'), { code: 'BAD_OPTION', message: /^eco\.js: apps\[1\]\.env\.X: got/ });
  }
  assert.throws(() => declaredVars([{ vars: { 'A=B': 1 }, path: 'env' }], {}, '/app'), { code: 'BAD_OPTION' });
});

test('__proto__ is a name like any other', () => {
  const env = declaredVars([{ vars: JSON.parse('{"__proto__":"x"}') as Record<string, unknown>, path: 'env' }], {}, '/app').declared;
  assert.deepEqual(Object.entries(env), [['__proto__', 'x']]);
});

test('where a variable comes from, and what it covers', () => {
  const vars = declaredVars([
    { vars: { PORT: 1, A: 'a', GONE: 'g', S: 's' }, path: 'env' },
    { vars: { PORT: '2' }, path: 'port' },
    { vars: { PORT: 3, GONE: null, S: { secret: 'file:keys/s' } }, path: 'env_prod' },
  ], {}, '/app');
  assert.deepEqual(vars, {
    declared: { PORT: '3', A: 'a' }, secrets: { S: 'file:/app/keys/s' }, typed: ['PORT'], from: { PORT: 'env_prod', S: 'env_prod' },
    covered: [{ name: 'PORT', from: 'env', value: '1' }, { name: 'PORT', from: 'port', value: '2' }, { name: 'GONE', from: 'env', value: 'g' }, { name: 'S', from: 'env', value: 's' }],
  });
});

test('what a filter keeps out is named', () => {
  const env = { PATH: '/bin', AWS_KEY: 'k', AWS_ID: 'i', HOME: '/h', pm_id: '3' };
  assert.deepEqual(filteredNames(env, false), []);
  assert.deepEqual(filteredNames(env, ['AWS']), ['AWS_ID', 'AWS_KEY']);
  assert.deepEqual(filteredNames(env, true), ['AWS_ID', 'AWS_KEY', 'HOME', 'PATH']);
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
