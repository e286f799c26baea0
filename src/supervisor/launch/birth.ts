import fs from 'node:fs';
import path from 'node:path';
import { reasonOf } from '../../base/errors.js';
import type { Home } from '../../base/paths.js';
import { startTime } from '../../base/proc.js';
import { randomUuid } from '../../base/random.js';
import { markOf } from '../../config/plan-keys.js';
import { runsNode } from '../../config/runs-node.js';
import type { AppSpec } from '../../config/spec.js';
import type { PrimaryRecord, RunRecord } from '../../protocol/records.js';
import type { Event } from '../machine.js';
import type { Exit } from '../policy.js';
import type { Ports } from '../ports.js';
import { withHolder } from '../telling.js';
import { type Command, commandOf } from './command.js';
import { type Who, spawnEnv } from './env.js';
import { launch, whyNot } from './fork.js';
import { fdAfter, lentOf, listenEnv } from './listen.js';
import { notePath } from './channel-words.js';
import { SecretError, resolveSecrets } from './secrets.js';

/** What a run needs before it has a process: it is on record before the deed. Undefined: no FIFO is in stock. */
export function intend(n: number, spec: AppSpec, ports: Ports): RunRecord | undefined {
  const { fifos } = ports;
  const out = fifos.take();
  const err = fifos.take();
  // A worker of a cluster has no standard input of its own, as in PM2.
  const stdin = spec.exec_mode === 'cluster' ? undefined : fifos.take();
  if (out === undefined || err === undefined || (stdin === undefined && spec.exec_mode !== 'cluster')) {
    for (const f of [out, err, stdin]) if (f !== undefined) fifos.giveBack(f);
    return undefined;
  }
  const primary = ports.primaries.planFor(spec);
  // A worker of a cluster speaks by its primary.
  const door = runsNode(spec) && spec.exec_mode !== 'cluster' ? ports.channels.doorFor(spec.uid) : undefined;
  return { run: n, out: path.basename(out), err: path.basename(err), ...(stdin === undefined ? {} : { in: path.basename(stdin) }), token: randomUuid(), mark: markOf(spec), at: ports.clock.wall(), boot: ports.boot, ...(door && { door }), ...(primary && { primary }), ...(primary && spec.exec_mode === 'cluster' && { worker: true }) };
}

export interface Birth {
  /** It runs, and `run` has its pid. Its output is read before this returns. */
  onBorn(run: RunRecord): void;
  /** Undefined: nobody saw how; the program may have left a note. */
  onExit(exit: Exit | undefined): void;
  /** It could not be started, told now or later. */
  onFail(reason: string, passing: boolean): void;
  /** Asked before the deed when it had to wait: nobody may want it any more, and `onFail` is told then. */
  wanted(): boolean;
  /** What came of it, when that was not known at once; after `onBorn`. */
  onLate(event: Born): void;
}

export type Born = Extract<Event, { type: 'spawned' | 'spawnFailed' }>;

/** Makes the process of an intended run. Gives what came of it; undefined when `onLate` or `onFail` tells. */
export function bear(run: RunRecord, who: Who, ports: Ports, on: Birth): Born | undefined {
  const lacking = ports.lacking?.(who.spec);
  if (lacking !== undefined) return { type: 'spawnFailed', reason: lacking, passing: false, held: true };
  if (who.spec.env.secrets === undefined) return make(run, who, ports, on);
  resolveSecrets(who.spec, process.getuid?.()).then((secrets) => {
    if (!on.wanted()) { on.onFail('it is not wanted any more', false); return; }
    const event = make(run, who, ports, on, secrets);
    if (event) on.onLate(event);
  }).catch((e: unknown) => on.onFail(reasonOf(e), e instanceof SecretError && e.passing));
  return undefined;
}

function make(run: RunRecord, who: Who, ports: Ports, on: Birth, secrets?: Readonly<Record<string, string>>): Born | undefined {
  if (run.primary) return makeByPrimary(run, run.primary, who, ports, on, secrets);
  ports.primaries.leave(who.id);
  const { spec } = who;
  const { home, channels } = ports;
  // What may be replaced by a run beside it tells that it listens, and is drained then.
  const by = spec.overlap ? { pid: process.pid, worker: false, lent: [], doorAt: 3 } : undefined;
  const env = spawnEnv(who, { home: home.dir, now: run.at, settings: ports.settingsOf(spec), channel: channels.tell(home, who.id, run, by), ...(secrets && { secrets }) });
  const ends: number[] = [];
  try {
    try {
      for (const file of fifosOf(run, home)) ends.push(fs.openSync(file, 'r+'));
    } catch (e) {
      return { type: 'spawnFailed', reason: reasonOf(e), passing: false };
    }
    const [out = -1, err = -1, stdin] = ends;
    const pid = launch({
      spec, env, stdin, out, err,
      command: commandOf(spec, ports.preload, runsNode(spec) && fs.existsSync(`${spec.exec_path}.map`), notePath(home, run)),
      door: channels.doorFd(run),
      onExit: (code, signal) => on.onExit({ ...(code === undefined ? {} : { code }), ...(signal === undefined ? {} : { signal }) }),
      onFail: (reason, passing) => on.onFail(reason, passing),
    });
    if (pid === undefined) return undefined;
    const start = startTime(pid);
    on.onBorn({ ...run, pid, ...(start === undefined ? {} : { start }) });
    return { type: 'spawned' };
  } finally {
    // Not before somebody reads: what a program that is over already has written goes with the last descriptor.
    for (const fd of ends) fs.closeSync(fd);
  }
}

/** The app's primary makes it; the FIFOs are held open until somebody reads them. */
function makeByPrimary(run: RunRecord, planned: PrimaryRecord, who: Who, ports: Ports, on: Birth, secrets?: Readonly<Record<string, string>>): Born | undefined {
  const { spec } = who;
  const { home, channels, primaries } = ports;
  const worker = run.worker === true;
  const node = runsNode(spec);
  const ends: number[] = [];
  const close = (): void => { for (const fd of ends.splice(0)) fs.closeSync(fd); };
  try {
    for (const file of fifosOf(run, home)) ends.push(fs.openSync(file, 'r+'));
    const base = spawnEnv(who, { home: home.dir, now: run.at, settings: ports.settingsOf(spec), channel: '', ...(secrets && { secrets }) });
    const primary = primaries.open(planned, who.id, spec, base);
    const known: RunRecord = { ...run, primary: primary.record };
    const by = { pid: primary.record.pid ?? 0, worker, lent: lentOf(spec.listen), doorAt: fdAfter(spec, node) };
    const env = { ...base, ...listenEnv(spec.listen), MGR_CHANNEL: channels.tell(home, who.id, run, by) };
    const command = commandOf(spec, ports.preload, node && fs.existsSync(`${spec.exec_path}.map`), notePath(home, run));
    const [out, err, stdin] = fifosOf(run, home);
    primary.bear(run.token, {
      worker, node, ...parted(command, spec, worker), cwd: spec.cwd, env, out, err, in: stdin, note: notePath(home, run), uid: spec.uid, gid: spec.gid,
      door: run.door && home.door, listen: spec.listen ?? [],
    }, {
      worker, patience: spec.kill_timeout,
      onBorn(pid, start) {
        if (!on.wanted()) { primary.cancel(run.token); return; }
        on.onBorn({ ...known, pid, ...(start === undefined ? {} : { start }) });
        close();
        on.onLate({ type: 'spawned' });
      },
      onFail(reason, code) {
        close();
        const { why, passing } = whyNot(Object.assign(new Error(reason), { code }), command.file, spec);
        on.onFail(code === 'EADDRINUSE' ? withHolder(why) : why, passing);
      },
      onExit(exit) {
        // Of one that was cancelled nobody was told that it lives.
        if (ends.length > 0) { close(); on.onFail('it is not wanted any more', false); } else on.onExit(exit);
      },
    });
    return undefined;
  } catch (e) {
    close();
    return { type: 'spawnFailed', reason: reasonOf(e), passing: false };
  }
}

/** A worker's script and its arguments are told apart from Node's. */
function parted(command: Command, spec: AppSpec, worker: boolean): { file: string; execArgv: readonly string[]; script: string; args: readonly string[] } {
  if (!worker) return { file: command.file, execArgv: [], script: '', args: command.args };
  const execArgv = command.args.slice(0, command.args.length - spec.args.length - 1);
  return { file: command.file, execArgv, script: spec.exec_path, args: spec.args };
}

/** Paths of the FIFOs of stdout, stderr and, where it has one, stdin. */
export function fifosOf(run: Pick<RunRecord, 'out' | 'err' | 'in'>, home: Home): readonly string[] {
  return [run.out, run.err, ...(run.in === undefined ? [] : [run.in])].map((name) => `${home.run}/${name}`);
}
