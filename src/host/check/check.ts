import { argumentsAt, depthAt, lineOf, readCode, type Code } from './code.js';

/** What a look at a module's source finds. */
export interface Finding {
  readonly line: number;
  /** `error`: it throws when it comes there. */
  readonly level: 'warning' | 'error';
  readonly what: string;
  readonly fix: string;
}

/**
 * The pitfalls that Deployd's guide names, and the one its own sample falls into: work on a timer, which runs in every
 * instance; files written where they are lost; functions of node:fs without the callback they insist on.
 */
export function checkSource(source: string): Finding[] {
  const code = readCode(source);
  return [...timers(code), ...files(code)].sort((a, b) => a.line - b.line);
}

const SCHEDULERS = ['node-schedule', 'node-cron', 'cron', 'croner', 'agenda', 'bree', 'toad-scheduler'];

function* timers(code: Code): Generator<Finding> {
  const fix = (every: string): string => `process.server.jobs.schedule('<name>', ${every}, handler) runs it once, however many instances there are`;
  for (const m of code.bare.matchAll(/(?<![\w$.])setInterval\s*\(/g)) {
    if (depthAt(code, m.index) > 0) continue;
    const every = argumentsAt(code, m.index + m[0].length - 1)?.[1];
    yield { line: lineOf(code, m.index), level: 'warning', what: 'setInterval at the top level runs in every instance', fix: fix(`{ every: ${every ?? '60000'} }`) };
  }
  for (const { name, index } of imports(code.source)) {
    if (SCHEDULERS.includes(name)) yield { line: lineOf(code, index), level: 'warning', what: `${name} keeps its schedule in memory, in every instance`, fix: fix("'<cron line>'") };
  }
}

/** Functions of node:fs that want a callback -> their arguments with it. */
const CALLBACKS: Readonly<Record<string, number>> = {
  access: 2, appendFile: 3, chmod: 3, chown: 4, copyFile: 3, cp: 3, link: 3, lstat: 2, mkdir: 2, mkdtemp: 2, open: 2, readFile: 2, readdir: 2, readlink: 2,
  realpath: 2, rename: 3, rm: 2, rmdir: 2, stat: 2, symlink: 3, truncate: 2, unlink: 2, utimes: 4, writeFile: 3,
};
/** Those that write -> which argument is the place. */
const WRITES: Readonly<Record<string, number>> = { appendFile: 0, copyFile: 1, cp: 1, createWriteStream: 0, mkdir: 0, rename: 1, symlink: 1, writeFile: 0 };

function* files(code: Code): Generator<Finding> {
  const safe = safeNames(code);
  for (const { name, index, open, promised } of calls(code)) {
    const given = argumentsAt(code, open);
    if (given === undefined) continue;
    const line = lineOf(code, index);
    const wanted = promised ? undefined : CALLBACKS[name];
    // A last argument that can be no function is none.
    if (wanted !== undefined && (given.length < wanted || /^['"`{[\d]/.test(given.at(-1) ?? '')) && !given.some((a) => a.startsWith('...'))) {
      yield { line, level: 'error', what: `fs.${name} without a callback throws (ERR_INVALID_ARG_TYPE), which ends the host`, fix: `fs.${name}(…, (error) => { … }), or await fs.promises.${name}(…)` };
    }
    const place = WRITES[name.replace(/Sync$/, '')];
    const where = place === undefined ? undefined : given[place];
    if (where !== undefined && isOutside(where, safe)) {
      yield { line, level: 'warning', what: `fs.${name}(${where.length > 40 ? `${where.slice(0, 39)}…` : where}) writes outside the module's data folder: it is lost with this copy of the app, and other machines do not see it`, fix: 'process.server.dataDirOf() is a folder that stays, process.server.createStore(\'<name>\') a store that all instances share' };
    }
  }
}

interface FsCall { readonly name: string; readonly index: number; readonly open: number; readonly promised: boolean }

function* calls(code: Code): Generator<FsCall> {
  for (const { name: from, binding } of imports(code.source)) {
    if (binding === '' || !/^(?:node:)?fs(?:\/promises)?$/.test(from)) continue;
    const promised = from.endsWith('/promises');
    const members = /^\{(.*)\}$/s.exec(binding)?.[1];
    if (members !== undefined) {
      for (const member of members.split(',')) {
        const [name = '', as = name] = member.trim().split(/\s*(?::|\bas\b)\s*/);
        if (name !== '') yield* named(code, as, name, promised);
      }
      continue;
    }
    for (const m of code.bare.matchAll(new RegExp(`(?<![\\w$.])${binding.replace(/^\*\s*as\s*/, '').replaceAll('$', '\\$')}\\s*\\.\\s*(promises\\s*\\.\\s*)?(\\w+)\\s*\\(`, 'g'))) {
      yield { name: m[2] ?? '', index: m.index, open: m.index + m[0].length - 1, promised: promised || m[1] !== undefined };
    }
  }
}

function* named(code: Code, as: string, name: string, promised: boolean): Generator<FsCall> {
  for (const m of code.bare.matchAll(new RegExp(`(?<![\\w$.])${as.replaceAll('$', '\\$')}\\s*\\(`, 'g'))) yield { name, index: m.index, open: m.index + m[0].length - 1, promised };
}

/** `const x = require('y')`, `import x from 'y'`, and what is required at once. */
function* imports(source: string): Generator<{ readonly name: string; readonly binding: string; readonly index: number }> {
  for (const m of source.matchAll(/(?:(?:const|let|var|,)\s*(\{[^}]*\}|[\w$]+)\s*=\s*)?\brequire\(\s*['"]([^'"]+)['"]\s*\)/g)) yield { name: m[2] ?? '', binding: m[1] ?? '', index: m.index };
  for (const m of source.matchAll(/^[ \t]*import\s+([^;'"]+?)\s+from\s+['"]([^'"]+)['"]/gm)) {
    // `fs, { promises }` are two.
    for (const binding of (m[1] ?? '').match(/\{[^}]*\}|[^,{}]+/g) ?? []) if (binding.trim() !== '') yield { name: m[2] ?? '', binding: binding.trim(), index: m.index + m[0].indexOf('import') };
  }
}

const SAFE = /\bdataDir(?:Of)?\b|\btmpdir\b/;

/** Names that hold a path in the data folder or in that of temporary files. */
function safeNames(code: Code): Set<string> {
  const safe = new Set<string>();
  for (let before = -1; before !== safe.size;) {
    before = safe.size;
    for (const m of code.source.matchAll(/(?:const|let|var|,)\s*([\w$]+)\s*=\s*([^;\n]+)/g)) if (!isOutside(m[2] ?? '', safe) && uses(m[2] ?? '', safe)) safe.add(m[1] ?? '');
  }
  return safe;
}

const uses = (expression: string, safe: ReadonlySet<string>): boolean => SAFE.test(expression) || [...expression.matchAll(/[\w$]+/g)].some(([word]) => safe.has(word));

/** It says where, and that is not a safe place. A name from elsewhere says nothing. */
function isOutside(expression: string, safe: ReadonlySet<string>): boolean {
  return !uses(expression, safe) && /['"`]|__dirname|\bcwd\b|import\.meta/.test(expression);
}
