/** Folders below `<modules>`: `.staging/<pid>-<start>-<random>` while a module is put together, `.lock/<name>` while it is installed. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { MgrError, errno } from '../base/errors.js';
import { flat } from '../base/module-name.js';

/** A new empty staging folder, after those of installers that are gone were removed. */
export async function openStaging(modules: string, pid: number): Promise<string> {
  const root = path.join(modules, '.staging');
  await fs.mkdir(root, { recursive: true, mode: 0o700 });
  for (const name of await fs.readdir(root)) {
    if (!isAlive(name)) await fs.rm(path.join(root, name), { recursive: true, force: true });
  }
  const dir = path.join(root, `${owner(pid)}-${randomBytes(4).toString('hex')}`);
  await fs.mkdir(dir, { mode: 0o700 });
  return dir;
}

/** Takes the lock of a module for this process, or throws INSTALL_BUSY. A lock whose holder is gone is taken over. */
export async function lockModule(modules: string, name: string, pid: number): Promise<{ release(): Promise<void> }> {
  const dir = path.join(modules, '.lock');
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  const file = path.join(dir, flat(name));
  const mine = path.join(dir, `.${owner(pid)}-${randomBytes(4).toString('hex')}`);
  // The content is written before the name appears: nobody reads a half-written lock. `link` fails when the name is taken.
  await fs.writeFile(mine, owner(pid), { mode: 0o600 });
  try {
    for (;;) {
      if (await linked(mine, file)) break;
      await clearStale(file, `${mine}.stale`, name);
    }
  } finally {
    await fs.rm(mine, { force: true });
  }
  return { release: () => fs.rm(file, { force: true }) };
}

async function clearStale(file: string, aside: string, name: string): Promise<void> {
  const holder = await readOr(file);
  if (holder === undefined) return;
  if (isAlive(holder)) throw new MgrError('INSTALL_BUSY', { name });
  try {
    await fs.rename(file, aside);
  } catch (e) {
    if (errno(e) === 'ENOENT') return;
    throw e;
  }
  // Between the read and the rename another one may have taken the stale lock over: then this is his, give it back.
  if ((await readOr(aside)) !== holder) await linked(aside, file);
  await fs.rm(aside, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await fs.link(from, to);
    return true;
  } catch (e) {
    if (errno(e) === 'EEXIST') return false;
    throw e;
  }
}

async function readOr(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (e) {
    if (errno(e) === 'ENOENT') return undefined;
    throw e;
  }
}

const owner = (pid: number): string => `${pid}-${startTime(pid) ?? '0'}`;

function isAlive(mark: string): boolean {
  const m = /^(\d+)-(\d+)/.exec(mark);
  if (!m) return false;
  const pid = Number(m[1]);
  try {
    process.kill(pid, 0);
  } catch (e) {
    if (errno(e) === 'ESRCH') return false;
    // EPERM: it lives and is another user's.
  }
  const start = startTime(pid);
  return m[2] === '0' || start === undefined || start === m[2];
}

/** Kernel start time of a process in clock ticks: a recycled pid has another one. Undefined where there is no /proc. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    // No /proc (macOS, BSD), or it just ended: the pid alone has to do.
    return undefined;
  }
}
