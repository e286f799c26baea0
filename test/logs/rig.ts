import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock, type Clock } from '../../src/base/clock.js';
import { LogFiles, type LogFilesOptions } from '../../src/logs/files.js';
import { Intake } from '../../src/logs/intake.js';
import type { ProcessLog, LogTarget } from '../../src/logs/process-log.js';

export function tempDir(t: TestContext): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mlog-'));
  t.after(async () => {
    // A pool may still be filling its stock: whoever makes files there ends within a moment.
    for (let left = 100; ; left--) {
      try {
        fs.rmSync(dir, { recursive: true, force: true });
        return;
      } catch (e) {
        if (left === 0) throw e;
        await new Promise((resolve) => { setTimeout(resolve, 20); });
      }
    }
  });
  return dir;
}

export function mkfifo(file: string): string {
  execFileSync('mkfifo', ['-m', '600', file]);
  return file;
}

export interface Told { readonly troubles: string[]; readonly recovered: number[] }

export function logFiles(t: TestContext, options: Partial<LogFilesOptions> = {}): { files: LogFiles; told: Told } {
  const told: Told = { troubles: [], recovered: [] };
  const files = new LogFiles({
    clock: systemClock, onTrouble: (_, reason) => told.troubles.push(reason), onRecovered: (_, n) => told.recovered.push(n), ...options,
  });
  t.after(() => files.close());
  return { files, told };
}

export function target(over: Partial<LogTarget>): LogTarget {
  return { id: 7, name: 'app', namespace: 'default', type: 'raw', date: '', limits: {}, ...over };
}

/** Waits for a fact. */
export async function until(fact: () => boolean, what: string, ms = 20_000): Promise<void> {
  const end = performance.now() + ms;
  while (!fact()) {
    if (performance.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((r) => setTimeout(r, 2));
  }
}

/** A clock that moves by hand. */
export class HandClock implements Clock {
  #at = 1_750_000_000_000;
  #timers: { at: number; fn: () => void }[] = [];
  wall(): number { return this.#at; }
  now(): number { return this.#at; }
  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#at + ms, fn };
    this.#timers.push(timer);
    return () => { this.#timers = this.#timers.filter((x) => x !== timer); };
  }

  pass(ms: number): void {
    this.#at += ms;
    for (const timer of this.#timers.filter((x) => x.at <= this.#at)) {
      this.#timers = this.#timers.filter((x) => x !== timer);
      timer.fn();
    }
  }
}

export interface Flow { readonly intake: Intake; readonly ended: Promise<void>; readonly child: ChildProcess }

/** A real child whose stream goes through a real FIFO into the log. `err`: its stderr, else stdout. */
export function flow(t: TestContext, dir: string, script: string, log: ProcessLog, stream: 'out' | 'err' = 'out', clock: Clock = systemClock): Flow {
  const fifo = mkfifo(path.join(dir, `fifo-${stream}-${Math.random().toString(36).slice(2)}`));
  let done = (): void => {};
  let failed = (_: unknown): void => {};
  const ended = new Promise<void>((res, rej) => { done = res; failed = rej; });
  const intake = new Intake(fifo, {
    onData: (chunk) => log.write(stream, chunk),
    onEnd: () => { log.end(stream); done(); },
    onError: failed,
  }, clock);
  intake.open();
  const end = fs.openSync(fifo, fs.constants.O_RDWR);
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', stream === 'out' ? end : 'ignore', stream === 'err' ? end : 'ignore'] });
  fs.closeSync(end);
  t.after(() => { intake.close(); child.kill('SIGKILL'); });
  return { intake, ended, child };
}

/** A program that writes `count` lines `<tag> <n> <filler> <sha1 of all before>`, in writes that end anywhere. */
export function hashWriter(count: number, length: number, tag = 'L', fd = 1): string {
  return `
    const { createHash } = require('node:crypto'); const fs = require('node:fs');
    let buf = ''; let size = 7001;
    const send = (s) => { const b = Buffer.from(s); let at = 0; while (at < b.length) { try { at += fs.writeSync(${fd}, b, at); } catch (e) { if (e.code !== 'EAGAIN') throw e; } } };
    for (let n = 0; n < ${count}; n++) {
      const body = '${tag} ' + n + ' ' + String.fromCharCode(97 + n % 26).repeat(${length});
      buf += body + ' ' + createHash('sha1').update(body).digest('hex') + '\\n';
      while (buf.length > size) { send(buf.slice(0, size)); buf = buf.slice(size); size = 1 + (size * 31) % 90001; }
    }
    send(buf);`;
}

/** Each line whole (its hash holds), in order, none missing, none doubled. */
export function checkHashed(lines: readonly string[], count: number, tag = 'L'): void {
  let next = 0;
  for (const line of lines) {
    const cut = line.lastIndexOf(' ');
    const body = line.slice(0, cut);
    if (createHash('sha1').update(body).digest('hex') !== line.slice(cut + 1)) throw new Error(`torn line at ${next}: ${line.slice(0, 60)}`);
    if (!body.startsWith(`${tag} ${next} `)) throw new Error(`wanted line ${next}, got ${line.slice(0, 30)}`);
    next++;
  }
  if (next !== count) throw new Error(`wanted ${count} lines, got ${next}`);
}

export function linesOf(file: string): string[] {
  const text = fs.readFileSync(file, 'utf8');
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error('the last line has no newline');
  return text.slice(0, -1).split('\n');
}
