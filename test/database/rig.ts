import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder of its own for one test, removed afterwards. */
export async function inFolder(fn: (dir: string) => void | Promise<void>): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'md-'));
  try { await fn(dir); } finally { fs.rmSync(dir, { recursive: true, force: true }); }
}
