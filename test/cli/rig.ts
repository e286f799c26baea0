/** A terminal and a daemon that are not there: a command is run against them and asked what it did. */
import { MgrError } from '../../src/base/errors.js';
import { deferred } from '../../src/base/deferred.js';
import { VERSION } from '../../src/base/version.js';
import { runCli } from '../../src/cli/run.js';
import type { Caller, Listener, Pushed, World } from '../../src/cli/world.js';
import type { MethodName, Params, Result } from '../../src/protocol/contract.js';
import type { DaemonView, ProcessView } from '../../src/protocol/views.js';

export type Answers = { readonly [M in MethodName]?: Result<M> | ((params: Params<M>) => Result<M> | Promise<Result<M>>) };

export interface Asked { readonly method: string; readonly params: unknown }

export interface Rig {
  readonly asked: Asked[];
  readonly stdout: string;
  readonly stderr: string;
  /** Pushes to every follower. */
  push(e: Pushed): void;
  /** Settles when the command follows. */
  readonly following: Promise<void>;
  /** The daemon tells that we read too slowly. */
  drop(lines: number): void;
  /** The daemon goes away. */
  lose(): void;
  interrupt(): void;
  /** From now on every write to stdout fails. */
  breakStdout(error: Error): void;
  /** Subscriptions asked for. */
  readonly subscriptions: unknown[];
  readonly installs: unknown[];
  run(...argv: string[]): Promise<number>;
}

export interface RigOptions {
  readonly columns?: number;
  readonly errColumns?: number;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly userHome?: string;
  readonly stdin?: string;
  readonly down?: boolean;
  readonly clock?: () => number;
  readonly uid?: number;
  /** So many subscriptions find no daemon. */
  readonly refuseFollow?: number;
  readonly alive?: (pid: number) => boolean;
}

export const daemonView: DaemonView = { version: VERSION, protocol: 1, pid: 4242, node: '20', home: '/h', startedAt: 0, notices: [] };

export function view(over: Partial<ProcessView> = {}): ProcessView {
  return {
    id: 0, name: 'api', namespace: 'default', version: '1.2.3', mode: 'fork', pid: 77, status: 'online', restarts: 0, unstable: 0,
    startedAt: 1_000_000, cpu: 0.5, memory: 52_428_800, user: 'root', watching: false, ...over,
  };
}

export function rig(answers: Answers = {}, o: RigOptions = {}): Rig {
  const asked: Asked[] = [];
  const subscriptions: unknown[] = [];
  const installs: unknown[] = [];
  let refused = 0;
  let stdout = '';
  let stderr = '';
  let broken: Error | undefined;
  let following = deferred<void>();
  const followers = new Set<Listener>();
  let onInterrupt: (() => void) | undefined;
  const caller: Caller = {
    async call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
      asked.push({ method, params });
      // The type of "any answer of any method" is too large for the compiler; the pair is right by Answers.
      const answer = (answers as Readonly<Record<string, unknown>>)[method] ?? (standard as Readonly<Record<string, unknown>>)[method];
      if (answer === undefined) throw new MgrError('UNKNOWN_METHOD', { method });
      return (typeof answer === 'function' ? await (answer as (p: Params<M>) => unknown)(params) : answer) as Result<M>;
    },
    close() {},
  };
  const sinkOf = (columns: number | undefined, add: (t: string) => void) => ({ tty: columns !== undefined, columns: () => columns, write: add });
  const world = (argv: string[]): World => ({
    argv,
    env: { MGR_HOME: '/tmp/mgr-none', ...o.env },
    stdout: sinkOf(o.columns, (t) => { if (broken) throw broken; stdout += t; }),
    stderr: sinkOf(o.errColumns, (t) => { stderr += t; }),
    cwd: () => o.cwd ?? '/srv',
    userHome: () => o.userHome ?? '/root',
    machine: () => ({ username: 'root', uid: o.uid ?? 0, cpus: 2, execPath: process.execPath, nodeVersion: process.versions.node, dist: '/opt/mgr/dist' }),
    stdin: async () => o.stdin ?? '',
    async *input() { yield o.stdin ?? ''; },
    now: o.clock ?? (() => 1_180_000),
    ensure: async () => caller,
    async connect() {
      if (o.down) throw new MgrError('DAEMON_DOWN');
      return caller;
    },
    async follow(_home, subscription, listener) {
      if (refused++ < (o.refuseFollow ?? 0)) throw new MgrError('DAEMON_DOWN');
      subscriptions.push(subscription);
      followers.add(listener);
      following.resolve();
      return { close: () => { followers.delete(listener); } };
    },
    async install(_caller, options) {
      installs.push(options.request);
      options.report({ type: 'progress', step: 'manifest', text: 'x 1.0.0' });
      return { prepared: { module: { name: 'x', version: '1.0.0', source: 'x', linked: false, dir: '/h/modules/x' }, staged: '/h/s', apps: [], defaults: {}, packages: 1, scriptsSkipped: ['esbuild@1.0.0'] }, processes: [view({ name: 'x', module: 'x' })] };
    },
    onInterrupt(fn) { onInterrupt = fn; return () => { onInterrupt = undefined; }; },
    alive: o.alive ?? (() => false),
    sleep: (ms) => new Promise((resolve) => { setTimeout(resolve, Math.min(ms, 1)); }),
  });
  return {
    asked, subscriptions, installs,
    get stdout() { return stdout; },
    get stderr() { return stderr; },
    get following() { return following.promise; },
    push(e) { for (const f of followers) f.on(e); },
    drop(lines) { for (const f of followers) f.dropped?.(lines); },
    lose() {
      following = deferred<void>();
      const gone = Array.from(followers);
      followers.clear();
      for (const f of gone) f.lost();
    },
    interrupt() { onInterrupt?.(); },
    breakStdout(error) { broken = error; },
    run: (...argv) => runCli(world(argv)),
  };
}

const standard: Answers = {
  'hello': daemonView,
  'process.list': { processes: [], daemon: daemonView },
};
