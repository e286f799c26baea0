import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MgrError } from '../base/errors.js';
import type { Probe } from './probe.js';
import { splitWords } from './words.js';

export interface Runtime {
  /** The Node that runs now. */
  readonly execPath: string;
  /** Its version, `20.20.2`. */
  readonly version: string;
  /** Absolute path of a command in PATH. */
  readonly which: (command: string) => string | undefined;
  /** Our own file server: what `script: "serve"` means where no file of that name is. */
  readonly serve?: string;
}

export interface Interpreter {
  /** Absolute path, or `none`: run the file itself. */
  readonly interpreter: string;
  /** Arguments that belong to the choice, before those that were asked for. */
  readonly args: readonly string[];
  readonly node: boolean;
  readonly python: boolean;
}

const NODE = new Set(['.js', '.mjs', '.cjs']);
const TS = new Set(['.ts', '.mts', '.cts', '.tsx']);
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  '.sh': ['bash', 'sh'], '.py': ['python', 'python3'], '.rb': ['ruby'], '.php': ['php'], '.pl': ['perl'], '.coffee': ['coffee'], '.ls': ['lsc'],
};

interface Ask { readonly name: string; readonly file: string; readonly cwd: string; readonly explicit: string | undefined; readonly runtime: Runtime; readonly probe: Probe }

/**
 * What runs a file: the one asked for; else by extension; else by its first line; else the file itself when it is a
 * program; else Node. A first line that names node gives Node itself, so that the program gets its message channel.
 */
export function chooseInterpreter(ask: Ask): Interpreter {
  if (ask.explicit !== undefined) return explicitly(ask, ask.explicit);
  const extension = path.extname(ask.file).toLowerCase();
  if (NODE.has(extension)) return node(ask);
  if (TS.has(extension)) return typescript(ask, extension);
  const names = OTHERS[extension];
  if (names) return found(ask, names);
  const head = ask.probe.head(ask.file);
  const first = head === undefined ? undefined : /^#!\s*(.+)/.exec(head.toString('latin1').split('\n')[0] ?? '')?.[1];
  if (first !== undefined) return byFirstLine(ask, first);
  // A program that may be run but not read has no head to look at.
  return ask.probe.executable(ask.file) || (head !== undefined && isBinary(head)) ? itself(false) : node(ask);
}

function explicitly(ask: Ask, wanted: string): Interpreter {
  if (wanted === 'none') return itself(false);
  if (wanted === 'node') return node(ask);
  if (!wanted.includes('/')) return found(ask, [wanted]);
  const file = path.resolve(ask.cwd, wanted);
  if (ask.probe.look(file).is !== 'file' || !ask.probe.executable(file)) throw new MgrError('INTERPRETER_NOT_FOUND', { name: ask.name, interpreter: wanted, path: file });
  return named(file, path.basename(file), []);
}

function byFirstLine(ask: Ask, line: string): Interpreter {
  const [program = '', ...rest] = splitWords(line.trim());
  // `env -S node --flag`, `env NAME=value node`: the program is the first word that is neither.
  const skip = path.basename(program) === 'env' ? rest.findIndex((w) => !w.startsWith('-') && !w.includes('=')) : -1;
  const name = skip < 0 ? program : rest[skip] ?? '';
  const args = skip < 0 ? rest : rest.slice(skip + 1);
  const base = path.basename(name);
  if (base === 'node' || base === 'nodejs') return { ...(name.includes('/') && ask.probe.executable(name) ? named(name, base, []) : node(ask)), args };
  if (ask.probe.executable(ask.file)) return itself(base.includes('python'));
  if (name.includes('/') && ask.probe.executable(name)) return named(name, base, args);
  return { ...found(ask, [base]), args };
}

function typescript(ask: Ask, extension: string): Interpreter {
  const [major = 0, minor = 0] = ask.runtime.version.replace(/^v/, '').split('.').map(Number);
  if (extension !== '.tsx') {
    if (major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)) return node(ask);
    if (major === 23 || (major === 22 && minor >= 6)) return { ...node(ask), args: ['--experimental-strip-types'] };
  }
  const own = installed(ask, 'tsx');
  // Its loader in Node itself: one process instead of two, and the program has its messages and may be a worker of a cluster.
  const loader = own === undefined ? undefined : path.resolve(own, '../../tsx/dist/loader.mjs');
  if (loader !== undefined && ask.probe.readable(loader)) return { ...node(ask), args: ['--import', pathToFileURL(loader).href] };
  const tsx = own ?? ask.runtime.which('tsx');
  if (tsx !== undefined) return named(tsx, 'tsx', []);
  const bun = ask.runtime.which('bun');
  if (bun !== undefined) return named(bun, 'bun', []);
  throw new MgrError('INTERPRETER_NOT_FOUND', { name: ask.name, interpreter: 'tsx', fix: `${extension} files need Node 22.18 or newer${extension === '.tsx' ? ' and a JSX compiler' : ''}, or \`tsx\` or \`bun\` in PATH or in the app's node_modules; this is Node ${ask.runtime.version}` });
}

// What `npx` would find: node_modules/.bin of the folder and of those above it.
function installed(ask: Ask, command: string): string | undefined {
  for (let dir = path.dirname(ask.file); ; dir = path.dirname(dir)) {
    const file = path.join(dir, 'node_modules', '.bin', command);
    if (ask.probe.executable(file)) return file;
    if (dir === path.dirname(dir)) return undefined;
  }
}

function found(ask: Ask, names: readonly string[]): Interpreter {
  for (const name of names) {
    const file = ask.runtime.which(name);
    if (file !== undefined) return named(file, name, []);
  }
  throw new MgrError('INTERPRETER_NOT_FOUND', { name: ask.name, interpreter: names[0] ?? '' });
}

const node = (ask: Ask): Interpreter => ({ interpreter: ask.runtime.execPath, args: [], node: true, python: false });
const itself = (python: boolean): Interpreter => ({ interpreter: 'none', args: [], node: false, python });
const named = (file: string, name: string, args: readonly string[]): Interpreter => ({ interpreter: file, args, node: /^node(?:js|-?\d[\d.]*)?$/.test(name), python: name.includes('python') });

function isBinary(head: Buffer): boolean {
  return head.includes(0);
}
