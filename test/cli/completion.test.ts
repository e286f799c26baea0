// The tab key. Bash is asked by running it; the texts for zsh and fish are made from the same model.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { VERBS } from '../../src/cli/verbs.js';
import { rig, view } from './rig.js';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-tab-'));
test.after(() => fs.rmSync(dir, { recursive: true, force: true }));

async function scriptOf(shell: string): Promise<string> {
  const r = rig();
  assert.equal(await r.run('completion', shell), 0, r.stderr);
  return r.stdout;
}

const file = path.join(dir, 'mgr.bash');
fs.writeFileSync(file, await scriptOf('bash'));
const NAMES = ['api', 'api-worker', 'mod:one', 'mod:two', 'with blank', 'web'];

/** What bash offers at the end of this line; `mgr completion names` is played by a function. */
function tab(line: string, kind = 'names'): string[] {
  const out = execFileSync('/bin/bash', ['--norc', '-c', `
    mgr() { [ "$1 $2" = "completion ${kind}" ] && printf '%s\\n' ${NAMES.map((n) => `'${n}'`).join(' ')}; }
    source ${file}
    COMP_LINE=$1 COMP_POINT=\${#1}
    _mgr_completion
    printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash', line], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } });
  return out.split('\n').filter((l) => l !== '');
}

test('bash: verbs, by their beginning', () => {
  assert.deepEqual(tab('mgr resu'), ['resurrect']);
  assert.deepEqual(tab('mgr '), [...VERBS.flatMap((v) => [v.name, ...v.aliases]), 'help']);
  assert.deepEqual(tab('mgr -s jl'), ['jlist']);
});

test('bash: names of programs where programs are named, several times', () => {
  assert.deepEqual(tab('mgr restart ap'), ['api', 'api-worker']);
  assert.deepEqual(tab('mgr restart web ap'), ['api', 'api-worker']);
  assert.deepEqual(tab('mgr logs --lines 5 we'), ['web']);
  assert.deepEqual(tab('mgr describe w'), ['with\\ blank', 'web'], 'fit to be typed');
  assert.deepEqual(tab('mgr ping a'), []);
  assert.deepEqual(tab('mgr uninstall mod:', 'modules'), ['one', 'two']);
});

test('bash: a name with a colon is completed behind it', () => {
  assert.deepEqual(tab('mgr stop mod:o'), ['one']);
});

test('bash: flags of the verb; what follows a flag with a value and what follows -- is left to the shell', () => {
  assert.deepEqual(tab('mgr start --max-m'), ['--max-memory-restart']);
  assert.deepEqual(tab('mgr logs --nos'), ['--nostream']);
  assert.deepEqual(tab('mgr jlist --si'), ['--silent']);
  assert.deepEqual(tab('mgr start app.js --name a'), []);
  assert.deepEqual(tab('mgr start app.js -- a'), []);
});

test('bash: a signal first, then programs', () => {
  assert.deepEqual(tab('mgr sendSignal SIGUSR'), ['SIGUSR1', 'SIGUSR2']);
  assert.deepEqual(tab('mgr sendSignal SIGHUP we'), ['web']);
});

test('zsh and fish: every verb with what it is for, and its flags', async () => {
  for (const shell of ['zsh', 'fish']) {
    const text = await scriptOf(shell);
    for (const v of VERBS) assert.ok(text.includes(shell === 'zsh' ? v.name.replaceAll(':', '\\:') : `-a ${v.name} `), `${shell}: ${v.name}`);
    assert.ok(text.includes(shell === 'zsh' ? '--max-memory-restart[' : '-l max-memory-restart -r'), shell);
  }
});

test('names: of a daemon that runs, each once; none is started', async () => {
  const daemon = { version: '0', protocol: 1, pid: 1, node: '', home: '', startedAt: 0, notices: [] };
  const processes = [view(), view({ id: 1 }), view({ id: 2, name: 'db', namespace: 'back' }), view({ id: 3, name: 'rot', module: 'rot' })];
  const r = rig({ 'process.list': { processes, daemon } });
  await r.run('completion', 'names');
  assert.equal(r.stdout, 'api\ndb\nback\nrot\nall\n');
  const m = rig({ 'process.list': { processes, daemon } });
  await m.run('completion', 'modules');
  assert.equal(m.stdout, 'rot\n');
  const down = rig({}, { down: true });
  assert.deepEqual([await down.run('completion', 'names'), down.stdout, down.stderr], [0, '', '']);
});

test('install writes between marks, again in the same place, through a link; uninstall takes just that away', async () => {
  const home = path.join(dir, 'home');
  fs.mkdirSync(path.join(home, 'dots'), { recursive: true });
  fs.writeFileSync(path.join(home, 'dots/bashrc'), 'alias ll="ls -l"\n', { mode: 0o640 });
  fs.symlinkSync('dots/bashrc', path.join(home, '.bashrc'));
  const at = (): string => fs.readFileSync(path.join(home, '.bashrc'), 'utf8');
  const run = async (...argv: string[]): Promise<string> => { const r = rig({}, { userHome: home, env: { SHELL: '/bin/bash' } }); assert.equal(await r.run('completion', ...argv), 0, r.stderr); return r.stdout; };
  assert.match(await run('install'), /^added /);
  const once = at();
  assert.match(once, /^alias ll="ls -l"\n\n###-begin-mgr-completion-###\n[\s\S]*complete -o default -F _mgr_completion mgr\n###-end-mgr-completion-###\n$/);
  assert.match(await run('install', 'bash'), /^renewed /);
  assert.equal(at(), once);
  assert.ok(fs.lstatSync(path.join(home, '.bashrc')).isSymbolicLink());
  assert.equal(fs.statSync(path.join(home, '.bashrc')).mode & 0o777, 0o640);
  fs.appendFileSync(path.join(home, '.bashrc'), 'export A=1\n');
  await run('uninstall');
  assert.equal(at(), 'alias ll="ls -l"\nexport A=1\n');
  await run('install', 'fish');
  assert.ok(fs.existsSync(path.join(home, '.config/fish/completions/mgr.fish')));
  await run('uninstall', 'fish');
  assert.ok(!fs.existsSync(path.join(home, '.config/fish/completions/mgr.fish')));
});

test('a shell nobody knows', async () => {
  const r = rig({}, { env: { SHELL: '/bin/tcsh' } });
  assert.equal(await r.run('completion'), 1);
  assert.match(r.stderr, /^mgr: completion: got no shell, and \$SHELL is `tcsh`, wanted bash, zsh or fish\n/);
});
