import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { offer, offeredUrls } from '../../src/host/offers.js';
import { folder, write } from './rig.js';

test('what is offered is found by require from anywhere, made once and when it is asked for', (t) => {
  let made = 0;
  offer('mgr-test/one', () => ({ n: ++made }));
  assert.equal(made, 0);
  const require = createRequire(write(folder(t), 'x.js', ''));
  assert.deepEqual([require('mgr-test/one'), require('mgr-test/one'), made], [{ n: 1 }, { n: 1 }, 1]);
  assert.throws(() => require('mgr-test/two') as unknown, /Cannot find module 'mgr-test\/two'/);
});

test('ES modules get the same by a URL: members by name, and the whole', async () => {
  class Resource { static label = 'x'; }
  offer('mgr-test/parts', () => ({ server: 1, 'not-a-name': 2 }));
  offer('mgr-test/class', () => Resource);
  offer('mgr-test/file', () => assert.fail('it has a file'), { url: 'file:///x.mjs' });
  const urls = offeredUrls();
  assert.equal(urls['mgr-test/file'], 'file:///x.mjs');
  const parts = await import(urls['mgr-test/parts'] ?? '') as { default: object; server: number };
  assert.deepEqual([Object.keys(parts), parts.server, parts.default], [['default', 'server'], 1, { server: 1, 'not-a-name': 2 }]);
  assert.equal((await import(urls['mgr-test/class'] ?? '') as { default: unknown }).default, Resource);
});
