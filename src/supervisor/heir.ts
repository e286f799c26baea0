import type { AppSpec } from '../config/spec.js';
import type { ProcessLog } from '../logs/process-log.js';
import { type Exit, endWords } from './policy.js';
import { lateWords, readyWithin } from './readiness.js';
import type { LiveRun } from './run.js';
import { tellingLine } from './telling.js';

/** How a reload stands; whoever waits for it reads it after each step. */
export interface Succession {
  /** `inherits`: the living run died before the heir was ready, which boots on in its place. */
  state: 'booting' | 'took over' | 'inherits' | 'failed';
  /** Why there is a reload, when no person asked. */
  readonly why?: string;
  /** Why it failed. */
  reason?: string;
  /** The run that had to go (the old one, or the heir that was not taken) is gone. */
  left: boolean;
}

/** A program that says much before it is ready. */
const MOST_MAIL = 1000;

/** A run that boots beside the living one to take its place. */
export class Heir {
  readonly n: number;
  readonly spec: AppSpec;
  readonly succession: Succession;
  readonly log: ProcessLog;
  /** Undefined until it is born. */
  run: LiveRun | undefined;
  /** What it told: it is heard when it took over. */
  readonly mail: unknown[] = [];

  /** `why`: when no person asked for the reload. */
  constructor(n: number, spec: AppSpec, why: string | undefined, log: ProcessLog) {
    this.n = n;
    this.spec = spec;
    this.succession = { state: 'booting', left: false, ...(why === undefined ? {} : { why }) };
    this.log = log;
  }

  keep(message: unknown): void { if (this.mail.length < MOST_MAIL) this.mail.push(message); }

  /** Why it was not ready, with what it said itself. */
  lateWords(): string {
    if (!this.run) return `it could not be started within ${readyWithin(this.spec)} ms`;
    return `${lateWords(this.run.readiness.waits, readyWithin(this.spec), this.run.health?.last)}${this.#said()}`;
  }

  endWords(exit: Exit, ran: number): string {
    // What it says of an end that was not its own ("write EPIPE") tells nobody anything.
    return `${endWords(exit, ran)}${exit.why === undefined ? this.#said() : ''}`;
  }

  /** The daemon goes; the next one ends it. */
  release(): void {
    if (this.succession.state === 'booting') {
      this.succession.state = 'failed';
      this.succession.reason = 'the daemon was replaced meanwhile';
    }
    this.succession.left = true;
    this.run?.release();
  }

  #said(): string {
    this.run?.readNow();
    const line = tellingLine(this.log.stderrTail());
    return line === undefined ? '' : `: ${line}`;
  }
}

/** PM2's words about the program itself: metrics, actions. */
export function isTelemetry(message: unknown): boolean {
  const type = typeof message === 'object' && message !== null ? (message as { type?: unknown }).type : undefined;
  return typeof type === 'string' && type.startsWith('axm:');
}
