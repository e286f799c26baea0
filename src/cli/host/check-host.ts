import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { reasonOf } from '../../base/errors.js';
import { HOST_SCRIPT } from '../../config/host-app.js';
import { remembering, type Asked } from '../../host/check/ask.js';
import { checkSource } from '../../host/check/check.js';
import { readFolder, type Candidate } from '../../host/folder.js';
import { paint } from '../output.js';
import { isOn } from '../values.js';
import type { Cli, Input } from '../world.js';
import { hostNotes } from '../../host/options.js';
import { folderAt } from './start-host.js';

/** One thing that was found; `file:line` or a resource. */
interface Found { readonly where: string; readonly level: 'warning' | 'error'; readonly what: string; readonly fix: string }

/** A host that does not come up within this is not waited for, ms. */
const LIMIT = 30_000;
const MOST_FILES = 200;
const MOST_BAD = 5;
const NAME = 'check';

/** Looks at the sources of a folder's modules, then runs them twice in a home that is thrown away. 1 when something was found. */
export async function checkHost(cli: Cli, folder: string, input: Input): Promise<number> {
  const dir = folderAt(cli, folder);
  const { candidates, warnings } = readFolder(dir);
  const found: Found[] = [
    ...warnings.map((what): Found => ({ where: dir, level: 'warning', what, fix: 'correct the file' })),
    ...candidates.flatMap((c) => sourcesOf(c).flatMap(({ name, file }) => checkSource(textOf(file)).map(({ line, ...f }): Found => ({ where: `${name}:${line}`, ...f })))),
    ...await run(cli, dir),
  ];
  if (isOn(input.options, 'json')) cli.out.answer(`${JSON.stringify(found, undefined, 2)}\n`);
  else {
    const p = paint(cli.out.colour);
    for (const f of found) cli.out.answer(`${f.where}  ${f.level === 'error' ? p.red(f.level) : p.yellow(f.level)}  ${f.what}\n  → ${f.fix}\n`);
    if (found.length === 0) cli.out.answer(`${candidates.length === 1 ? '1 module' : `${candidates.length} modules`}: nothing to say\n`);
  }
  return found.length === 0 ? 0 : 1;
}

// What cannot be read is told by the host, which cannot load it.
function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The file of a drop-in; the sources of a package, without what it depends on. */
function sourcesOf(c: Candidate): { readonly name: string; readonly file: string }[] {
  if (c.kind === 'drop-in') return [{ name: c.file, file: c.path }];
  return (fs.readdirSync(c.path, { recursive: true }) as string[])
    .filter((f) => /\.(?:[cm]?js|ts)$/.test(f) && !/(?:^|\/)(?:node_modules|tests?|dashboard|example)s?\//.test(f)).sort().slice(0, MOST_FILES)
    .map((f) => ({ name: path.join(c.file, f), file: path.join(c.path, f) }));
}

async function run(cli: Cli, dir: string): Promise<Found[]> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-check-'));
  try {
    const [kept, anew] = [await patiently(cli, dir, home, []), await patiently(cli, dir, home, ['--dev'])];
    if (typeof kept === 'string') return [down(dir, kept)];
    if (typeof anew === 'string') return [down(dir, anew)];
    return [
      ...kept.modules.filter((m) => m.state === 'errored' || m.state === 'quarantined').map((m): Found => ({ where: m.file, level: 'error', what: m.reason ?? m.state, fix: 'it is not loaded; the others are' })),
      ...remembering(kept, anew).map((r): Found => ({ where: `resources/${r.id}`, level: 'warning', what: `type ${r.type} answers from what its instance remembers: ${short(r.first)}, then ${short(r.second)}`, fix: 'instances end with a restart, and each process has its own: process.server.createStore(\'<name>\') keeps what must stay' })),
    ];
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
}

const down = (dir: string, why: string): Found => ({ where: dir, level: 'error', what: `the host does not come up: ${why}`, fix: 'mgr host start leaves out what hangs or ends it; mgr logs tells more' });

// Each module that ends the host while it is loaded is left out the next time.
async function patiently(cli: Cli, dir: string, home: string, more: readonly string[]): Promise<Asked | string> {
  let asked = await ask(cli, dir, home, more);
  const notes = hostNotes(home, NAME);
  for (let i = 0; i < MOST_BAD && typeof asked === 'string' && fs.existsSync(notes) && fs.readdirSync(notes).some((f) => f.startsWith('loading-')); i++) asked = await ask(cli, dir, home, more);
  return asked;
}

/** What a host that asks itself found, or why there is no such thing. */
function ask(cli: Cli, dir: string, home: string, more: readonly string[]): Promise<Asked | string> {
  const { execPath, dist } = cli.world.machine();
  const child = spawn(execPath, [path.join(dist, HOST_SCRIPT), '--dir', dir, '--port', '0', '--ask', ...more], { env: { ...cli.world.env, MGR_HOME: home, name: NAME }, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  return new Promise((resolve) => {
    let told = '';
    let said = '';
    const timer = setTimeout(() => { child.kill('SIGKILL'); }, LIMIT);
    child.stdio[3]?.on('data', (d: Buffer) => { told += d.toString(); });
    child.stderr?.on('data', (d: Buffer) => { said = (said + d.toString()).slice(-2000); });
    child.on('error', (e) => { clearTimeout(timer); resolve(reasonOf(e)); });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve(told === '' ? said.trim().split('\n').find((l) => l.startsWith('host: ')) ?? `it ended with ${signal ?? `exit code ${code ?? '?'}`}` : JSON.parse(told) as Asked);
    });
  });
}

const short = (answer: string): string => (answer.length > 60 ? `${answer.slice(0, 59)}…` : answer);
