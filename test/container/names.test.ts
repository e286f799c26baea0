import assert from 'node:assert/strict';
import { test } from 'node:test';
import { camel, constant, kebab } from '../../src/container/names.js';
import { nameForms } from '../../src/container/container.js';

test('C1: one name, all its forms', () => {
  const table: readonly (readonly [string, string, string, string])[] = [
    ['MyModule', 'my-module', 'myModule', 'MY_MODULE'],
    ['HTTPServer', 'http-server', 'httpServer', 'HTTP_SERVER'],
    ['S3Storage', 's3-storage', 's3Storage', 'S3_STORAGE'],
    ['UserV2', 'user-v2', 'userV2', 'USER_V2'],
    ['CONFIG', 'config', 'config', 'CONFIG'],
    ['max_size', 'max-size', 'maxSize', 'MAX_SIZE'],
    ['already-kebab', 'already-kebab', 'alreadyKebab', 'ALREADY_KEBAB'],
    ['some.dotted path', 'some-dotted-path', 'someDottedPath', 'SOME_DOTTED_PATH'],
    ['parseJSON', 'parse-json', 'parseJson', 'PARSE_JSON'],
    ['Größe', 'größe', 'größe', 'GRÖSSE'],
    ['A', 'a', 'a', 'A'],
    ['$', '', '', ''],
  ];
  for (const [text, k, c, e] of table) {
    assert.deepEqual([kebab(text), camel(text), constant(text)], [k, c, e], text);
    assert.equal(kebab(kebab(text)), kebab(text), 'a name is its own kebab form');
  }
  assert.deepEqual(nameForms('S3Storage'), { name: 's3-storage', path: 's3Storage', env: 'S3_STORAGE', flag: '--s3-storage' });
});
