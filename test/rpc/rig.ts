import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Handlers } from '../../src/rpc/server.js';

/** A short temporary folder that goes with the test. */
export function tempDir(t: TestContext): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mgr-rpc-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Handlers of which a test needs only some; the rest are absent, so the server answers UNKNOWN_METHOD. */
export const handlers = (some: Partial<Handlers>): Handlers => some as Handlers;

/** A frame as PM2's clients write it (pm2-facts 3.2), made without our code. */
export function rawFrame(...args: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0x10 | args.length])];
  for (const a of args) {
    const body = Buffer.from(a as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    parts.push(length, body);
  }
  return Buffer.concat(parts);
}

export function rawConnect(socketPath: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const conn = net.connect(socketPath, () => resolve(conn));
    conn.on('error', reject);
  });
}

export function closed(conn: net.Socket): Promise<void> {
  return new Promise((resolve) => {
    if (conn.closed) return resolve();
    conn.once('close', () => resolve());
    conn.resume();
  });
}

/** Resolves when `fact` holds; the test's own time limit is the failure. */
export async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise((resolve) => { setTimeout(resolve, 5); });
}
