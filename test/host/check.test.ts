import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { remembering, type Asked } from '../../src/host/check/ask.js';
import { checkSource } from '../../src/host/check/check.js';
import { argumentsAt, readCode } from '../../src/host/check/code.js';
import { ROOT } from '../helpers/rig.js';

const said = (source: string): string[] => checkSource(source).map((f) => `${f.line} ${f.level} ${f.what.split(' ')[0] ?? ''}`);

test('D18: the guide\'s own sample: the timer, the file, and the callback that is not there', () => {
  const found = checkSource(fs.readFileSync(path.join(ROOT, 'test/fixtures/host/hits.js'), 'utf8'));
  assert.deepEqual(found.map((f) => [f.line, f.level]), [[12, 'warning'], [13, 'error'], [13, 'warning']]);
  assert.match(found[0]?.fix ?? '', /jobs\.schedule\('<name>', \{ every: 60000 \}/);
  assert.match(found[1]?.what ?? '', /fs\.writeFile without a callback throws/);
  assert.match(`${found[2]?.what} ${found[2]?.fix}`, /'hits\.json'.*dataDirOf.*createStore/s);
});

test('files: every way to name node:fs, and every way to be right', () => {
  for (const [source, wanted] of [
    ["import fs, { promises } from 'node:fs';\nfs.unlink(p);", ['2 error fs.unlink']],
    ["import * as f from 'fs';\nf.rename(a, b);", ['2 error fs.rename']],
    ["const { writeFile: w, readFile } = require('fs');\nw('x', y, done);\nreadFile(p, 'utf8');", ["2 warning fs.writeFile('x')", '3 error fs.readFile']],
    ["import { writeFile as w } from 'node:fs/promises';\nawait w('x', y);", ["2 warning fs.writeFile('x')"]],
    ["const fs = require('fs');\nfs.appendFileSync(__dirname + '/log', x);", ['2 warning fs.appendFileSync(__dirname']],
    ["const fs = require('fs');\nfs.copyFile('template', target, done); fs.readFile('x', done); fs.writeFile(where, what, ...rest);", []],
    ["const fs = require('fs');\nconst dir = process.server.dataDirOf();\nconst file = path.join(dir, 'a.json');\nfs.writeFileSync(file, x); fs.mkdirSync(dir + '/b'); fs.writeFileSync(os.tmpdir() + '/x', y);", []],
    ["const fs = require('fs');\n// fs.unlink(p)\nconst s = 'fs.unlink(p)'; const t = `fs.unlink(p)`; const r = /fs.unlink(p)/;", []],
    ['const other = require("graceful");\nother.writeFile("x");', []],
  ] as const) assert.deepEqual(checkSource(source).map((f) => `${f.line} ${f.level} ${/^\S+/.exec(f.what)?.[0] ?? ''}`), wanted, source);
});

test('timers: those that every instance has', () => {
  assert.deepEqual(said('setInterval(tick, 1000);\nfunction f() { setInterval(tick, 5); }\nx.setInterval(1);'), ['1 warning setInterval']);
  assert.deepEqual(said("const cron = require('node-cron');\nimport { Cron } from 'croner';"), ['1 warning node-cron', '2 warning croner']);
  assert.deepEqual(said('const a = `${ f({ b: `}` }) } setInterval(`;\n/* setInterval(1) */ const q = a / b; // setInterval(\nsetInterval(f, 2);'), ['3 warning setInterval']);
});

test('arguments are read over nested calls, and not beyond the end of the file', () => {
  assert.deepEqual(argumentsAt(readCode("f(a(1, 2), { b: [3, 4] }, 'x,y', () => { g(5, 6); })"), 1), ['a(1, 2)', '{ b: [3, 4] }', "'x,y'", '() => { g(5, 6); }']);
  assert.deepEqual(argumentsAt(readCode('f()'), 1), []);
  assert.equal(argumentsAt(readCode('f(a, (b'), 1), undefined);
});

test('a type remembers when only an instance that stays gives a second answer', () => {
  const asked = (...answers: [string, string, string][]): Asked => ({ modules: [], answers: answers.map(([id, first, second]) => ({ id, type: 'T', first, second })) });
  assert.deepEqual(remembering(asked(['counter', '1', '2'], ['clock', '10:00', '10:01'], ['sum', '7', '7']), asked(['counter', '1', '1'], ['clock', '10:02', '10:03'], ['sum', '7', '7'])).map((r) => r.id), ['counter']);
});
