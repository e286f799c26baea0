import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { type Database, openDatabase } from '../../src/database/database.js';
import { type OpenedJobs, openJobs } from '../../src/jobs/jobs.js';
import { waitFor } from '../helpers/wait.js';
import type { Line, Setup } from './program.js';

type Wish = Omit<Setup, 'file' | 'journal' | 'name'>;

/** A database, a journal, and programs on it, all ended with the test. */
export class Stage {
  readonly jobs: OpenedJobs;
  readonly database: Database;
  readonly #dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-j-'));
  readonly #programs = new Map<string, ChildProcess>();
  readonly #said = new Map<string, string>();

  constructor(t: TestContext) {
    fs.writeFileSync(this.#journal, '');
    this.database = openDatabase(this.#file);
    this.jobs = openJobs({ database: this.database });
    this.database.run('CREATE TABLE effects (id TEXT, fence INTEGER)');
    t.after(async () => {
      for (const name of this.#programs.keys()) await this.kill(name);
      this.database.close();
      fs.rmSync(this.#dir, { recursive: true, force: true });
    });
  }

  get #file(): string { return path.join(this.#dir, 'store.db'); }
  get #journal(): string { return path.join(this.#dir, 'journal'); }

  /** Starts it; resolves when its names are defined. */
  async start(name: string, wish: Wish): Promise<void> {
    const before = this.lines('ready').filter((l) => l.worker === name).length;
    const setup: Setup = { file: this.#file, journal: this.#journal, name, ...wish };
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'program.js'), JSON.stringify(setup)], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#programs.set(name, child);
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (d: string) => { this.#said.set(name, this.said(name) + d); });
    await waitFor(`${name} ready`, () => {
      assert.equal(child.exitCode, null, this.said(name));
      return this.lines('ready').filter((l) => l.worker === name).length > before;
    });
  }

  /** Ends it and waits for its end. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#programs.get(name);
    this.#programs.delete(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const end = once(child, 'exit');
    child.kill(signal);
    if (signal === 'SIGKILL') child.kill('SIGCONT');
    await end;
  }

  signal(name: string, signal: NodeJS.Signals): void { this.#programs.get(name)?.kill(signal); }

  /** What it has logged, of all its lives. */
  said(name: string): string { return this.#said.get(name) ?? ''; }

  /** Of the journal, in the order they were written. */
  lines(what?: Line['what']): Line[] {
    const all = fs.readFileSync(this.#journal, 'utf8').split('\n').slice(0, -1).map((l) => JSON.parse(l) as Line);
    return what === undefined ? all : all.filter((l) => l.what === what);
  }

  effects(): { id: string; fence: number }[] { return this.database.all('SELECT id, fence FROM effects') as unknown as { id: string; fence: number }[]; }

  holder(id: string): Promise<string> {
    return waitFor(`a holder of ${id}`, async () => {
      const { state, worker } = await this.jobs.get(id);
      return state === 'running' && this.lines('start').some((l) => l.id === id) ? worker?.replace(/:\d+$/, '') : undefined;
    });
  }

  ended(id: string, state: string): ReturnType<OpenedJobs['get']> {
    return waitFor(`job ${id} ${state}`, async () => { const j = await this.jobs.get(id); return j.state === state ? j : undefined; });
  }
}
