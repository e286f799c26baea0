// Apps whose variables are kept by reference: with real children, what each start does and where the value is not.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Bench } from '../helpers/supervise.js';
import { waitFor } from '../helpers/wait.js';

const SECRET = 'hunter2-very-secret';
const SLEEP = 'exec sleep 100000';

/** Every file under the folder that holds the text. */
function holding(dir: string, text: string): string[] {
  return fs.readdirSync(dir, { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).map((e) => path.join(e.parentPath, e.name)).filter((f) => fs.readFileSync(f).includes(text));
}

describe('secrets of apps', { timeout: 60_000 }, () => {
  test('they reach the program at each start, and nothing else', async (t) => {
    const b = await Bench.open(t);
    const file = b.file('key', `${SECRET}\n`);
    const p = await b.up({ script: b.sh('a', 'echo "<$KEY|$CMD|$PLAIN>"', SLEEP), name: 'a', env: { KEY: { secret: `file:${file}` }, CMD: { secret: 'cmd:rev key' }, PLAIN: 'p' } });
    await b.said(p, new RegExp(`<${SECRET}\\|${Array.from(SECRET).toReversed().join('')}\\|p>`));
    assert.deepEqual(p.spec.env.secrets, { KEY: `file:${file}`, CMD: 'cmd:rev key' });
    assert.ok(!JSON.stringify([...b.kept.values()]).includes(SECRET));
    // The program's own log is the only file of the home that has it, because the program wrote it.
    assert.deepEqual(holding(b.home.dir, SECRET), [p.paths.out]);
    fs.writeFileSync(file, 'rotated\n');
    await b.supervisor.restart([p.id]);
    await b.said(p, /<rotated\|/);
  });

  test('without the secret there is no start: told why, tried again, and well when it is there', async (t) => {
    const b = await Bench.open(t);
    const key = path.join(b.dir, 'later');
    const { p, error } = await b.start({ script: b.sh('a', SLEEP), name: 'a', env: { KEY: { secret: `file:${key}` } } });
    assert.match(String(error), /cannot start `a`: secret KEY: .*later does not exist; it is tried again in 1000 ms/);
    assert.equal(p.state.name, 'waiting');
    assert.equal(b.kept.get(p.id)?.live, undefined);
    fs.writeFileSync(key, 'x');
    await b.state(p, 'online');
    await b.supervisor.stop([p.id]);
    // What cannot get better by waiting is not waited for.
    fs.rmSync(key);
    fs.mkdirSync(key);
    const [result] = await b.supervisor.restart([p.id]);
    assert.match(String(result?.error), /cannot start `a`: secret KEY: .*later is not a regular file/);
    assert.equal(p.state.name, 'failed');
  });

  test('stopped, restarted or deleted while a command is still at it', async (t) => {
    const b = await Bench.open(t);
    const slow = (name: string) => ({ script: b.sh(name, 'echo "run $KEY"', SLEEP), name, env: { KEY: { secret: `cmd:echo begun >> ${name}.begun; i=0; while ! test -e go && test $i -lt 400; do i=$((i+1)); sleep 0.02; done; echo v` } } });
    const begun = (name: string, n: number) => waitFor(`${name} to begin`, () => fs.existsSync(path.join(b.dir, `${name}.begun`)) && fs.readFileSync(path.join(b.dir, `${name}.begun`), 'utf8').split('\n').length > n);
    const starts = ['stopped', 'again', 'deleted'].map((name) => b.supervisor.start([b.spec(slow(name))], 'another'));
    for (const name of ['stopped', 'again', 'deleted']) await begun(name, 1);
    const [stopped, again] = ['stopped', 'again'].map((name) => [...b.supervisor.processes.values()].find((p) => p.spec.name === name));
    assert.ok(stopped && again);
    assert.equal(stopped.state.name, 'starting');
    await b.supervisor.stop(['stopped']);
    await b.supervisor.remove(['deleted']);
    const restarted = b.supervisor.restart(['again']);
    await begun('again', 2);
    fs.writeFileSync(path.join(b.dir, 'go'), '');
    await Promise.all([...starts, restarted]);
    assert.equal(again.state.name, 'online');
    assert.equal(stopped.state.name, 'stopped');
    await b.said(again, /run v/);
    assert.equal(b.log(again).match(/run/g)?.length, 1, 'one program, not two');
    assert.equal(b.pids().length, 1);
    assert.equal(stopped.pid, 0);
    // Afterwards it starts as ever.
    await b.supervisor.restart(['stopped']);
    await b.said(stopped, /run v/);
  });
});
