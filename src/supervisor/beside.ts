import type { AppSpec } from '../config/spec.js';
import type { ProcessLog } from '../logs/process-log.js';
import type { RunRecord } from '../protocol/records.js';
import type { Heir, Succession } from './heir.js';
import { Leaving } from './leaving.js';
import type { Ledger } from './ledger.js';
import type { Life } from './life.js';
import type { Exit } from './policy.js';
import type { Ports } from './ports.js';
import type { ManagedProcess } from './process.js';
import { drainTime, heirGates } from './readiness.js';
import type { LiveRun } from './run.js';

/** On record of how a run ended that was replaced. */
const REPLACED = 'replaced by a reload';
/** ms in which a program finds the new daemon. */
const RECONNECT = 1500;

/**
 * The runs beside the living one: its heir while a reload is under way, and those that are leaving. Each has a log of its
 * own onto the same files, so that no line of one is cut by another's, and a line in the ledger, so that a next daemon
 * ends it.
 */
export class Beside {
  readonly #process: ManagedProcess;
  readonly #ports: Ports;
  readonly #ledger: Ledger;
  readonly #life: Life;
  readonly #changed: () => void;
  /** Of the last reload. */
  succession: Succession = { state: 'failed', left: true };
  /** Why the last reload failed, until the next run. */
  refused: string | undefined;
  #heir: Heir | undefined;
  readonly #leaving = new Set<Leaving>();

  /** `changed`: something happened that is no event of the table. */
  constructor(process: ManagedProcess, ports: Ports, ledger: Ledger, life: Life, changed: () => void) {
    this.#process = process;
    this.#ports = ports;
    this.#ledger = ledger;
    this.#life = life;
    this.#changed = changed;
  }

  get heir(): Heir | undefined { return this.#heir; }
  /** What is not gone yet; not what even SIGKILL does not end. */
  get leaving(): number { return [...this.#leaving].filter((l) => !l.stuck).length; }
  get logs(): ProcessLog[] { return [...(this.#heir ? [this.#heir.log] : []), ...[...this.#leaving].map((l) => l.log)]; }
  get runs(): LiveRun[] { return [...(this.#heir?.run ? [this.#heir.run] : []), ...[...this.#leaving].map((l) => l.run)]; }

  expect(heir: Heir): void {
    this.#heir = heir;
    this.succession = heir.succession;
  }

  /** The heir is born. `listened`: the living run listens. */
  born(heir: Heir, run: RunRecord, listened: boolean): void {
    this.#ledger.beside(run);
    heir.run = this.#life.begin(run, { spec: heir.spec, log: heir.log, gates: heirGates(heir.spec, listened) });
  }

  /** Gives the heir, who is one no more: the living run from now on. */
  takeHeir(): Heir | undefined {
    const heir = this.#heir;
    this.#heir = undefined;
    this.refused = undefined;
    return heir;
  }

  /** The heir is given up. No `why`: it was not ready in time. */
  drop(why: string | undefined): void {
    const heir = this.takeHeir();
    if (!heir) return;
    const s = heir.succession;
    this.refused = why ?? heir.lateWords();
    s.reason = this.refused;
    s.state = 'failed';
    // One that listens has connections already: its siblings share them out.
    if (heir.run) this.#add(heir.run, heir.spec, heir.run.kept.listens ? drainTime(heir.spec) : 0, `not taken: ${s.reason}`, s).begin();
    else { s.left = true; heir.log.close(); }
  }

  /** A living run that has a successor. `spec`: its declaration. */
  replaced(run: LiveRun, spec: AppSpec, succession: Succession): void {
    this.#add(run, spec, drainTime(spec), `${REPLACED}${succession.why === undefined ? '' : `: ${succession.why}`}`, succession).begin();
  }

  /** A process that was made after all when nobody wanted it any more. */
  unwanted(run: RunRecord, log: ProcessLog): void {
    const { spec } = this.#process;
    this.#ledger.beside(run);
    this.#add(this.#life.begin(run, { spec, log, gates: [] }), spec, 0, 'not wanted any more', undefined).begin();
  }

  /** A run of the former daemon. `replaced`: it had a successor. `gone`: it is over. Gives it, to be watched. */
  finish(run: RunRecord, log: ProcessLog, replaced: boolean, gone: boolean): LiveRun {
    const { spec } = this.#process;
    const other = this.#life.begin(run, { startedAt: this.#life.before(run), spec, log, gates: [] });
    const leaving = this.#add(other, spec, drainTime(spec), replaced ? REPLACED : 'not taken: the daemon ended during the reload', undefined, RECONNECT);
    if (gone) leaving.gone(other.exitNote()); else leaving.begin();
    return other;
  }

  /** Run `n` is gone, if it is one of those that leave. */
  gone(n: number, exit: Exit): void { for (const l of this.#leaving) if (l.run.kept.run === n) l.gone(exit); }

  /** They are not waited for as long any more. */
  hurry(): void { for (const l of this.#leaving) l.hurry(); }

  /** The daemon goes; the next one ends them. */
  release(): void {
    const { logs } = this;
    this.#heir?.release();
    for (const l of this.#leaving) l.release();
    for (const log of logs) log.close();
    this.#changed();
  }

  #add(run: LiveRun, spec: AppSpec, drain: number, then: string, succession: Succession | undefined, patience = 0): Leaving {
    const end = (): void => { if (succession) succession.left = true; this.#changed(); };
    const leaving = new Leaving(run, {
      spec, drain, patience, then, succession, clock: this.#ports.clock,
      onGone: (l, exit) => { this.#left(l, exit); end(); },
      onStuck: (l) => { this.#ports.listener.onBug(`ending pid ${l.run.pid} of ${spec.name}`, new Error('it is still there after SIGKILL')); end(); },
    });
    run.readiness.close();
    run.health?.close();
    this.#leaving.add(leaving);
    return leaving;
  }

  #left(leaving: Leaving, exit: Exit): void {
    const { run } = leaving;
    this.#leaving.delete(leaving);
    this.#life.end(run);
    this.#ledger.left(run.kept.run, { at: this.#ports.clock.wall(), pid: run.pid, ran: Math.round(this.#life.ran(run)), then: leaving.then, ...exit });
    // A grandchild may write on.
    if (run.heard) run.onStreamEnd = () => { if (!run.heard) run.log.close(); }; else run.log.close();
    this.#life.bury(run, exit);
    this.#ports.listener.onProcess('exit', this.#process, false);
  }
}
