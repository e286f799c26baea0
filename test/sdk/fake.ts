import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Program } from '../../src/sdk/program.js';
import { Sdk } from '../../src/sdk/sdk.js';

type Sent = { readonly type?: string; readonly data?: Record<string, unknown>; readonly [key: string]: unknown };

/** A program with a package.json, whose manager is this object. */
export class Fake implements Program {
  readonly dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-sdk-'));
  readonly sent: Sent[] = [];
  readonly ended: (string | number)[] = [];
  readonly warned: string[] = [];
  readonly env: Record<string, string>;
  readonly script: string;
  readonly pid = 1;
  readonly argv: readonly string[] = [];
  readonly cwd = this.dir;
  readonly said: string[] = [];
  failed = false;
  readonly send: Program['send'];
  readonly #heard: ((m: unknown) => void)[] = [];
  readonly #signals = new Map<string, (() => void)[]>();

  constructor(pkg: object | string = { name: 'mod', version: '1.2.3', config: { every: 500 } }, { env = {}, managed = true }: { env?: Record<string, string>; managed?: boolean } = {}) {
    this.env = { HOME: this.dir, ...(managed && { pm_id: '0', pmx_module: 'true', MGR_HOME: this.dir }), ...env };
    fs.writeFileSync(path.join(this.dir, 'package.json'), typeof pkg === 'string' ? pkg : JSON.stringify(pkg));
    fs.mkdirSync(path.join(this.dir, 'dist'));
    fs.writeFileSync(path.join(this.dir, 'dist/package.json'), '{"type":"commonjs"}');
    this.script = path.join(this.dir, 'dist/app.js');
    fs.writeFileSync(this.script, '');
    // As the channel does: what arrives is JSON.
    this.send = managed ? (m) => { this.sent.push(JSON.parse(JSON.stringify(m)) as Sent); } : undefined;
  }

  onMessage(hear: (m: unknown) => void): void { this.#heard.push(hear); }
  onSignal(signal: string, hear: () => void): void { this.#signals.set(signal, [...this.#signals.get(signal) ?? [], hear]); }
  endBy(signal: string): void { this.ended.push(signal); }
  end(status: number): void { this.ended.push(status); }
  fail(): void { this.failed = true; }
  out(text: string): void { this.said.push(text); }
  warn(text: string): void { this.warned.push(text); }

  get listens(): boolean { return this.#heard.length > 0; }
  get signals(): string[] { return [...this.#signals.keys()]; }
  say(message: unknown): void { for (const hear of this.#heard) hear(message); }
  signal(name: string): void { for (const hear of this.#signals.get(name) ?? []) hear(); }
  of(type: string): Record<string, unknown>[] { return this.sent.filter((m) => m.type === type).map((m) => m.data ?? {}); }
  sdk(): Sdk { return new Sdk(this); }
  close(): void { fs.rmSync(this.dir, { recursive: true, force: true }); }
}

export async function withFake(body: (fake: Fake) => unknown, ...args: ConstructorParameters<typeof Fake>): Promise<void> {
  const fake = new Fake(...args);
  try {
    await body(fake);
  } finally {
    fake.close();
  }
}
