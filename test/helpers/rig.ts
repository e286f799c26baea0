import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { waitFor } from './wait.js';

export interface Ran { readonly code: number | null; readonly out: string; readonly err: string }
export interface Row { readonly name: string; readonly pid: number; readonly pm_id: number; readonly pm2_env: Readonly<Record<string, unknown>>; readonly monit: { memory: number; cpu: number } }

/** The repository: tests run transpiled from .build/<n>/test/helpers. */
export const ROOT = path.resolve(import.meta.dirname, '../../../..');
const BIN = path.join(ROOT, 'bin/mgr.js');

/** The real command in a home of its own. `close` ends what it started: every process whose environment names the home. */
export class Rig {
  readonly dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-'));
  readonly home = path.join(this.dir, 'h');
  readonly env: Record<string, string>;
  readonly node: string;

  constructor(env: Record<string, string> = {}, node = process.execPath) {
    this.node = node;
    const { PATH = '', LANG = 'C.UTF-8' } = process.env;
    this.env = { PATH, LANG, HOME: this.dir, MGR_HOME: this.home, ...env };
  }

  /** A file in the rig's folder; gives its path. */
  file(name: string, text: string, mode = 0o644): string {
    const file = path.join(this.dir, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text, { mode });
    return file;
  }

  read(name: string): string {
    const file = path.join(this.home, name);
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }

  mgr(...args: string[]): Promise<Ran> { return this.run(this.node, [BIN, ...args]); }

  run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: this.dir, env: { ...this.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
      let out = '';
      let err = '';
      child.stdout.setEncoding('utf8').on('data', (d: string) => { out += d; });
      child.stderr.setEncoding('utf8').on('data', (d: string) => { err += d; });
      const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
      child.on('error', reject);
      child.on('close', (code) => { clearTimeout(timer); resolve({ code, out, err }); });
    });
  }

  /** As `mgr`, but a failure throws with what was said. */
  async ok(...args: string[]): Promise<string> {
    const r = await this.mgr(...args);
    if (r.code !== 0) throw new Error(`mgr ${args.join(' ')}: exit ${r.code}\n${r.out}${r.err}${this.read('pm2.log').slice(-2000)}`);
    return r.out;
  }

  async rows(): Promise<Row[]> { return JSON.parse(await this.ok('jlist')) as Row[]; }

  async row(name: string): Promise<Row> {
    const row = (await this.rows()).find((r) => r.name === name);
    if (!row) throw new Error(`no ${name} in the list`);
    return row;
  }

  /** Waits until the process has this status; gives its row. */
  status(name: string, status: string): Promise<Row> {
    return waitFor(`${name} ${status}`, async () => {
      const row = (await this.rows()).find((r) => r.name === name);
      return row?.pm2_env['status'] === status ? row : undefined;
    });
  }

  /** The daemon's pid by its file, once it is a living process. */
  daemonPid(other = 0): Promise<number> {
    return waitFor('a daemon', () => {
      const pid = Number(this.read('pm2.pid'));
      return pid > 0 && pid !== other && alive(pid) ? pid : undefined;
    });
  }

  /** SIGKILLs the daemon; resolves with the pid of the one that follows. */
  async killDaemon(): Promise<number> {
    const pid = await this.daemonPid();
    process.kill(pid, 'SIGKILL');
    return this.daemonPid(pid);
  }

  /** Pids of everything that was started in this home, the daemon and its guardian too. */
  pids(): number[] {
    const mark = `MGR_HOME=${this.home}\0`;
    return fs.readdirSync('/proc').filter((n) => /^\d+$/.test(n)).map(Number).filter((pid) => {
      if (pid === process.pid) return false;
      try { return `${fs.readFileSync(`/proc/${pid}/environ`, 'latin1')}\0`.includes(mark); } catch { return false; }
    });
  }

  async close(): Promise<void> {
    // The guardian first would be better, but who is who does not matter when all are ended again and again.
    for (let round = 0; round < 100; round++) {
      const left = this.pids();
      if (left.length === 0 && round > 0) break;
      for (const pid of left) { try { process.kill(pid, 'SIGKILL'); } catch { /* it ended by itself */ } }
      await new Promise((r) => setTimeout(r, 10));
    }
    fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A body with a rig of its own, closed whatever happens. */
export async function within(body: (rig: Rig) => Promise<void>, env: Record<string, string> = {}): Promise<void> {
  const rig = new Rig(env);
  try {
    await body(rig);
  } finally {
    await rig.close();
  }
}

export function alive(pid: number): boolean {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
