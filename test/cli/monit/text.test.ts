import assert from 'node:assert/strict';
import test from 'node:test';
import { pieces, plainText } from '../../../src/cli/safe-text.js';
import { applySgr, sgrOf } from '../../../src/cli/sgr.js';
import { rowsOf } from '../../../src/cli/monit/wrap.js';
import { cells, seen } from './fixture.js';

const E = '\u001b';

const PLAIN: readonly (readonly [what: string, got: string, wanted: string])[] = [
  ['text stays', 'GET /a 200', 'GET /a 200'],
  ['clearing the screen, moving the cursor', `${E}[2J${E}[1;1Hhere${E}[10A`, 'here'],
  ['the title', `${E}]0;owned\u0007x${E}]2;y${E}\\z`, 'xz'],
  ['a title that does not end takes the rest of the line', `a${E}]0;never`, 'a'],
  ['questions to the terminal', `${E}[6n${E}[c${E}P+q544e${E}\\a`, 'a'],
  ['the other screen, its reset, keypad', `${E}[?1049l${E}c${E}=a`, 'a'],
  ['links keep their words', `${E}]8;;http://x${E}\\link${E}]8;;${E}\\`, 'link'],
  ['8-bit forms of them', '\u009b2Ja\u009d0;t\u009cb', 'ab'],
  ['a sequence cut off at the end of the line', `a${E}[3`, 'a'],
  ['a lone escape', `a${E}`, 'a'],
  ['bell, backspace, vertical tab', 'a\u0007\b\u000bb', 'ab'],
  ['what was written over', 'progress 10%\rprogress 100%', 'progress 100%'],
  ['a Windows line end', 'text\r', 'text'],
  ['tabs go to the next eighth column', 'a\tb', 'a       b'],
  ['direction marks', 'a\u202eb\u2066c', 'abc'],
  ['zero-width characters', 'a\u200bb\ufeffc\u00ad', 'abc'],
  ['families are their members', '👨‍👩‍👧', '👨👩👧'],
  ['skin tones', '👍🏽', '👍'],
  ['flags are letters', '🇩🇪', 'DE'],
  ['half a surrogate pair', 'a\ud83db', 'a\ufffdb'],
  ['marks without end', `a${'\u0316'.repeat(50)}b`, 'a\u0316\u0316\u0316b'],
  ['marks on nothing', '\u0301a', 'a'],
  ['an accent is part of its letter', 'e\u0301', 'é'],
];

for (const [what, got, wanted] of PLAIN) test(`a line without its tricks: ${what}`, () => assert.equal(plainText(got), wanted));

const STYLES: readonly (readonly [params: string, wanted: string])[] = [
  ['31', '31'], ['1;31', '1;31'], ['31;0', ''], ['31;', ''], ['', ''], ['1;22', ''], ['1;2;22', ''], ['38;5;208', '38;5;208'], ['48;2;1;2;3', '48;2;1;2;3'],
  ['38:5:208', '38;5;208'], ['38:2::1:2:3', '38;2;1;2;3'], ['4:3', '4'], ['4:0', ''], ['5', ''], ['8', ''], ['11', ''], ['38;5;999', ''], ['38;5', ''], ['99999;31', '31'],
  ['38;5;1;1', '1;38;5;1'], ['97;107', '97;107'], ['31;39;44;49', ''], ['1;3;7;9', '1;3;7;9'],
];

for (const [params, wanted] of STYLES) test(`ESC[${params}m means ESC[${wanted}m`, () => assert.equal(sgrOf(applySgr({}, params)), wanted === '' ? '' : `${E}[${wanted}m`));

test('colours stay with their text, and none without colour', () => {
  const line = `${E}[31mred${E}[0m plain`;
  assert.deepEqual(pieces(line, true), [{ text: 'red', style: `${E}[31m` }, { text: ' plain', style: '' }]);
  assert.equal(pieces(line, false).map((p) => p.text).join(''), 'red plain');
  assert.deepEqual(rowsOf(line, 12, { colour: false }), ['red plain   ']);
});

test('every row is as wide as asked for, whatever the line', () => {
  const texts = ['', 'x', 'plain words '.repeat(9), '日本語のログ行 '.repeat(5), `${E}[1;32m緑${E}[0m and 😀😃 `.repeat(6), 'a\tb\tc', ...PLAIN.map(([, got]) => got)];
  for (const columns of [1, 2, 3, 7, 20, 80]) {
    for (const text of texts) for (const row of rowsOf(text, columns, { colour: true })) assert.equal(cells(row), columns, `${JSON.stringify(text)} in ${columns}: ${JSON.stringify(row)}`);
  }
});

test('a folded line keeps its colour in each row and leaks none', () => {
  const rows = rowsOf(`${E}[31m${'r'.repeat(25)}${E}[0m tail`, 10, { colour: true });
  assert.deepEqual(rows.map(seen), ['r'.repeat(10), 'r'.repeat(10), 'rrrrr tail']);
  assert.ok(rows.slice(0, 2).every((r) => r.startsWith(`${E}[31m`) && r.includes(`${E}[0m`)));
  assert.equal(rowsOf('x'.repeat(100), 10, { colour: true, most: 1 }).length, 1);
});

test('a line of a megabyte is looked at for a moment only', () => {
  const began = performance.now();
  const rows = rowsOf('\u001b[31mé'.repeat(300_000), 80, { colour: true });
  assert.ok(performance.now() - began < 1000);
  assert.ok(rows.length < 100);
});
