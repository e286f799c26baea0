import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { asError, errno } from '../base/thrown.js';
import { blame } from './blame.js';
import type { Candidate } from './folder.js';

/** How a module gets in: its exports. */
export type Import = (module: Candidate) => Promise<unknown>;

/** A module that waits at its top level for something that does not come is given up after this, ms. */
const LIMIT = 10_000;
const WAITS = 'MODULE_WAITS';

export interface ImportOptions {
  /** Called before the first ES module: it cannot be before, as what is offered must be known (hooks.ts). */
  readonly prepareEsm: () => void;
  readonly limit?: number;
}

/**
 * Loads modules as Node would: `require` for CommonJS, `import` for the rest. Rejects with what the module threw, or when it
 * takes longer than 10 s. Nothing can be done here against one that keeps the thread (watchdog.ts).
 */
export function importer({ prepareEsm, limit = LIMIT }: ImportOptions): Import {
  let prepared = false;
  const esm = (file: string): Promise<unknown> => {
    if (!prepared) prepareEsm();
    prepared = true;
    return import(pathToFileURL(file).href);
  };
  return async (module) => {
    const require = createRequire(path.join(path.dirname(module.path), 'x.js'));
    const file = module.kind === 'package' ? entryOf(module, require) : module.path;
    if (/\.(?:mjs|[cm]?ts)$/.test(file)) return inTime(esm(file), limit);
    try {
      return require(file);
    } catch (e) {
      // Node before 22.12 says so for some forms of ES modules, and any Node for one that waits at its top level.
      if (errno(e) === 'ERR_REQUIRE_ESM' || errno(e) === 'ERR_REQUIRE_ASYNC_MODULE') return inTime(esm(file), limit);
      throw e;
    }
  };
}

/** Was it given up because it waits for something that does not come? */
export function isWaiting(e: unknown): boolean { return errno(e) === WAITS; }

/** What is wrong, in one line, with the place in one of these modules where it is known. */
export function failureOf(e: unknown, modules: readonly Candidate[]): string {
  const error = asError(e);
  // A failed require tells its whole way; the first line says what is missing.
  const text = error.message.split('\n')[0] ?? '';
  const at = blame(error, modules)?.at;
  return `${['Error', 'MgrError'].includes(error.name) || text.startsWith(error.name) ? '' : `${error.name}: `}${text}${at === undefined ? '' : ` (${at})`}`;
}

// A package whose exports are for import alone has no way for require.
function entryOf(module: Candidate, require: NodeJS.Require): string {
  try {
    return require.resolve(module.path);
  } catch (e) {
    const pkg = require(path.join(module.path, 'package.json')) as { exports?: unknown; module?: unknown };
    const main = importPath(pkg.exports) ?? (typeof pkg.module === 'string' ? pkg.module : undefined);
    if (main === undefined) throw e;
    return path.join(module.path, main);
  }
}

function importPath(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return undefined;
  const at = exports as Readonly<Record<string, unknown>>;
  return importPath(at['.'] ?? at['import'] ?? at['node'] ?? at['default']);
}

function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(Object.assign(new Error(`it was not loaded within ${ms} ms: it waits at its top level`), { code: WAITS })), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
