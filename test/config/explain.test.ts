import assert from 'node:assert/strict';
import test from 'node:test';
import { explainEnv } from '../../src/config/explain.js';

test('the last layer wins, the others are told as covered', () => {
  const rows = explainEnv([
    { from: 'shell', vars: { PORT: '1', PATH: '/bin', GONE: 'shell' } },
    { from: 'mgr', vars: { pm_id: '0' } },
    { from: 'env', vars: { PORT: '2', GONE: 'file', LOST: 'x' }, covered: true },
    { from: 'env_prod', vars: { PORT: '3' }, secrets: { KEY: 'file:/k' } },
    { from: 'settings', vars: { PORT: '4' } },
  ], ['AWS', 'PATH'], false);
  assert.deepEqual(rows, [
    { name: 'AWS', from: 'filter_env', shadows: [] },
    { name: 'GONE', from: 'shell', value: 'shell', shadows: [{ from: 'env', value: 'file' }] },
    { name: 'KEY', from: 'env_prod', secret: 'file:/k', shadows: [] },
    { name: 'LOST', from: 'taken away', shadows: [{ from: 'env', value: 'x' }] },
    { name: 'PATH', from: 'shell', value: '/bin', shadows: [] },
    { name: 'PORT', from: 'settings', value: '4', shadows: [{ from: 'env_prod', value: '3' }, { from: 'env', value: '2' }, { from: 'shell', value: '1' }] },
    { name: 'pm_id', from: 'mgr', value: '0', shadows: [] },
  ]);
});

test('values are masked, covered ones too, unless they shall be shown', () => {
  const layers = [{ from: 'shell', vars: { API_KEY: 'old', URL: 'http://u:p@h' } }, { from: 'env', vars: { API_KEY: 'new' }, secrets: { PASS: 'cmd:curl http://a:b@c' } }];
  assert.deepEqual(explainEnv(layers, [], false), [
    { name: 'API_KEY', from: 'env', value: '***', masked: true, shadows: [{ from: 'shell', value: '***' }] },
    { name: 'PASS', from: 'env', secret: 'cmd:curl http://a:***@c', shadows: [] },
    { name: 'URL', from: 'shell', value: 'http://u:***@h', masked: true, shadows: [] },
  ]);
  assert.deepEqual(explainEnv(layers, [], true)[0], { name: 'API_KEY', from: 'env', value: 'new', shadows: [{ from: 'shell', value: 'old' }] });
});
