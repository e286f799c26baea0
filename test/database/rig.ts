import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const running = new Set<ChildProcess>();

/** A folder of its own for one test, removed afterwards; programs that still run are ended, so that a failure does not keep the file waiting. */
export async function inFolder(fn: (dir: string) => void | Promise<void>): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'md-'));
  try {
    await fn(dir);
  } finally {
    for (const c of running) c.kill('SIGKILL');
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

export interface Child {
  readonly process: ChildProcess;
  readonly lines: readonly string[];
  /** When it has said so many lines. Rejects when it ends before. */
  said(count: number): Promise<void>;
  /** SIGKILL, and everything it said before has come. */
  kill(): Promise<void>;
  /** When it ended by itself: its exit status. */
  end(): Promise<number | null>;
}

/** Runs child.ts. It is killed when it still runs after a minute. */
export function child(what: 'insert' | 'once' | 'round' | 'hold', file: string): Child {
  const started = spawn(process.execPath, [path.join(import.meta.dirname, 'child.js'), what, file], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000, killSignal: 'SIGKILL' });
  running.add(started);
  started.once('close', () => { running.delete(started); });
  const lines: string[] = [];
  const closed = once(started, 'close') as Promise<[number | null]>;
  const news = readline.createInterface({ input: started.stdout });
  news.on('line', (line) => { lines.push(line); });
  return {
    process: started,
    lines,
    async said(count) {
      while (lines.length < count) {
        const end = await Promise.race([once(news, 'line').then(() => undefined), closed]);
        if (end !== undefined && lines.length < count) throw new Error(`ended with ${String(end[0])} after: ${lines.join(', ')}`);
      }
    },
    async kill() {
      started.kill('SIGKILL');
      await closed;
    },
    async end() { return (await closed)[0]; },
  };
}
