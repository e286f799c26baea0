import fs from 'node:fs';
import path from 'node:path';
import { isMgrError, MgrError } from '../../base/errors.js';
import { hostApp, hostDir, type HostWish } from '../../config/host-app.js';
import { systemProbe } from '../../config/probe.js';
import { readFolder, shortName, type Candidate } from '../../host/folder.js';
import { hostCors, hostNotes, hostPort } from '../../host/options.js';
import type { ModuleRow } from '../../host/views.js';
import type { ProcessDetail } from '../../protocol/views.js';
import { appFrom } from '../apps.js';
import { report } from '../commands/outcome.js';
import { launch } from '../commands/start.js';
import { count, isOn, text } from '../values.js';
import type { Cli, Input } from '../world.js';
import { askHost, hostOf, hostsOf } from './hosts.js';

/** How long a host is waited for that was ended by one of its modules, ms: its watchdog takes 10 s, a module that waits as long. */
const PATIENCE = 60_000;

/** Starts the host of a folder, and one more for each drop-in that wants to be alone. */
export async function startHost(cli: Cli, folder: string, input: Input): Promise<number> {
  const dir = folderAt(cli, folder);
  const { options } = input;
  const name = text(options, 'name') ?? path.basename(dir);
  if (name.includes(':')) throw new MgrError('BAD_OPTION', { path: '--name', got: `\`${name}\``, wanted: 'a name without a colon: what follows one is a module in a host of its own' });
  const port = text(options, 'port');
  hostPort(port);
  const cors = text(options, 'cors');
  hostCors(cors === undefined ? undefined : [cors]);
  const [address, instances] = [text(options, 'host'), count(options, 'instances', '--instances', 1)];
  const wish: HostWish = {
    name, dir, dist: cli.world.machine().dist, dev: isOn(options, 'dev'), strict: isOn(options, 'strict'),
    ...(port !== undefined && { port }), ...(address !== undefined && { address }), ...(instances !== undefined && { instances }), ...(cors !== undefined && { cors }),
  };
  await checkFree(cli, name, dir);
  const alone = readFolder(dir).candidates.filter((c) => c.isolate);
  const began = cli.world.now();
  // Flags of `start` would be of the app; here they are of the host.
  const given = { verb: 'host', args: [], options: {} };
  const outcomes = await launch(cli, merged([wish, ...alone.map((c) => aloneOf(wish, c))].map((w) => appFrom(cli, hostApp(w), given))), 'restart');
  const settled = await Promise.all(outcomes.map(async (o) => (o.ok || wish.strict === true || !blamed(cli, o.target, began) ? o : await later(cli, o.target) ?? o)));
  await removeOthers(cli, name, new Set(alone.map((c) => `${name}:${shortName(c.file)}`)));
  const status = await report(cli, settled);
  if (status === 0) await tell(cli, name);
  return status;
}

// One process: what wants to be alone does not want to be several.
function aloneOf({ instances: _instances, ...wish }: HostWish, c: Candidate): HostWish {
  return { ...wish, name: `${wish.name}:${shortName(c.file)}`, only: c.file, port: '0' };
}

function merged(apps: readonly ReturnType<typeof appFrom>[]): ReturnType<typeof appFrom> {
  return { specs: apps.flatMap((a) => a.specs), failed: apps.flatMap((a) => a.failed) };
}

async function tell(cli: Cli, name: string): Promise<void> {
  const host = await hostOf(cli, name);
  // A module may end it just now: that is told by the list, and the logs.
  const [info, rows = []] = await Promise.all([askHost<{ url: string }>(cli, host, 'host:info'), askHost<ModuleRow[]>(cli, host, 'host:modules')]).catch((e: unknown) => { if (isMgrError(e)) return []; throw e; });
  if (info === undefined) return;
  const { url } = info;
  cli.out.done(`${name} listens on ${url}`);
  for (const r of rows) if (r.state === 'errored' || r.state === 'quarantined') cli.out.notice(`mgr: ${r.file} is ${r.state}: ${r.reason ?? ''}`);
}

// A name that stands for another program must not become that program's successor.
async function checkFree(cli: Cli, name: string, dir: string): Promise<void> {
  const found = await described(cli, name);
  const first = found[0];
  if (first === undefined || hostDir(first.spec) === dir) return;
  throw new MgrError('BAD_USAGE', { reason: `host start: the name \`${name}\` is taken by ${hostDir(first.spec) === undefined ? 'another program' : `the host of ${hostDir(first.spec) ?? ''}`}`, fix: 'wanted: another --name <name>' });
}

// Hosts of modules that do not want to be alone any more, or are gone.
async function removeOthers(cli: Cli, name: string, wanted: ReadonlySet<string>): Promise<void> {
  const targets = (await hostsOf(cli)).map((h) => h.name).filter((n) => n.startsWith(`${name}:`) && !wanted.has(n));
  if (targets.length > 0) await (await cli.daemon()).call('process.delete', { targets }, { deadline: 0 });
}

/** A module was what ended it: the next life leaves that one out. */
function blamed(cli: Cli, name: string, since: number): boolean {
  const dir = hostNotes(cli.home.dir, name);
  if (!fs.existsSync(dir)) return false;
  return fs.readdirSync(dir).some((f) => f.endsWith('.json') && (fs.statSync(path.join(dir, f), { throwIfNoEntry: false })?.mtimeMs ?? 0) >= since);
}

async function later(cli: Cli, name: string): Promise<{ target: string; ok: true; value: ProcessDetail[] } | undefined> {
  cli.out.notice(`mgr: a module ended ${name} while it was loaded; waiting for it to start without that one`);
  for (const end = cli.world.now() + PATIENCE; cli.world.now() < end; await cli.world.sleep(100)) {
    const found = await described(cli, name);
    if (found.length === 0 || found.some((p) => p.status === 'errored' || p.status === 'stopped')) return undefined;
    if (found.every((p) => p.status === 'online')) return { target: name, ok: true, value: [...found] };
  }
  return undefined;
}

async function described(cli: Cli, name: string): Promise<readonly ProcessDetail[]> {
  const daemon = await cli.daemon();
  const { processes } = await daemon.call('process.list', {});
  // A namespace or an id of that text is not meant.
  const ids = processes.filter((p) => p.name === name).map((p) => p.id);
  return (await Promise.all(ids.map((target) => daemon.call('process.describe', { target })))).flat();
}

/** The real path of a folder that was named. Throws BAD_USAGE. */
export function folderAt(cli: Cli, folder: string): string {
  const full = path.resolve(cli.world.cwd(), folder);
  const look = systemProbe.look(full);
  if (look.is !== 'directory') throw new MgrError('BAD_USAGE', { reason: `host: ${full} ${look.is === 'nothing' ? look.why : 'is not a directory'}`, fix: 'wanted: the folder that holds `modules`, e.g. mgr host start .' });
  // As the list of hosts has it, and Node names its files.
  return fs.realpathSync(full);
}
