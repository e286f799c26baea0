// The README says what is so: its table is the program's, its commands and its options exist.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { allWords, findVerb } from '../src/cli/verbs.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const README = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');

test('the table of options is current', () => {
  const r = spawnSync(process.execPath, [path.join(ROOT, 'scripts/table.mjs'), '--check'], { encoding: 'utf8' });
  assert.equal(r.status, 0, r.stderr);
});

test('every command in the README exists, and every command is in the README', () => {
  // What follows a hash is said, not run.
  const code = [...README.matchAll(/```(\w*)\n([\s\S]*?)```|`([^`\n]+)`/g)].map((m) => m[1] === 'js' ? '' : m[2] ?? m[3] ?? '').join('\n').replace(/#.*$/gm, '');
  const used = [...code.matchAll(/(?:^|[\s;&|$])(?:bin\/)?mgr(?:\.js)? +([a-z][\w:-]*)/gm)].map((m) => m[1] ?? '');
  assert.ok(used.length > 30, `only ${used.length} commands found`);
  assert.deepEqual([...new Set(used)].filter((word) => !allWords().includes(word)), []);
  const shown = new Set(used.map((word) => findVerb(word)?.name));
  assert.deepEqual([...new Set(allWords().map((word) => findVerb(word)?.name))].filter((name) => !shown.has(name)), [], 'commands the README does not show');
});
