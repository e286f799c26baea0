import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomHex, randomUuid } from '../../src/base/random.js';

test('hex digits of the asked length, never the same twice', () => {
  const seen = new Set(Array.from({ length: 1000 }, () => randomHex(12)));
  assert.equal(seen.size, 1000);
  for (const h of seen) assert.match(h, /^[0-9a-f]{24}$/);
});

test('a UUID is of version 4, and its variant digit takes all four values', () => {
  const variants = new Set<string>();
  for (let i = 0; i < 500; i++) {
    const uuid = randomUuid();
    assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    variants.add(uuid.charAt(19));
  }
  assert.equal(variants.size, 4);
});
