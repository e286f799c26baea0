import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSize, parseSpan, showSize, showSpan } from '../../src/base/units.js';

test('sizes are powers of 1024', () => {
  const table: readonly (readonly [string | number, number | undefined])[] = [
    ['0', 0], [0, 0], ['300', 300], [1024, 1024], ['10KB', 10_240], ['10kib', 10_240], ['200M', 200 * 1024 ** 2], [' 1.5 G ', 1.5 * 1024 ** 3], ['1t', 1024 ** 4],
    ['', undefined], ['M', undefined], ['-1', undefined], [-1, undefined], ['5X', undefined], ['1e3', undefined], ['1 M 2', undefined], [Number.NaN, undefined], [Infinity, undefined],
  ];
  for (const [given, wanted] of table) assert.equal(parseSize(given), wanted, String(given));
});

test('a bare number is milliseconds', () => {
  const table: readonly (readonly [string | number, number | undefined])[] = [
    ['0', 0], [250, 250], ['250', 250], ['250ms', 250], ['1.5s', 1500], ['5m', 300_000], ['1H', 3_600_000], ['2d', 172_800_000], ['1w', 604_800_000],
    ['', undefined], ['s', undefined], ['-5s', undefined], [-5, undefined], ['5 years', undefined], [Number.NaN, undefined],
  ];
  for (const [given, wanted] of table) assert.equal(parseSpan(given), wanted, String(given));
});

test('what is shown', () => {
  assert.deepEqual([0, 1023, 1024, 52_428_800, 1024 ** 5].map(showSize), ['0 B', '1023 B', '1.0 KB', '50.0 MB', '1024.0 TB']);
  assert.deepEqual([-5, 999, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000].map(showSpan), ['0s', '0s', '59s', '1m', '59m', '1h', '1D']);
});
