import fs from 'node:fs';
import path from 'node:path';
import { isMgrError, reasonOf } from '../../base/errors.js';
import type { ResourceView } from '../views.js';
import { CONFIG, type Entry, checkFile, checkId, makeFolder, ownNames, pruneEmpty, readEntry, replaceFile } from './disk.js';
import { type Instances, type Live, parseConfig } from './instances.js';
import { type Bag, type Done, HttpFault, type HostServer, type Log, isBag, isThenable } from './model.js';
import type { Resource } from './resource.js';
import { eventsOf } from './resource.js';
import { faultOf } from './script.js';
import { checkConfig, unmasked } from './settings.js';
import type { Types } from './types.js';

/** A removed configuration is kept under this name until all agree that it goes. */
const GONE = '.config.json.removed';

interface Setup { readonly root: string; readonly types: Types; readonly instances: Instances; readonly server: HostServer; readonly log: Log }

/**
 * Changes of instances, one after the other: checked, written beside and renamed, then the live instance is told. Where
 * anything fails, the files are as they were before and the error says why (HttpFault: 400, 404, 409).
 */
export class Writes {
  readonly #setup: Setup;
  #last: Promise<unknown> = Promise.resolve();

  constructor(setup: Setup) { this.#setup = setup; }

  /** Creates an instance or changes it: keys are laid over those it has; `$setAll: true`: they replace them. Another `id` renames it. */
  put(id: string, given: unknown): Promise<ResourceView> { return this.#queue(() => this.#put(checkId(id), given)); }

  /** Writes a script, or another text beside it; undefined removes it. A script that cannot be compiled is refused. */
  putFile(id: string, file: string, text: string | undefined): Promise<void> { return this.#queue(() => this.#putFile(checkId(id), checkFile(file), text)); }

  /** Removes an instance with its files; those below it in the path stay. */
  remove(id: string): Promise<void> { return this.#queue(() => this.#remove(checkId(id))); }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #put(id: string, given: unknown): Promise<ResourceView> {
    const { root, types, instances, log } = this.#setup;
    if (!isBag(given)) throw new HttpFault(400, 'the configuration of a resource is an object');
    const { id: newId, $setAll, ...rest } = given;
    const target = newId === undefined ? id : checkId(newId);
    const before = readEntry(root, id);
    const old = before === undefined ? {} : configOf(before);
    const known = types.get(old['type']);
    const fresh = unmasked(known?.form, rest, old);
    const config: Bag = before === undefined || $setAll === true ? { ...(before !== undefined && { type: old['type'] }), ...fresh } : { ...old, ...fresh };
    const type = types.get(config['type']);
    if (type === undefined) throw new HttpFault(400, types.missing(config['type']), { type: types.missing(config['type']) });
    const live = (await instances.current()).lives.find((l) => l.entry.id === id)?.resource;
    if (target !== id) {
      if (before === undefined) throw new HttpFault(404, `no resource \`${id}\` to be renamed`);
      if (readEntry(root, target) !== undefined) throw new HttpFault(409, `a resource \`${target}\` is there already`);
    }
    await checkConfig(type.form, config, path.join(root, target));
    const dir = makeFolder(root, target);
    const undo: (() => void)[] = [() => pruneEmpty(root, dir)];
    let made: Live;
    try {
      if (target !== id && before !== undefined) undo.unshift(move(before.dir, dir));
      replaceFile(path.join(dir, CONFIG), `${JSON.stringify(config, undefined, 2)}\n`);
      undo.unshift(() => { if (before === undefined) fs.rmSync(path.join(dir, CONFIG)); else replaceFile(path.join(dir, CONFIG), before.text); });
      const entry = readEntry(root, target);
      if (entry === undefined) throw new Error('what was written is not there');
      made = await instances.build(entry);
      if (made.reason !== undefined) throw new HttpFault(400, made.reason);
      if (live !== undefined) await told((done) => live.configChanged({ ...config, id: target }, done));
      if (before !== undefined && target !== id) pruneEmpty(root, before.dir);
      await this.#settled(made);
    } catch (e) {
      for (const step of undo) step();
      await this.#settled();
      throw faultFrom(e);
    }
    log.info(`resource ${target}: ${before === undefined ? 'made' : target === id ? 'changed' : `renamed from ${id}`} (${type.name})`);
    this.#tell('resource:changed', target, config);
    return instances.view(made);
  }

  async #putFile(id: string, file: string, text: string | undefined): Promise<void> {
    const { root, types, log } = this.#setup;
    const entry = readEntry(root, id);
    if (entry === undefined) throw new HttpFault(404, `no resource \`${id}\``);
    const at = path.join(entry.dir, file);
    if (text === undefined) fs.rmSync(at, { force: true });
    else {
      const fault = file.endsWith('.js') ? faultOf(text, at) : undefined;
      if (fault !== undefined) throw new HttpFault(400, fault, { [file]: fault });
      const type = types.get(configOf(entry)['type']);
      const events = type === undefined ? [] : eventsOf(type.type).map((e) => e.toLowerCase());
      if (type !== undefined && file.endsWith('.js') && events.length > 0 && !events.includes(file.slice(0, -3))) throw new HttpFault(400, `type ${type.name} runs no script ${file}; it has ${events.map((e) => `${e}.js`).join(', ')}`);
      replaceFile(at, text);
    }
    await this.#settled();
    log.info(`resource ${id}: ${file} ${text === undefined ? 'removed' : 'written'}`);
    this.#tell('resource:changed', id, configOf(entry));
  }

  async #remove(id: string): Promise<void> {
    const { root, instances, log } = this.#setup;
    const live = (await instances.current()).lives.find((l) => l.entry.id === id);
    const entry = readEntry(root, id);
    if (entry === undefined) throw new HttpFault(404, `no resource \`${id}\``);
    const config = configOf(entry);
    const at = path.join(entry.dir, CONFIG);
    const gone = path.join(entry.dir, GONE);
    fs.renameSync(at, gone);
    try {
      const resource = live?.resource;
      if (resource !== undefined) await told((done) => resource.configDeleted(config, done));
    } catch (e) {
      fs.renameSync(gone, at);
      throw faultFrom(e);
    }
    for (const name of ownNames(entry.dir)) fs.rmSync(path.join(entry.dir, name), { recursive: true, force: true });
    pruneEmpty(root, entry.dir);
    await this.#settled();
    log.info(`resource ${id}: deleted`);
    this.#tell('resource:deleted', id, config);
  }

  // It is done: what a listener throws is the listener's.
  #tell(event: string, id: string, config: Bag): void {
    try {
      this.#setup.server.emit(event, id, config);
    } catch (e) {
      this.#setup.log.error(`a listener of ${event}: ${reasonOf(e)}`);
    }
  }

  // The stamp last: the other processes are to find what is finished.
  async #settled(made?: Live): Promise<void> {
    await this.#setup.instances.renew(made);
    this.#setup.instances.touch();
  }
}

/** Moves the instance's own files, all or none; gives back what takes them home. */
function move(from: string, to: string): () => void {
  // The new folder may lie in the old one.
  const names = ownNames(from).filter((n) => !`${to}/`.startsWith(`${path.join(from, n)}/`));
  const moved: string[] = [];
  const home = (): void => {
    fs.mkdirSync(from, { recursive: true });
    for (const n of moved) fs.renameSync(path.join(to, n), path.join(from, n));
  };
  try {
    for (const n of names) {
      fs.renameSync(path.join(from, n), path.join(to, n));
      moved.push(n);
    }
  } catch (e) {
    home();
    throw e;
  }
  return home;
}

// What cannot be read is replaced as a whole.
function configOf(entry: Entry): Bag {
  try { return parseConfig(entry); } catch { return {}; }
}

function told(tell: (done: Done) => ReturnType<Resource['configChanged']>): Promise<void> {
  return new Promise((resolve, reject) => {
    const done: Done = (e) => { if (e === undefined || e === null) resolve(); else reject(e); };
    const returned = tell(done);
    if (isThenable(returned)) returned.then(() => resolve(), reject);
  });
}

function faultFrom(e: unknown): unknown {
  return e instanceof HttpFault || isMgrError(e) ? e : new HttpFault(400, reasonOf(e));
}
