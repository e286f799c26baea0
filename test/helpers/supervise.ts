import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/base/clock.js';
import { type Home, homeAt } from '../../src/base/paths.js';
import { bootId } from '../../src/base/proc.js';
import type { Declared } from '../../src/config/declare.js';
import { finder, systemProbe } from '../../src/config/probe.js';
import type { AppSpec } from '../../src/config/spec.js';
import { type Ctx, toSpecs } from '../../src/config/validate.js';
import { FifoPool } from '../../src/logs/fifo-pool.js';
import { LogFiles } from '../../src/logs/files.js';
import type { ProcessRecord, RecordPatch } from '../../src/protocol/records.js';
import { applied } from '../../src/store/state-record.js';
import { ChannelHub } from '../../src/supervisor/launch/channel.js';
import { Primaries } from '../../src/supervisor/launch/primary.js';
import { TreeLook } from '../../src/supervisor/launch/kill.js';
import { PidFiles } from '../../src/supervisor/pid-files.js';
import type { Listener, Ports } from '../../src/supervisor/ports.js';
import type { ManagedProcess } from '../../src/supervisor/process.js';
import { Supervisor } from '../../src/supervisor/supervisor.js';
import { ROOT, alive } from './rig.js';
import { waitFor } from './wait.js';

/** The supervisor with real children and no daemon: records are kept in memory, what it tells is written down. */
export class Bench {
  readonly dir = fs.mkdtempSync(path.join(os.tmpdir(), 'msup-'));
  readonly home: Home = homeAt(path.join(this.dir, 'h'));
  readonly kept = new Map<number, ProcessRecord>();
  /** `<event> <name>`, in order. */
  readonly news: string[] = [];
  readonly messages: unknown[] = [];
  readonly exceptions: Readonly<Record<string, unknown>>[] = [];
  readonly bugs: string[] = [];
  readonly fifos = new FifoPool(this.home.run);
  readonly supervisor: Supervisor;
  readonly #ports: Ports;
  readonly #successors: Supervisor[] = [];
  onNews: ((p: ManagedProcess) => void) | undefined;
  settings: Readonly<Record<string, string>> = {};
  readonly channels = new ChannelHub();
  readonly #primaryHost = { clock: systemClock, home: this.home, boot: bootId(), program: path.join(ROOT, 'dist/primary.cjs'), node: process.execPath };
  readonly primaries = new Primaries({ ...this.#primaryHost, channels: this.channels });
  readonly #closers: (() => void)[] = [];
  readonly #files = new LogFiles({ clock: systemClock, onTrouble: (file, reason) => this.bugs.push(`${file}: ${reason}`), onRecovered: () => {} });
  #nextId = 0;

  static async open(t: TestContext): Promise<Bench> {
    const bench = new Bench();
    t.after(() => bench.#close());
    for (const dir of [bench.home.dir, bench.home.logs, bench.home.pids, bench.home.run]) fs.mkdirSync(dir, { mode: 0o700 });
    await bench.channels.listen(bench.home.childSocket);
    bench.channels.openDoor(bench.home.door, new Set(), (reason) => bench.bugs.push(reason));
    return bench;
  }

  constructor() {
    const listener: Listener = {
      onProcess: (event, p) => { this.news.push(`${event} ${p.spec.name}`); this.onNews?.(p); },
      onMessage: (_p, message) => { this.messages.push(message); },
      onException: (_p, error) => { this.exceptions.push(error); },
      onLog: () => {},
      wantsLog: () => false,
      onBug: (where, error) => { this.bugs.push(`${where}: ${String(error)}`); },
    };
    const ports: Ports = {
      clock: systemClock, home: this.home, boot: bootId(), preload: path.join(ROOT, 'dist/preload.cjs'),
      keeper: {
        put: (record) => { this.kept.set(record.id, record); },
        patch: (id, patch) => { this.#patch(id, patch); },
        remove: (id) => { this.kept.delete(id); },
        takeId: () => this.#nextId++,
      },
      fifos: this.fifos, files: this.#files, channels: this.channels, primaries: this.primaries, tree: new TreeLook(), pidFiles: new PidFiles(systemClock), listener,
      settingsOf: () => this.settings,
    };
    this.#ports = ports;
    this.supervisor = new Supervisor(ports);
  }

  /** The supervisor of a next daemon in the same home; release the former one first. */
  /** The next daemon over the same records, with ends of its own to everything; call `release` and `close` of the former's first. */
  async nextDaemon(): Promise<{ supervisor: Supervisor; channels: ChannelHub }> {
    const channels = new ChannelHub();
    await channels.listen(this.home.childSocket);
    const primaries = new Primaries({ ...this.#primaryHost, channels });
    const supervisor = new Supervisor({ ...this.#ports, channels, primaries });
    this.#successors.push(supervisor);
    this.#closers.push(() => { primaries.close(); channels.close(); });
    supervisor.adopt([...this.kept.values()]);
    return { supervisor, channels };
  }

  successor(): Supervisor {
    const next = new Supervisor(this.#ports);
    this.#successors.push(next);
    return next;
  }

  /** A file in the bench's folder; gives its path. */
  file(name: string, text: string, mode = 0o755): string {
    const file = path.join(this.dir, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text, { mode });
    return file;
  }

  /** A shell program, by its #! line. */
  sh(name: string, ...lines: string[]): string { return this.file(name, `#!/bin/sh\n${lines.join('\n')}\n`); }

  /** A declaration made whole, as the command line does it. */
  spec(declared: Declared, more: Partial<Ctx> = {}): AppSpec {
    const { PATH = '' } = process.env;
    const [spec] = toSpecs(declared, {
      cwd: this.dir, env: { PATH }, user: { username: os.userInfo().username, uid: process.getuid?.() ?? 0 }, cpus: 1, probe: systemProbe,
      runtime: { execPath: process.execPath, version: process.versions.node, which: finder(PATH) }, ...more,
    }).specs;
    assert.ok(spec);
    return spec;
  }

  /** Starts one app; gives its process and why it did not come up. */
  async start(declared: Declared | AppSpec): Promise<{ p: ManagedProcess; error: unknown }> {
    const spec = 'exec_path' in declared ? declared as AppSpec : this.spec(declared);
    const [result] = await this.supervisor.start([spec], 'another');
    const p = result?.processes[0];
    if (!p) throw new Error('nothing was made', { cause: result?.error });
    return { p, error: result.error };
  }

  /** Starts one app that must come up. */
  async up(declared: Declared | AppSpec): Promise<ManagedProcess> {
    const { p, error } = await this.start(declared);
    assert.equal(error, undefined, String(error));
    return p;
  }

  async state(p: ManagedProcess, name: string): Promise<void> {
    const came = await p.until(() => p.state.name === name, 10_000);
    assert.ok(came, `wanted ${name}, it is ${JSON.stringify(p.state)}; ${JSON.stringify(p.exits)}`);
  }

  log(p: ManagedProcess, stream: 'out' | 'err' = 'out'): string {
    const file = p.paths[stream];
    return file !== undefined && fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }

  /** Waits until the log has what is wanted; gives the match. */
  said(p: ManagedProcess, what: RegExp, stream: 'out' | 'err' = 'out'): Promise<RegExpMatchArray> {
    return waitFor(`${String(what)} in ${p.spec.name}'s ${stream}`, () => this.log(p, stream).match(what));
  }

  /** The number a program wrote into a file of the bench's folder. */
  number(name: string): Promise<number> {
    const file = path.join(this.dir, name);
    return waitFor(name, () => (fs.existsSync(file) && /^\d+\n/.test(fs.readFileSync(file, 'utf8')) ? Number(fs.readFileSync(file, 'utf8')) : undefined));
  }

  /** Living processes that were started here, by the home in their environment. */
  pids(): number[] {
    const mark = `MGR_HOME=${this.home.dir}\0`;
    return fs.readdirSync('/proc').filter((n) => /^\d+$/.test(n)).map(Number).filter((pid) => {
      try { return environOf(pid).includes(mark) && alive(pid); } catch { return false; }
    });
  }

  #patch(id: number, patch: RecordPatch): void {
    const record = this.kept.get(id);
    if (record) this.kept.set(id, applied(record, patch));
  }

  async #close(): Promise<void> {
    for (const s of [this.supervisor, ...this.#successors]) s.release();
    this.primaries.close();
    for (const close of this.#closers) close();
    this.channels.close();
    this.#files.close();
    await waitFor('the end of all that was started', () => {
      const left = this.pids();
      for (const pid of left) { try { process.kill(pid, 'SIGKILL'); } catch { /* it ended by itself */ } }
      return left.length === 0;
    });
    fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
    assert.deepEqual(this.bugs, []);
  }
}

/** In the moment of an exec(2) there is nothing to be read of a program: it is asked again, for a while. */
function environOf(pid: number): string {
  const until = performance.now() + 100;
  for (;;) {
    const found = fs.readFileSync(`/proc/${pid}/environ`, 'latin1');
    if (found !== '' || performance.now() > until) return found;
    // Threads of the kernel (children of 2) and programs that have ended never have any.
    const status = fs.readFileSync(`/proc/${pid}/status`, 'latin1');
    if (/^PPid:\s+[02]$/m.test(status) || /^State:\s+Z/m.test(status)) return found;
  }
}
