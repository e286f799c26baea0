import assert from 'node:assert/strict';
import test from 'node:test';
import { isMgrError } from '../../src/base/errors.js';
import { toSpecs, type Ctx } from '../../src/config/validate.js';
import { fakeCtx } from './fake.js';

type Over = Parameters<typeof fakeCtx>[1];
function one(app: Record<string, unknown>, files: Record<string, string> = {}, over: Over = {}) {
  const spec = toSpecs(app, fakeCtx(files, over)).specs[0];
  assert.ok(spec);
  return spec;
}
const codeOf = (code: string, data: Record<string, unknown> = {}) => (e: unknown): boolean => {
  assert.ok(isMgrError(e), String(e));
  assert.equal(e.code, code, e.message);
  for (const [k, v] of Object.entries(data)) assert.deepEqual(e.data[k], v, k);
  return true;
};

test('the interpreter, by table', () => {
  const all = ['node', 'bash', 'sh', 'python3', 'ruby', 'php', 'perl', 'bun', 'coffee', 'lsc'];
  const node = '/opt/node';
  const table: readonly (readonly [what: string, file: string, text: string, interpreter: string, args?: readonly string[], over?: Over, app?: Record<string, unknown>])[] = [
    ['js', 'a.js', '', node], ['mjs', 'a.mjs', '', node], ['cjs', 'a.cjs', '', node],
    ['sh', 'a.sh', '', '/bin/bash'], ['sh without bash', 'a.sh', '', '/bin/sh', [], { commands: ['sh'] }],
    ['py', 'a.py', '', '/bin/python3'], ['py, python first', 'a.py', '', '/bin/python', [], { commands: ['python', 'python3'] }],
    ['rb', 'a.rb', '', '/bin/ruby'], ['php', 'a.php', '', '/bin/php'], ['pl', 'a.pl', '', '/bin/perl'], ['coffee', 'a.coffee', '', '/bin/coffee'], ['ls', 'a.ls', '', '/bin/lsc'],
    ['no extension, text', 'a', 'console.log(1)', node],
    ['binary', 'x:a', '\x7fELF\0\0', 'none'],
    ['executable text without a first line', 'x:a', 'true', 'none'],
    ['unknown extension, executable', 'x:a.out', 'x', 'none'],
    ['first line, executable', 'x:a', '#!/bin/bash\ntrue', 'none'],
    ['first line of a python, executable', 'x:a', '#!/usr/bin/env python3\n', 'none'],
    ['first line, not executable', 'a', '#!/bin/bash -e\ntrue', '/bin/bash', ['-e']],
    ['first line with env, not executable', 'a', '#!/usr/bin/env ruby -w\n', '/bin/ruby', ['-w']],
    ['first line that names node', 'x:a', '#!/usr/bin/env node\n', node],
    ['first line that names node with flags', 'x:a', '#!/usr/bin/env -S node --no-warnings\r\n', node, ['--no-warnings']],
    ['extension before first line', 'x:a.js', '#!/usr/bin/env bun\n', node],
    ['ts, node strips types', 'a.ts', '', node, [], { runtime: at('22.18.0') }],
    ['ts, 24', 'a.mts', '', node, [], { runtime: at('24.1.0') }],
    ['ts, with the switch', 'a.ts', '', node, ['--experimental-strip-types'], { runtime: at('22.6.0') }],
    ['ts, 23.5', 'a.ts', '', node, ['--experimental-strip-types'], { runtime: at('23.5.0') }],
    ['ts, 23.6', 'a.ts', '', node, [], { runtime: at('23.6.0') }],
    ['ts, 20 with bun', 'a.ts', '', '/bin/bun'],
    ['ts, 20 with tsx', 'a.ts', '', '/bin/tsx', [], { commands: ['tsx', 'bun'] }],
    ['tsx on 24', 'a.tsx', '', '/bin/bun', [], { runtime: at('24.1.0', ['bun']) }],
    ['explicit', 'a.js', '', '/bin/bun', [], {}, { interpreter: 'bun' }],
    ['explicit node', 'a.txt', '', node, [], {}, { exec_interpreter: 'node' }],
    ['explicit none', 'x:a.js', '', 'none', [], {}, { interpreter: 'none' }],
    ['explicit path', 'a.js', '', '/app/bin/deno', ['run'], {}, { interpreter: './bin/deno', interpreter_args: 'run' }],
  ];
  for (const [what, file, text, interpreter, args = [], over = {}, app = {}] of table) {
    const x = file.startsWith('x:');
    const name = x ? file.slice(2) : file;
    const spec = one({ script: `./${name}`, ...app }, { [`${x ? 'x:' : ''}/app/${name}`]: text, 'x:/app/bin/deno': '' }, { commands: all, ...over });
    assert.equal(spec.interpreter, interpreter, what);
    assert.deepEqual(spec.interpreter_args, args, what);
    assert.equal(spec.exec_path, `/app/${name}`, what);
  }
});

function at(version: string, commands: readonly string[] = []): Ctx['runtime'] {
  return { execPath: '/opt/node', version, which: (c) => commands.includes(c) ? `/bin/${c}` : undefined };
}

test('tsx of the project is found above the script', () => {
  assert.equal(one({ script: 'src/a.ts' }, { '/app/src/a.ts': '', 'x:/app/node_modules/.bin/tsx': '' }).interpreter, '/app/node_modules/.bin/tsx');
});

test('tsx of the project runs in Node itself, so that TypeScript may be a cluster on any Node', () => {
  const files = { '/app/src/a.ts': '', 'x:/app/node_modules/.bin/tsx': '', '/app/node_modules/tsx/dist/loader.mjs': '' };
  const spec = one({ script: 'src/a.ts', instances: 2, node_args: '--no-warnings' }, files);
  assert.equal(spec.interpreter, '/opt/node');
  assert.deepEqual(spec.interpreter_args, ['--import', 'file:///app/node_modules/tsx/dist/loader.mjs', '--no-warnings']);
  assert.equal(spec.exec_mode, 'cluster');
});

test('TypeScript that nothing runs says what is needed', () => {
  assert.throws(() => one({ script: 'a.ts' }, { '/app/a.ts': '' }), (e) => isMgrError(e) && e.code === 'INTERPRETER_NOT_FOUND' && /22\.18.*tsx.*bun.*this is Node 20\.20\.2/.test(e.hint ?? ''));
});

test('a python does not buffer, unless told to', () => {
  for (const [file, text] of [['/app/a.py', ''], ['x:/app/a.py', '#!/usr/bin/env python3\n'], ['x:/app/a', '#!/usr/bin/env python3\n']] as const) {
    const script = file.replace('x:', '');
    assert.equal(one({ script }, { [file]: text }).env.declared['PYTHONUNBUFFERED'], '1', file);
  }
  assert.equal(one({ script: 'a.py', env: { PYTHONUNBUFFERED: '' } }, { '/app/a.py': '' }).env.declared['PYTHONUNBUFFERED'], '');
  assert.equal(one({ script: 'app.js' }).env.declared['PYTHONUNBUFFERED'], undefined);
});

test('a script is a file, else a command, else a shell line', () => {
  const command = one({ script: 'ruby' }, {}, { commands: ['ruby'] });
  assert.deepEqual([command.exec_path, command.interpreter, command.name, command.script], ['/bin/ruby', 'none', 'ruby', 'ruby']);
  const line = one({ script: 'cc hello.c; ./a.out' });
  assert.deepEqual([line.exec_path, line.interpreter, line.args, line.name, line.exec_mode], ['/bin/bash', 'none', ['-c', 'cc hello.c; ./a.out'], 'cc hello.c; ./a', 'fork']);
  assert.equal(one({ script: 'npm run dev' }).name, 'npm run dev');
  assert.equal(one({ script: 'sleep 1' }, {}, { commands: ['sh'] }).exec_path, '/bin/sh');
  assert.deepEqual(one({ script: 'echo $1', args: 'x y' }).args, ['-c', 'echo $1', 'bash', 'x', 'y']);
  const spaced = one({ script: './my app/run it.js' }, { '/app/my app/run it.js': '' });
  assert.deepEqual([spaced.exec_path, spaced.name, spaced.interpreter], ['/app/my app/run it.js', 'run it', '/opt/node']);
});

test('a script that is not there, or not to be read', () => {
  assert.throws(() => one({ script: './nope.js' }), codeOf('SCRIPT_NOT_FOUND', { name: 'nope', script: './nope.js', path: '/app/nope.js' }));
  assert.throws(() => one({ script: 'nope' }), codeOf('SCRIPT_NOT_FOUND'));
  assert.throws(() => one({ script: 'app.js --port 3', interpreter: 'node' }), codeOf('SCRIPT_NOT_FOUND'));
  assert.throws(() => one({ script: 'a.js' }, { '/app/a.js': 'UNREADABLE' }), codeOf('SCRIPT_UNREADABLE', { reason: 'permission denied' }));
  assert.throws(() => one({ script: 'a.js', interpreter: 'none' }, { '/app/a.js': '' }), codeOf('SCRIPT_UNREADABLE', { reason: 'is not executable' }));
  assert.throws(() => one({ script: './dir' }, { '/app/dir/': '' }), codeOf('SCRIPT_UNREADABLE', { reason: 'is a directory' }));
  assert.equal(one({ script: './dir' }, { '/app/dir/index.js': '' }).interpreter, '/opt/node');
  assert.throws(() => one({ script: 'app.js', interpreter: 'lua' }), codeOf('INTERPRETER_NOT_FOUND', { interpreter: 'lua' }));
  assert.throws(() => one({ script: 'app.js', interpreter: './lua' }), codeOf('INTERPRETER_NOT_FOUND'));
  assert.throws(() => one({}), codeOf('BAD_OPTION', { path: 'script', got: 'nothing' }));
});

test('the working directory', () => {
  const files = { '/srv/api/server.js': '', '/srv/api/eco.json': '', '/srv/locked/': '', '/srv/api/sub/x.js': '' };
  assert.equal(one({ script: 'server.js', cwd: '/srv/api' }, files).cwd, '/srv/api');
  // Not where the command is run, but beside the config file.
  assert.equal(one({ script: './server.js' }, files, { file: '/srv/api/eco.json' }).cwd, '/srv/api');
  assert.equal(one({ script: 'x.js', cwd: 'sub' }, files, { file: '../srv/api/eco.json' }).cwd, '/srv/api/sub');
  // PM2's way comes first.
  assert.equal(one({ script: './app.js' }, { ...files, '/srv/api/app.js': '' }, { file: '/srv/api/eco.json' }).cwd, '/app');
  assert.throws(() => one({ script: 'a.js', cwd: '/none' }), codeOf('CWD_UNUSABLE', { cwd: '/none', reason: 'does not exist' }));
  assert.throws(() => one({ script: 'a.js', cwd: '/app/app.js' }), codeOf('CWD_UNUSABLE', { reason: 'is not a directory' }));
  const ctx = fakeCtx(files);
  assert.throws(() => toSpecs({ script: 'a.js', cwd: '/srv/locked' }, { ...ctx, probe: { ...ctx.probe, executable: () => false } }), codeOf('CWD_UNUSABLE', { reason: 'permission denied' }));
});
