import assert from 'node:assert/strict';
import test from 'node:test';
import { MgrError } from '../../src/base/errors.js';
import { renderError } from '../../src/cli/render/error.js';
import { rig } from './rig.js';

// What stderr says, whole; the status is 1 and stdout is empty in each.
const CASES: readonly (readonly [argv: readonly string[], stderr: RegExp])[] = [
  [['lst'], /^mgr: unknown command `lst`\n {2}→ did you mean `mgr list`\? `mgr --help` lists the commands\n$/],
  [['frobnicate'], /^mgr: unknown command `frobnicate`\n {2}→ `mgr --help` lists the commands\n$/],
  [['list', '--bogus'], /^mgr: unknown option `--bogus` of mgr list\n {2}→ `mgr list --help` tells the options\n$/],
  [['start', 'x', '--nmae', 'y'], /^mgr: unknown option `--nmae` of mgr start\n {2}→ did you mean `--name`\?/],
  [['stop'], /^mgr: stop: `targets` is missing\n {2}→ usage: mgr stop \[options\] <targets\.\.\.>\n$/],
  [['stop', ''], /^mgr: target: got an empty text, wanted all, a name, an id/],
  [['id', 'a', 'b'], /^mgr: id: too many arguments\n {2}→ usage: mgr id/],
  [['start', 'x', '--name'], /^mgr: -n, --name <name>: got nothing, wanted a value\n/],
  [['start', 'x', '--name', ''], /^mgr: --name: got "", wanted text that is not empty\n {2}→ `mgr <command> --help` tells what each option takes\n$/],
  [['start', 'x', '--max-restarts', 'abc'], /^mgr: --max-restarts: got "abc", wanted a whole number of 0 or more\n {2}→ `mgr <command> --help` tells what each option takes\n$/],
  [['logs', '--lines', 'abc'], /^mgr: --lines: got `abc`, wanted a whole number, at least 0\n {2}→ `mgr <command> --help` tells what each option takes\n$/],
  [['logs', '--since', 'yesterday'], /^mgr: --since: got `yesterday`, wanted a time such as 30s/],
  [['logs', '--grep', '('], /^mgr: --grep: got `\(`, wanted a regular expression/],
  [['logs', '--raw', '--json'], /^mgr: logs: got --raw and --json, wanted one form\n/],
  [['list', '--sort', 'colour'], /^mgr: --sort: got `colour`, wanted one of name, /],
  [['env', '99'], /^mgr: no process, namespace or id matches `99`\n {2}→ `mgr list` shows what is managed\n$/],
  [['set'], /^mgr: set: got nothing, wanted a key and a value\n {2}→ usage: mgr set <module>:<key> <value>; `mgr conf` shows all settings\n$/],
  [['set', 'mod'], /^mgr: set: got only `mod`, wanted a key and a value\n {2}→ `mgr conf mod` shows the settings of a module; usage: mgr set mod:<key> <value>\n$/],
  [['set', 'mod:key'], /^mgr: set: got no value for `mod:key`\n {2}→ usage: mgr set mod:key <value>/],
  [['multiset', 'a'], /^mgr: multiset: got 1 words, wanted pairs/],
  [['help', 'strt'], /^mgr: unknown command `strt`\n {2}→ did you mean `mgr start`\?/],
  [['-x'], /^mgr: unknown option `-x`\n/],
  [[], /^usage: mgr <command>/],
];

for (const [argv, stderr] of CASES) {
  test(`mgr ${argv.join(' ')}`, async () => {
    const r = rig();
    assert.equal(await r.run(...argv), 1);
    assert.match(r.stderr, stderr);
    assert.equal(r.stdout, '');
  });
}

test('a bug keeps its stack, an error of operation has none', () => {
  assert.match(renderError(new TypeError('x is undefined')), /^mgr: a fault inside mgr\nTypeError: x is undefined\n {4}at .*\n[^]* {2}→ please report it/);
  assert.equal(renderError(new MgrError('DAEMON_DOWN')), 'mgr: the daemon is not running\n  → any command but `kill` starts it, e.g. mgr list\n');
});

test('help is on stdout with status 0 and names every command', async () => {
  const all = rig();
  assert.equal(await all.run('--help'), 0);
  for (const word of ['start', '(ls, l, ps, status)', 'describe', 'logs', 'install', 'multiset', 'resurrect', 'kill']) assert.ok(all.stdout.includes(word), word);
  const one = rig();
  assert.equal(await one.run('start', '--help'), 0);
  assert.match(one.stdout, /^Usage: mgr start \[options\] \[what\.\.\.\][^]*--max-memory-restart <size>/);
  const version = rig();
  assert.equal(await version.run('--version'), 0);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});
