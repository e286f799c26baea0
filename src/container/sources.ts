import fs from 'node:fs/promises';
import path from 'node:path';
import { ModuleError, reasonOf } from './errors.js';
import { isPlain } from './schema.js';
import { parseJson } from '../base/json-text.js';
import { nearest } from '../base/nearest.js';
import { pairs, strayError, type Pair } from './assign.js';
import { parseArgv, type Arguments } from './argv.js';
import type { Catalog } from './catalog.js';
import type { MaybePromise } from './types.js';

/**
 * The layers, low to high. A file lies below variables and flags, as everybody expects; what is set while running lies above
 * them, so that it has an effect. Only overrides are stronger.
 */
export const SEQUENCE = {
  default: 100, package: 150, modules: 200, defaults: 300, file: 350, env: 400, secrets: 500, argv: 600, store: 800, overrides: 1000,
} as const;

export interface SourceContext {
  readonly catalog: Catalog;
  /** Where relative paths begin. */
  readonly cwd: string;
  /** Reads all of standard input, for the file `-`. */
  readonly stdin?: (() => Promise<string>) | undefined;
}

export interface Loaded {
  readonly pairs: readonly (Pair & { readonly detail?: string })[];
  /** Any error refuses the whole configuration. */
  readonly errors?: readonly ModuleError[];
  readonly warnings?: readonly string[];
  /** Of a command line: further files, help, a dump. */
  readonly asked?: Pick<Arguments, 'files' | 'help' | 'dump'>;
}

/** Where values come from. Loaded at the start and again at each reload, so it should say what is so now. */
export interface Source {
  readonly name: string;
  /** Its place among the layers; higher wins. */
  readonly sequence: number;
  load(context: SourceContext): MaybePromise<Loaded>;
}

/** The same source at another place. */
export const withSequence = (source: Source, sequence: number): Source => ({ name: source.name, sequence, load: (c) => source.load(c) });

/** An object, or a function that gives one. `lenient`: unknown keys are no error, and a warning only when they nearly fit. */
export function objectSource(name: string, sequence: number, values: unknown, o: { readonly detail?: string; readonly lenient?: boolean } = {}): Source {
  return {
    name, sequence,
    load: async ({ catalog }) => taken(catalog, typeof values === 'function' ? await (values as () => unknown)() : values, { name, detail: o.detail ?? '', lenient: o.lenient ?? false }),
  };
}

/** A JSON file; `-` is standard input. `optional`: that it does not exist is no error. */
export function fileSource(file: string, o: { readonly name?: string; readonly sequence?: number; readonly optional?: boolean } = {}): Source {
  const name = o.name ?? 'file';
  let piped: string | undefined; // can be read only once
  return {
    name, sequence: o.sequence ?? SEQUENCE.file,
    load: async (context) => {
      const wrong = (why: string): Loaded => ({ pairs: [], errors: [new ModuleError('E_CONFIG', `${file}: ${why}`, { source: `${name} ${file}` })] });
      let text: string;
      try {
        text = file === '-' ? piped ??= await (context.stdin?.() ?? Promise.resolve('')) : await fs.readFile(path.resolve(context.cwd, file), 'utf8');
      } catch (e) {
        if (o.optional === true && (e as { code?: unknown }).code === 'ENOENT') return { pairs: [] };
        return wrong(`cannot be read: ${reasonOf(e)}`);
      }
      const parsed = parseJson(text);
      if (!parsed.ok) return wrong(`line ${parsed.line}, column ${parsed.column}: ${parsed.reason}`);
      if (!isPlain(parsed.value)) return wrong('wanted a JSON object');
      return taken(context.catalog, parsed.value, { name, detail: file, lenient: false });
    },
  };
}

/** Environment variables. A variable that nobody declared is told once, when it has our prefix or nearly fits. */
export function envSource(env: Readonly<Record<string, string | undefined>>, sequence: number = SEQUENCE.env): Source {
  const told = new Set<string>();
  return {
    name: 'env', sequence,
    load: ({ catalog }) => {
      const known = new Set([...catalog.slots, ...catalog.choices].flatMap((s) => s.env));
      const found = [...catalog.slots, ...catalog.choices].flatMap((s) => {
        const name = s.env.find((n) => env[n] !== undefined);
        return name === undefined ? [] : [{ path: s.path, value: env[name], detail: name }];
      });
      const warnings = Object.keys(env).sort().filter((n) => !known.has(n) && !told.has(n)).flatMap((n) => {
        const ours = catalog.prefix !== undefined && n.startsWith(catalog.prefix);
        const module = catalog.modules.some((m) => m.schema.fields.length > 0 && n.startsWith(`${m.name.replaceAll('-', '_').toUpperCase()}_`));
        const near = ours || module ? nearest(n, known) : undefined;
        if (!ours && near === undefined) return [];
        told.add(n);
        return [`environment variable ${n} is not known${near === undefined ? '' : `; did you mean ${near}?`}`];
      });
      return { pairs: found, warnings };
    },
  };
}

/** A command line, without node and the script. */
export function argvSource(argv: readonly string[], sequence: number = SEQUENCE.argv): Source {
  return {
    name: 'argv', sequence,
    load: ({ catalog }) => {
      const { files, help, dump, ...rest } = parseArgv(catalog, argv);
      return { pairs: rest.pairs, errors: rest.errors, asked: { files, help, dump } };
    },
  };
}

function taken(catalog: Catalog, values: unknown, o: { readonly name: string; readonly detail: string; readonly lenient: boolean }): Loaded {
  const source = o.detail === '' ? o.name : `${o.name} ${o.detail}`;
  if (values === undefined || values === null) return { pairs: [] };
  if (!isPlain(values)) return { pairs: [], errors: [new ModuleError('E_CONFIG', `${source}: got ${Array.isArray(values) ? 'a list' : typeof values}, wanted an object of modules`, { source })] };
  const found = pairs(catalog, values);
  const own = found.pairs.map((p) => ({ ...p, detail: o.detail }));
  if (!o.lenient) return { pairs: own, errors: found.strays.map((s) => strayError(s, source)) };
  return { pairs: own, warnings: found.strays.filter((s) => s.near !== undefined).map((s) => `${source}: \`${s.path}\` is not known; did you mean \`${s.near ?? ''}\`?`) };
}
