/**
 * What a module of the host may require by a name that is no package of its folder: `mgr/host`, `deployd/lib/resource`.
 * CommonJS is answered in Node's loader itself. ES modules know no such place: they are given a data: URL that takes the
 * same values from here, by a hook that is installed with the first ES module that is loaded (hooks.ts).
 */
import Module from 'node:module';

type Load = (request: string, parent: unknown, isMain: boolean) => unknown;

/** Reached from data: URLs, which can import nothing of ours. */
const KEY = Symbol.for('mgr.host.offers');
const offers = new Map<string, () => unknown>();
const urls = new Map<string, string>();
let installed = false;

/**
 * `require(name)`, anywhere in this process, gives what `give` returns; it is called when first asked for. `url`: an ES module
 * with the same exports; without one `give` is called when the first ES module is loaded.
 */
export function offer(name: string, give: () => unknown, { url }: { readonly url?: string } = {}): void {
  install();
  if (url !== undefined) urls.set(name, url);
  let made: { readonly value: unknown } | undefined;
  offers.set(name, () => (made ??= { value: give() }).value);
}

/** For the hook of ES modules: name -> URL of a module with the same exports. */
export function offeredUrls(): Record<string, string> {
  return Object.fromEntries([...offers].map(([name, give]) => {
    const url = urls.get(name);
    if (url !== undefined) return [name, url];
    const value = give();
    const names = typeof value === 'object' || typeof value === 'function' ? Object.keys(value ?? {}).filter((k) => /^[A-Za-z_$][\w$]*$/.test(k) && k !== 'default') : [];
    const source = `const m = process[Symbol.for('mgr.host.offers')].get(${JSON.stringify(name)})(); export default m; export const { ${names.join(', ')} } = m;`;
    return [name, `data:text/javascript,${encodeURIComponent(source)}`];
  }));
}

// The one place every require() passes. There is no public hook for it before Node 22.15.
function install(): void {
  if (installed) return;
  installed = true;
  Object.defineProperty(process, KEY, { value: offers });
  const loader = Module as unknown as { _load: Load };
  const load = loader._load;
  loader._load = function offering(this: unknown, request: string, ...rest: [unknown, boolean]): unknown {
    const give = offers.get(request);
    return give ? give() : Reflect.apply<unknown, [string, unknown, boolean], unknown>(load, this, [request, ...rest]);
  };
}
