import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readJson, writeJson } from '../../src/store/json-file.js';
import { parseJson } from '../../src/base/json-text.js';

async function inFolder(fn: (dir: string) => Promise<void>): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mj-'));
  try { await fn(dir); } finally { fs.rmSync(dir, { recursive: true }); }
}

test('write, read, previous copy kept, mode 0600, nothing else left', () => inFolder(async (dir) => {
  const file = path.join(dir, 'a.json');
  assert.deepEqual(await readJson(file), { from: 'none' });
  await writeJson(file, { n: 1 });
  await writeJson(file, { n: 2 });
  assert.deepEqual(await readJson(file), { value: { n: 2 }, from: 'file' });
  assert.deepEqual(JSON.parse(fs.readFileSync(`${file}.bak`, 'utf8')), { n: 1 });
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(fs.readdirSync(dir).sort(), ['a.json', 'a.json.bak']);
}));

for (const [what, text] of [['torn', '{"n": 1'], ['empty', ''], ['foreign', '[1]']] as const) {
  test(`${what}: set aside with a message, the copy taken, nothing deleted`, () => inFolder(async (dir) => {
    const file = path.join(dir, 'a.json');
    fs.writeFileSync(file, text);
    fs.writeFileSync(`${file}.bak`, '{"n":0}');
    const read = await readJson(file, (v) => !Array.isArray(v));
    assert.deepEqual(read.value, { n: 0 });
    assert.equal(read.from, 'backup');
    assert.match(read.notice ?? '', /set aside as .*broken-\d{8}T\d{6}/);
    assert.equal(fs.readFileSync(read.aside ?? '', 'utf8'), text);
    assert.equal(fs.existsSync(file), false);
  }));
}

test('a failed write leaves the old file and no temp file', () => inFolder(async (dir) => {
  const file = path.join(dir, 'a.json');
  fs.mkdirSync(file);
  fs.writeFileSync(path.join(file, 'x'), '');
  await assert.rejects(writeJson(file, {}));
  assert.deepEqual(fs.readdirSync(dir), ['a.json']);
}));

test('writes at once: the file is always whole', () => inFolder(async (dir) => {
  const file = path.join(dir, 'a.json');
  await Promise.all(Array.from({ length: 20 }, (_, i) => writeJson(file, { i, fill: 'x'.repeat(5000) })));
  const read = await readJson(file);
  assert.equal(read.from, 'file');
  assert.deepEqual(fs.readdirSync(dir).sort(), ['a.json', 'a.json.bak']);
}));

const FAULTS: readonly (readonly [text: string, line: number, column: number, reason: RegExp])[] = [
  ['', 1, 1, /end of the file/],
  ['{"a": 1,\n  b: 2}', 2, 3, /key in double quotes/],
  ['{"a": 1,\n}', 2, 1, /one too many/],
  ['{"a": 1\n"b": 2}', 2, 1, /wanted `,` or `}`/],
  ['{"a" 1}', 1, 6, /wanted `:`/],
  ['{"a": tru}', 1, 7, /wanted a value/],
  ['{"a": "x\n"}', 1, 7, /string/],
  ['{"a": 01}', 1, 7, /wanted a value/],
  ['{} {}', 1, 4, /after the end/],
  ['{"a": [1, 2}', 1, 12, /wanted `,` or `\]`/],
];
for (const [text, line, column, reason] of FAULTS) {
  test(`place of the fault in ${JSON.stringify(text)}`, () => {
    const parsed = parseJson(text);
    assert.ok(!parsed.ok);
    assert.deepEqual([parsed.line, parsed.column], [line, column]);
    assert.match(parsed.reason, reason);
  });
}
test('what JSON.parse takes is taken', () => {
  assert.deepEqual(parseJson('\uFEFF {"a":[1,-2.5e3,"\\u00e9",null,true]} '), { ok: true, value: { a: [1, -2500, 'é', null, true] } });
});
