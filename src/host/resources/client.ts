import type { Pending } from './pending.js';
import { type Bag, isBag } from './model.js';
import type { Resource } from './resource.js';

/** One request of a client. `path` is encoded. */
export interface Asked { readonly method: string; readonly path: string; readonly query: Bag; readonly body: unknown }
type Call = (asked: Asked) => Promise<unknown>;

/** What a client is made of, here and in the browser. */
export interface Offer { readonly name: string; readonly path: string; readonly get: readonly string[]; readonly exec: readonly string[] }

/** The resources that clients offer, by their names there: `add-follower` is `dpd.addfollower`, `shop/todos` is `dpd.shoptodos`. */
export function offersOf(resources: Iterable<Resource>): Offer[] {
  const offers: Offer[] = [];
  for (const r of resources) {
    const name = r.path.replace(/[^A-Za-z0-9]/g, '');
    if (!r.clientGeneration || name === '' || offers.some((o) => o.name === name)) continue;
    offers.push({ name, path: r.path, get: texts(r.clientGenerationGet), exec: texts(r.clientGenerationExec) });
  }
  return offers;
}

const CALL = Symbol('call');
const RUN = Symbol('run');
interface Bound { readonly [CALL]: Call; readonly [RUN]: Pending | undefined }

/** Makes the clients of one set of resources; a client itself costs nothing until it is used. */
export function clientMaker(offers: readonly Offer[]): (call: Call, run?: Pending) => object {
  const proto: object = {};
  for (const offer of offers) {
    const get = function get(this: Bound): object { return memberOf(offer, this[CALL], this[RUN]); };
    for (const key of new Set([offer.name, offer.path.slice(1)])) Object.defineProperty(proto, key, { get, enumerable: key === offer.name, configurable: true });
  }
  return (call, run) => Object.create(proto, { [CALL]: { value: call }, [RUN]: { value: run } }) as object;
}

function memberOf(offer: Offer, call: Call, run: Pending | undefined): Record<string, (...args: unknown[]) => unknown> {
  const method = (verb: string, hasBody: boolean, fixed?: string) => (...args: unknown[]): unknown => {
    const fn = typeof args.at(-1) === 'function' ? args.pop() as (...a: unknown[]) => unknown : undefined;
    return answer(call(askedOf(offer.path, verb, hasBody, fixed === undefined ? args : [fixed, ...args])), fn, run);
  };
  const exec = (...args: unknown[]): unknown => {
    const [name, ...rest] = args;
    return method('POST', true, String(name))(...rest);
  };
  return {
    ...Object.fromEntries(offer.get.map((name) => [name, method('GET', false, name)])),
    ...Object.fromEntries(offer.exec.map((name) => [name, method('POST', true, name)])),
    get: method('GET', false), post: method('POST', true), put: method('PUT', true), del: method('DELETE', false), exec,
  };
}

/** `([path…], [query], [body])`: with one object, a verb that has a body takes it for the body. */
function askedOf(base: string, method: string, hasBody: boolean, args: readonly unknown[]): Asked {
  const words: string[] = [];
  const rest = [...args];
  while (typeof rest[0] === 'string' || typeof rest[0] === 'number') words.push(String(rest.shift()));
  const objects = rest.filter((a) => a !== undefined && a !== null);
  const body = hasBody ? objects.pop() : undefined;
  const [query] = objects;
  const below = words.flatMap((w) => w.split('/')).filter((w) => w !== '').map((w) => `/${encodeURIComponent(w)}`).join('');
  return { method, path: `${base}${below}`, query: isBag(query) ? { ...query } : {}, body };
}

// Callbacks get the result first: that is how they are called in event scripts.
function answer(work: Promise<unknown>, fn: ((...a: unknown[]) => unknown) | undefined, run: Pending | undefined): unknown {
  if (fn === undefined) return run === undefined ? work : run.promise(work);
  const told = run === undefined ? fn : run.callback(fn);
  // A throw of the callback is its own: outside the promise, where it would look like an answer.
  work.then((result) => setImmediate(told, result), (error: unknown) => setImmediate(told, undefined, error));
  return undefined;
}

function texts(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((t): t is string => typeof t === 'string') : [];
}
