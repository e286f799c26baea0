import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { ListenAt } from './primary-order.js';

/** A bound socket. net's own handle: a net.Server would accept connections, which is for the app to do. */
interface Handle { readonly fd: number; close(): void; getsockname?(out: object): number; setBlocking?(on: boolean): number }
interface NetInside { _createServerHandle(address: string | null, port: number, type: number, fd?: number, flags?: number): Handle | number }


/** ms. Whoever just ended may still hold a port for a moment. */
const PATIENCE = 500;
const AGAIN = 25;

/** The sockets of an app with `listen`: bound once, lent to each of its processes, open until the app is stopped. */
export class Sockets {
  readonly #node: string;
  readonly #held = new Map<string, Handle>();
  readonly #files = new Set<string>();

  constructor(node: string) { this.#node = node; }

  /** Descriptors in the order of `wanted`; what is not wanted any more is closed. Throws which one cannot be had. */
  async hold(wanted: readonly ListenAt[]): Promise<number[]> {
    const keys = wanted.map((at) => JSON.stringify(at));
    for (const [key, handle] of this.#held) if (!keys.includes(key)) { handle.close(); this.#held.delete(key); }
    const fresh = wanted.filter((at) => !this.#held.has(JSON.stringify(at)));
    const bound: Handle[] = [];
    try {
      for (const at of fresh) bound.push(await this.#bind(at));
      if (bound.length > 0) await this.#listen(bound, fresh);
    } catch (e) {
      for (const handle of bound) handle.close();
      throw e;
    }
    for (const [i, at] of fresh.entries()) { const handle = bound[i]; if (handle) this.#held.set(JSON.stringify(at), handle); }
    return keys.map((key) => this.#held.get(key)?.fd ?? -1);
  }

  close(): void {
    for (const handle of this.#held.values()) handle.close();
    for (const file of this.#files) fs.rmSync(file, { force: true });
    this.#held.clear();
  }

  async #bind(at: ListenAt): Promise<Handle> {
    for (const end = Date.now() + PATIENCE; ; await new Promise((r) => setTimeout(r, AGAIN))) {
      const handle = at.path === undefined ? tcp(at) : await this.#unix(at.path);
      if (typeof handle !== 'number') {
        if (at.mode !== undefined && at.path !== undefined) fs.chmodSync(at.path, at.mode);
        return handle;
      }
      const code = getSystemErrorName(handle);
      if (code !== 'EADDRINUSE' || Date.now() > end) throw Object.assign(new Error(why(code, at)), { code });
    }
  }

  /** A file that nobody listens on is a leftover. */
  async #unix(file: string): Promise<Handle | number> {
    if (fs.existsSync(file) && fs.statSync(file).isSocket()) {
      const lives = await new Promise<boolean>((resolve) => { const s = net.connect(file, () => { s.destroy(); resolve(true); }).on('error', () => resolve(false)); });
      if (!lives) fs.rmSync(file, { force: true });
    }
    const handle = inside(net)._createServerHandle(file, -1, -1);
    if (typeof handle !== 'number') this.#files.add(file);
    return handle;
  }

  /**
   * listen(2) without accept(2), which Node has not: a Node of its own does it on the inherited descriptors and ends
   * before it would accept. The sockets block, as systemd's do; Node itself switches that off where it uses them.
   */
  async #listen(handles: readonly Handle[], at: readonly ListenAt[]): Promise<void> {
    const program = `const net = require('node:net'); for (let fd = 3; fd < ${3 + handles.length}; fd++) net.createServer().on('error', (e) => { process.stdout.write(fd - 3 + ' ' + e.code); process.exit(1); }).listen({ fd, backlog: 511 }); process.nextTick(() => process.exit(0));`;
    const child = spawn(this.#node, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore', ...handles.map((h) => h.fd)], env: {} });
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => { said += text; });
    const code = await new Promise<number | null>((resolve, reject) => { child.on('error', reject).on('close', resolve); });
    if (code !== 0) {
      const [index = '0', error = 'EINVAL'] = said.split(' ');
      throw Object.assign(new Error(why(error, at[Number(index)] ?? {})), { code: error });
    }
    for (const handle of handles) handle.setBlocking?.(true);
  }
}

function tcp(at: ListenAt): Handle | number {
  const handle = inside(net)._createServerHandle(at.host ?? null, at.port ?? 0, at.host === undefined ? 0 : net.isIP(at.host), -1, 0);
  if (typeof handle === 'number') return handle;
  // A port in use is told late by bind.
  const error = handle.getsockname?.({}) ?? 0;
  if (error === 0) return handle;
  handle.close();
  return error;
}

function inside(net: typeof import('node:net')): NetInside { return net as unknown as NetInside; }

function why(code: string, at: ListenAt): string {
  const what = at.path === undefined ? `port ${at.port ?? 0}${at.host === undefined ? '' : ` of ${at.host}`}` : at.path;
  if (code === 'EADDRINUSE') return `${what} is in use`;
  if (code === 'EACCES') return `no permission to listen on ${what}`;
  return `cannot listen on ${what}: ${code}`;
}
