import fs from 'node:fs';
import path from 'node:path';
import { errno, reasonOf } from '../../base/errors.js';
import { parseJson } from '../../base/json-text.js';
import { randomHex } from '../../base/random.js';
import type { ResourceView } from '../views.js';
import { clientMaker, offersOf, type Offer } from './client.js';
import { type Entry, scan } from './disk.js';
import { type Bag, type HostServer, type Log, isBag } from './model.js';
import type { Resource } from './resource.js';
import { inOrder } from './router.js';
import { Script, faultOf } from './script.js';
import { checkConfig, masked } from './settings.js';
import type { KnownType, Types } from './types.js';

/** One instance: it is served, or it says why not. */
export interface Live {
  readonly entry: Entry;
  readonly config: Bag;
  readonly type: KnownType | undefined;
  readonly resource: Resource | undefined;
  readonly reason: string | undefined;
}

/** All instances of one moment. */
export interface ResourceSet {
  readonly lives: readonly Live[];
  /** Those that are served, in the order in which they are asked. */
  readonly order: readonly Resource[];
  readonly offers: readonly Offer[];
  readonly client: ReturnType<typeof clientMaker>;
}

interface Setup {
  readonly root: string;
  readonly types: Types;
  readonly server: HostServer;
  readonly db: unknown;
  readonly log: Log;
  readonly development: boolean;
  /** A file that every write touches, so that the other processes of this host see it. */
  readonly stamp: string;
}

/** Longest time for an instance's `load`, ms. */
const LOAD_LIMIT = 10_000;
/** How often a process looks whether another one wrote, ms. */
const LOOK = 50;

/** The instances of a host. In development they are made anew for each request, from the files as they are then. */
export class Instances {
  readonly #setup: Setup;
  #set: Promise<ResourceSet> | undefined;
  /** The last one that is done: it serves while the next is made. */
  #ready: ResourceSet | undefined;
  #looked = 0;
  #seen: string | undefined;

  constructor(setup: Setup) { this.#setup = setup; }

  /** Those that answer a request which comes now. */
  current(): Promise<ResourceSet> {
    if (this.#setup.development) return this.#make([]);
    if (performance.now() - this.#looked > LOOK) {
      this.#looked = performance.now();
      const stamp = this.#stamp();
      if (stamp !== this.#seen) { this.#seen = stamp; return this.renew(); }
    }
    return this.#ready === undefined ? this.#set ?? this.renew() : Promise.resolve(this.#ready);
  }

  /** Reads all again and keeps the instances whose files are the same; `made`: one that is at hand. */
  renew(made?: Live): Promise<ResourceSet> {
    const former = this.#set;
    const next = (async () => this.#make([...(made ? [made] : []), ...(await former?.catch(() => undefined))?.lives ?? []]))();
    this.#set = next;
    // Where it fails the next request tries again.
    next.then((set) => { if (this.#set === next) this.#ready = set; }, () => { if (this.#set === next) this.#set = undefined; });
    return next;
  }

  /** Of other types than before: they may be what an instance waited for. */
  forget(): void {
    this.#set = undefined;
    this.#ready = undefined;
  }

  /** Tells the other processes. */
  touch(): void {
    fs.mkdirSync(path.dirname(this.#setup.stamp), { recursive: true });
    this.#seen = randomHex(8);
    fs.writeFileSync(this.#setup.stamp, this.#seen);
  }

  // A text and not its time: that has steps of some milliseconds.
  #stamp(): string | undefined {
    try {
      return fs.readFileSync(this.#setup.stamp, 'utf8');
    } catch (e) {
      if (errno(e) === 'ENOENT') return undefined;
      throw e;
    }
  }

  /** Makes one instance. What is wrong with it is its `reason`. */
  async build(entry: Entry): Promise<Live> {
    const { types, server, db } = this.#setup;
    let config: Bag = {};
    let type: KnownType | undefined;
    try {
      if (!/^[\w-]+(?:\/[\w-]+)*$/.test(entry.id)) throw new Error('its folder has a name that cannot be in a URL: wanted letters, digits, - and _');
      config = parseConfig(entry);
      type = types.get(config['type']);
      if (type === undefined) throw new Error(types.missing(config['type']));
      const checked = await checkConfig(type.form, config, entry.dir);
      const resource = new type.type(entry.id, { config: checked, configPath: entry.dir, server, db });
      await loaded(resource);
      return { entry, config, type, resource, reason: undefined };
    } catch (e) {
      return { entry, config, type, resource: undefined, reason: withPlace(e) };
    }
  }

  view({ entry, config, type, reason }: Live): ResourceView {
    const { id, dir, files } = entry;
    const faults = files.filter((f) => f.endsWith('.js')).flatMap((f): [string, string][] => {
      const fault = faultOf(fs.readFileSync(path.join(dir, f), 'utf8'), path.join(dir, f));
      return fault === undefined ? [] : [[f, fault]];
    });
    return {
      id, path: `/${id}`, type: typeof config['type'] === 'string' ? config['type'] : '', state: reason === undefined ? 'online' : 'errored', ...(reason !== undefined && { reason }),
      config: masked(type?.form, config), files, faults: Object.fromEntries(faults),
    };
  }

  async #make(kept: readonly Live[]): Promise<ResourceSet> {
    const { root, log, development } = this.#setup;
    const lives: Live[] = [];
    for (const entry of scan(root)) {
      const old = kept.find((l) => l.entry.id === entry.id && l.entry.signature === entry.signature && l.resource !== undefined);
      const live = old ?? await this.build(entry);
      // In development it would be told with each request: there it is told to who asks.
      if (!development && live !== old) for (const fault of faultsOf(live)) log.error(`resource ${entry.id}: ${fault}`);
      lives.push(live);
    }
    const resources = [...lives.flatMap((l) => l.resource ?? []), ...this.#selfHosted()];
    const offers = offersOf(resources);
    return { lives, order: inOrder(resources), offers, client: clientMaker(offers) };
  }

  // Types may bring an instance of their own.
  #selfHosted(): Resource[] {
    const { types, server, db, log } = this.#setup;
    return types.all().flatMap(({ type, name }): Resource[] => {
      if (typeof type.selfHost !== 'function') return [];
      try {
        const made: unknown = type.selfHost({ server, db, config: {} });
        return isBag(made) && made['__resource__'] === true ? [made as unknown as Resource] : [];
      } catch (e) {
        log.error(`type ${name}: its own instance (selfHost): ${reasonOf(e)}`);
        return [];
      }
    });
  }
}

// An Error says what it is; of a mistake in the code one wants the line.
function withPlace(e: unknown): string {
  const isMistake = e instanceof TypeError || e instanceof ReferenceError || e instanceof SyntaxError || e instanceof RangeError;
  const frame = isMistake ? (e.stack ?? '').split('\n').find((l) => /^\s+at .*[/\\]/.test(l) && !l.includes('node:')) : undefined;
  return frame === undefined ? reasonOf(e) : `${reasonOf(e)} (${frame.trim().replace(/^at (?:.* \()?|\)$/g, '')})`;
}

function faultsOf({ reason, resource }: Live): string[] {
  return [...(reason === undefined ? [] : [reason]), ...Object.values(resource?.events ?? {}).flatMap((s) => (s instanceof Script ? s.fault ?? [] : []))];
}

/** Throws for what is no configuration. */
export function parseConfig(entry: Entry): Bag {
  const parsed = parseJson(entry.text);
  if (!parsed.ok) throw new Error(`config.json: line ${parsed.line}, column ${parsed.column}: ${parsed.reason}`);
  if (!isBag(parsed.value)) throw new Error('config.json: wanted an object with `type`');
  return parsed.value;
}

function loaded(resource: Resource): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`its \`load\` did not call back within ${LOAD_LIMIT / 1000} s`)), LOAD_LIMIT);
    const done = (e?: unknown): void => { clearTimeout(timer); if (e === undefined || e === null) resolve(); else reject(e); };
    try {
      const returned: unknown = resource.load(done);
      if (returned instanceof Promise) returned.catch(done);
    } catch (e) {
      done(e);
    }
  });
}
