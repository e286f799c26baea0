import type { Clock } from '../../base/clock.js';
import type { HealthCheck as Asked } from '../../config/spec.js';

/** Whom the checks of an app run as. Asked at each check that needs it. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: () => Promise<Readonly<Record<string, string>>>;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

export interface HealthNews {
  /** A check succeeded. */
  onHealthy(): void;
  /** It failed `retries` times in a row or more, when failures count. `why`: what the last one found. */
  onFailed(why: string): void;
}

/** ms. How often a program that boots is asked: its readiness waits for the answer. */
const BOOT_EVERY = 150;

/**
 * Asks one run whether it is well, every `interval` ms, one check at a time. Until the first success it asks often, and
 * failures count only after `grace` ms.
 */
export class HealthCheck {
  readonly #asked: Asked;
  readonly #around: Surroundings;
  readonly #clock: Clock;
  readonly #news: HealthNews;
  readonly #end = new AbortController();
  #cancel: (() => void) | undefined;
  #healthy: boolean;
  #countsFrom: number;
  #failures = 0;
  #last: string | undefined;

  /** `booting`: it has just been born; else it is known to have been well. `grace`: ms. */
  constructor(asked: Asked, around: Surroundings, clock: Clock, news: HealthNews, { booting, grace }: { readonly booting: boolean; readonly grace: number }) {
    this.#asked = asked;
    this.#around = around;
    this.#clock = clock;
    this.#news = news;
    this.#healthy = !booting;
    this.#countsFrom = clock.now() + (booting ? grace : 0);
    this.#arm();
  }

  /** What the last check found wrong; undefined: nothing, or none was made. */
  get last(): string | undefined { return this.#last; }

  /** The same, and how often. */
  get trouble(): string | undefined {
    if (this.#last === undefined) return undefined;
    return this.#failures === 0 ? this.#last : `health check fails (${this.#failures} of ${this.#asked.retries}): ${this.#last}`;
  }

  close(): void {
    this.#cancel?.();
    this.#end.abort();
  }

  #arm(): void {
    if (this.#end.signal.aborted) return;
    this.#cancel = this.#clock.after(this.#healthy ? this.#asked.interval : Math.min(BOOT_EVERY, this.#asked.interval), () => {
      void ask(this.#asked, this.#around, this.#clock, this.#end.signal).then((wrong) => this.#found(wrong));
    });
  }

  #found(wrong: string | undefined): void {
    if (this.#end.signal.aborted) return;
    this.#last = wrong;
    if (wrong === undefined) {
      this.#failures = 0;
      this.#healthy = true;
      this.#news.onHealthy();
    } else if (this.#healthy || this.#clock.now() >= this.#countsFrom) {
      // From here on the pace is the usual one, also for one that never was well.
      this.#healthy = true;
      this.#failures++;
      if (this.#failures >= this.#asked.retries) this.#news.onFailed(wrong);
    }
    this.#arm();
  }
}

/** One check. Gives what is wrong; undefined: it is well. Never rejects. */
async function ask(asked: Asked, around: Surroundings, clock: Clock, signal: AbortSignal): Promise<string | undefined> {
  const { http, tcp, exec, timeout } = asked;
  const one = new AbortController();
  const cancel = clock.after(timeout, () => one.abort());
  const either = AbortSignal.any([signal, one.signal]);
  try {
    if (http !== undefined) return await askHttp(http, either);
    if (tcp !== undefined) return await askTcp(tcp, either);
    return await askExec(exec ?? 'true', around, await around.env(), either);
  } catch (e) {
    const what = http !== undefined ? `GET ${http}` : tcp !== undefined ? `connection to ${tcp}` : `\`${exec ?? ''}\``;
    if (one.signal.aborted) return `${what}: no answer within ${timeout} ms`;
    return `${what}: ${e instanceof Error ? e.message : String(e)}`;
  } finally {
    cancel();
  }
}

// The modules are not loaded before they are needed: a daemon must answer first.
function askHttp(url: string, signal: AbortSignal): Promise<string | undefined> {
  const secure = url.startsWith('https:');
  const { get } = secure ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
  return new Promise((resolve, reject) => {
    // A program's own certificate on its own machine need not be signed by anybody.
    const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
    const request = get(url, { agent: false, signal, headers: { 'user-agent': 'mgr-health' }, ...(secure && loopback ? { rejectUnauthorized: false } : {}) }, (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      resolve(status >= 200 && status < 400 ? undefined : `GET ${url} answered ${status}`);
    });
    request.on('error', reject);
  });
}

function askTcp(target: string, signal: AbortSignal): Promise<undefined> {
  const { connect } = process.getBuiltinModule('node:net');
  const at = target.lastIndexOf(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(target.slice(at + 1)), signal });
    socket.on('connect', () => { socket.destroy(); resolve(undefined); });
    socket.on('error', reject);
  });
}

function askExec(line: string, around: Surroundings, env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string | undefined> {
  signal.throwIfAborted();
  const { spawn } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', line], {
      cwd: around.cwd, env: { ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'],
      ...(around.uid === undefined ? {} : { uid: around.uid }), ...(around.gid === undefined ? {} : { gid: around.gid }),
    });
    let said = '';
    for (const s of [child.stdout, child.stderr]) s.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-2000); });
    const stop = (): void => { try { if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL'); } catch { /* it is gone */ } reject(new Error('given up')); };
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', reject);
    child.on('exit', (code, killedBy) => {
      signal.removeEventListener('abort', stop);
      const last = said.split('\n').findLast((l) => l.trim() !== '');
      resolve(code === 0 ? undefined : `\`${line}\` ended with ${killedBy === null ? `exit code ${code ?? 0}` : `signal ${killedBy}`}${last === undefined ? '' : `: ${last.trim()}`}`);
    });
  });
}
