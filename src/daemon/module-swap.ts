/**
 * The switch from one version of a module to the next, by two renames that a crash may come between. Before the first,
 * an intent file tells what is going on; at the next start `recoverSwaps` ends it: back to the old version until the
 * new one was decided on (`keep`), forward after that. Everything lies below `<modules>/.old`, on the same file system.
 * The version that was replaced waits in `<modules>/.former/<name>`, one of each module, for `mgr module:rollback`: that is
 * a switch too, whose next folder comes from there and goes back there when it fails.
 */
import fs from 'node:fs';
import path from 'node:path';
import { errno } from '../base/errors.js';
import { flat, moduleDir } from '../base/module-name.js';
import { readJson, writeJson } from '../store/json-file.js';

export interface Swap {
  /** Old folder out, staged one in. */
  in(): Promise<void>;
  /** From here on a crash ends with the new version. */
  keep(): Promise<void>;
  /** After keep: the old version becomes the former one, in the place of the one before it. */
  end(): Promise<void>;
  /** Instead of keep: the new version out, the old one in again. */
  back(): Promise<void>;
}

interface Intent {
  readonly name: string;
  readonly staged: string;
  /** Where the old version goes; undefined when there is none. */
  readonly old?: string;
  readonly kept: boolean;
  /** The old one is the same version again: not worth the place of the former one. */
  readonly dropOld?: boolean;
}

/** Where the version before the present one of a module lies. */
export const formerDir = (modules: string, name: string): string => path.join(modules, '.former', flat(name));

export async function beginSwap(modules: string, name: string, staged: string, dropOld = false): Promise<Swap> {
  const root = path.join(modules, '.old');
  await fs.promises.mkdir(root, { recursive: true, mode: 0o700 });
  const old = (await exists(moduleDir(modules, name))) ? await freeName(root, name) : undefined;
  const intent: Intent = { name, staged, kept: false, dropOld, ...(old === undefined ? {} : { old }) };
  const file = intentFile(modules, name);
  await writeJson(file, intent, { backup: false });
  return {
    async in() {
      const dir = moduleDir(modules, name);
      if (old !== undefined) await fs.promises.rename(dir, old);
      await fs.promises.mkdir(path.dirname(dir), { recursive: true, mode: 0o700 });
      await fs.promises.rename(staged, dir);
    },
    keep: () => writeJson(file, { ...intent, kept: true }, { backup: false }),
    end: () => forward(modules, intent),
    back: () => backward(modules, intent),
  };
}

/** Takes a module's folder, and that of its former version, away at once; what is left of it is swept, now or at the next start. */
export async function removeModule(modules: string, name: string): Promise<void> {
  await removeFolder(modules, name);
  if (await exists(formerDir(modules, name))) await discard(path.join(modules, '.old'), name, formerDir(modules, name));
}

async function removeFolder(modules: string, name: string): Promise<void> {
  const dir = moduleDir(modules, name);
  if (!(await exists(dir))) return;
  await discard(path.join(modules, '.old'), name, dir);
  // An empty @scope folder goes too; with another module in it, rmdir refuses, and that is right.
  if (name.includes('/')) await fs.promises.rmdir(path.dirname(dir)).catch(() => undefined);
}

export interface Recovered {
  readonly name: string;
  readonly now: 'old' | 'new' | 'none';
}

/** Ends what a killed daemon began. `notice` gets a sentence for an intent that cannot be read. */
export async function recoverSwaps(modules: string, notice: (text: string) => void): Promise<readonly Recovered[]> {
  const root = path.join(modules, '.old');
  const done: Recovered[] = [];
  if (!fs.existsSync(root)) return done;
  for (const entry of await names(root)) {
    if (!entry.endsWith('.intent')) continue;
    const read = await readJson(path.join(root, entry), isIntent);
    if (read.notice !== undefined) notice(read.notice);
    if (!isIntent(read.value)) continue;
    const intent = read.value;
    if (intent.kept) await forward(modules, intent);
    else await backward(modules, intent);
    done.push({ name: intent.name, now: intent.kept ? 'new' : (await exists(moduleDir(modules, intent.name))) ? 'old' : 'none' });
  }
  for (const entry of await names(root)) {
    if (!entry.includes('.broken-')) await fs.promises.rm(path.join(root, entry), { recursive: true, force: true });
  }
  return done;
}

async function forward(modules: string, intent: Intent): Promise<void> {
  if (intent.old !== undefined && (await exists(intent.old))) {
    if (intent.dropOld === true) await fs.promises.rm(intent.old, { recursive: true, force: true });
    else await becomeFormer(modules, intent.name, intent.old);
  }
  await fs.promises.rm(intentFile(modules, intent.name), { force: true });
}

async function becomeFormer(modules: string, name: string, old: string): Promise<void> {
  const former = formerDir(modules, name);
  if (await exists(former)) await discard(path.join(modules, '.old'), name, former);
  await fs.promises.mkdir(path.dirname(former), { recursive: true, mode: 0o700 });
  await fs.promises.rename(old, former);
}

// May run any number of times, from any point between the renames: the place of the old folder tells how far it went.
async function backward(modules: string, intent: Intent): Promise<void> {
  const dir = moduleDir(modules, intent.name);
  const root = path.join(modules, '.old');
  if (intent.old === undefined) await removeFolder(modules, intent.name);
  else if (await exists(intent.old)) {
    const fromFormer = intent.staged === formerDir(modules, intent.name);
    if (await exists(dir)) await (fromFormer ? fs.promises.rename(dir, intent.staged) : discard(root, intent.name, dir));
    await fs.promises.rename(intent.old, dir);
  }
  if (intent.staged !== formerDir(modules, intent.name)) await fs.promises.rm(intent.staged, { recursive: true, force: true });
  await fs.promises.rm(intentFile(modules, intent.name), { force: true });
}

// By rename first: a folder half removed must not stand where a module is looked for.
async function discard(root: string, name: string, dir: string): Promise<void> {
  await fs.promises.mkdir(root, { recursive: true, mode: 0o700 });
  const trash = await freeName(root, name);
  await fs.promises.rename(dir, trash);
  await fs.promises.rm(trash, { recursive: true, force: true });
}

async function freeName(root: string, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const candidate = path.join(root, `${flat(name)}-${n}`);
    if (!(await exists(candidate))) return candidate;
  }
}

const intentFile = (modules: string, name: string): string => path.join(modules, '.old', `${flat(name)}.intent`);

function isIntent(value: unknown): value is Intent {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' && 'staged' in value && typeof value.staged === 'string' && 'kept' in value;
}

async function exists(file: string): Promise<boolean> {
  try {
    await fs.promises.lstat(file);
    return true;
  } catch (e) {
    if (errno(e) === 'ENOENT' || errno(e) === 'ENOTDIR') return false;
    throw e;
  }
}

async function names(dir: string): Promise<string[]> {
  try {
    return await fs.promises.readdir(dir);
  } catch (e) {
    if (errno(e) === 'ENOENT') return [];
    throw e;
  }
}
