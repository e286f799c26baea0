/**
 * Hooks of Node's loader of ES modules, in two ways: in the thread of the program where Node can (22.15 and on), else in the
 * thread it has for that. They give the names that are offered (offers.ts) their place, and take the types out of TypeScript
 * where Node does not do it by itself (before 22.18). Built into a file of its own (dist/host-hooks.cjs): it is loaded with
 * the first ES module only.
 */
import fs from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { plainJavaScript } from './typescript.js';

export interface HookData {
  /** Name -> URL. */
  readonly urls: Readonly<Record<string, string>>;
  /** Node leaves types where they are. */
  readonly strip: boolean;
}

interface Resolved { url: string; format?: string; shortCircuit?: boolean }
interface Loaded { format: string; source?: string; shortCircuit?: boolean }

let data: HookData = { urls: {}, strip: false };

/** Called by Node in its thread. */
export function initialize(given: HookData): void { data = given; }

export function resolve<C>(specifier: string, context: C, next: (s: string, c: C) => Resolved): Resolved {
  const url = data.urls[specifier];
  return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
}

export function load<C>(url: string, context: C, next: (u: string, c: C) => Loaded): Loaded {
  if (!data.strip || !/^file:.*\.[cm]?ts$/.test(url)) return next(url, context);
  const file = fileURLToPath(url);
  const source = plainJavaScript(fs.readFileSync(file, 'utf8'), file);
  return { format: formatOf(file, source), source, shortCircuit: true };
}

interface Registering { registerHooks?: (hooks: { resolve: typeof resolve; load: typeof load }) => unknown; register: (at: string, o: { data: HookData }) => void }

/** Installs them for this program. `self`: this file, as Node may load it. */
export function installHooks(given: HookData, self: string): void {
  const loader = Module as unknown as Registering;
  if (loader.registerHooks) {
    data = given;
    loader.registerHooks({ resolve, load });
  } else {
    loader.register(pathToFileURL(self).href, { data: given });
  }
}

// As Node tells them apart: by the ending, else by the package, else by what is written.
function formatOf(file: string, source: string): 'module' | 'commonjs' {
  if (file.endsWith('.mts')) return 'module';
  if (file.endsWith('.cts')) return 'commonjs';
  const type = typeOf(path.dirname(file));
  if (type !== undefined) return type === 'module' ? 'module' : 'commonjs';
  return /^\s*(?:import\s*[\w{*'"]|export\s+[\w{*])/m.test(source) ? 'module' : 'commonjs';
}

/** `type` of the nearest package.json; undefined: it says none, or there is none. */
export function typeOf(dir: string): unknown {
  for (let at = dir; ; at = path.dirname(at)) {
    const file = path.join(at, 'package.json');
    if (fs.existsSync(file)) return (JSON.parse(fs.readFileSync(file, 'utf8')) as { type?: unknown }).type;
    if (at === path.dirname(at)) return undefined;
  }
}
