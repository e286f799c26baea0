/**
 * Modules that use @pm2/io count on what PM2 preloads: an agent that has called `init`, which starts the metrics timer
 * and listens for actions. PM2 gives them its own copy, which then reads PM2's package.json instead of the module's
 * (pm2-facts 4.2). Here the module's own copy is started, when the module calls `initModule` and not before.
 */
interface Io { init?: (config: object) => unknown; initModule?: (...args: unknown[]) => unknown }

export function startIoOfModules(): void {
  const loader = require('node:module') as { _load: (request: string, ...rest: unknown[]) => unknown };
  const load = loader._load;
  loader._load = function hooked(this: unknown, request: string, ...rest: unknown[]): unknown {
    const found = load.call(this, request, ...rest);
    if (request === '@pm2/io') {
      loader._load = load;
      start(found as Io);
    }
    return found;
  };
}

function start(io: Io): void {
  const { init, initModule } = io;
  if (typeof init !== 'function' || typeof initModule !== 'function') return;
  let begun = false;
  const define = (name: string, value: unknown): void => { Object.defineProperty(io, name, { value, configurable: true, writable: true, enumerable: true }); };
  define('init', (...args: [object]) => { begun = true; return init.apply(io, args); });
  define('initModule', (...args: unknown[]) => {
    if (!begun) { begun = true; init.call(io, { metrics: {} }); }
    return initModule.apply(io, args);
  });
}
