import { MgrError } from '../../base/errors.js';
import type { SettingsSet } from '../../protocol/views.js';
import { renderSettings } from '../render/settings.js';
import { isOn } from '../values.js';
import { printable } from '../width.js';
import type { Cli, Command } from '../world.js';

const CALM = { flags: '--no-restart', summary: 'restart nothing: what cannot be taken over while running counts from the next start' };

export const set: Command = {
  args: '[key] [value...]',
  options: [CALM],
  loose: true,
  run(cli, { args: [key, value, ...more], options }) {
    const calm = options['restart'] === false;
    const words = [value, ...more].filter((w) => w !== undefined);
    if (key !== undefined && words.length > 0 && words.every((w) => /^[^=\s:]+=/.test(w)) && !/[:.]/.test(key)) {
      return store(cli, words.map((w) => [`${quoted(key)}:${quoted(w.slice(0, w.indexOf('=')))}`, w.slice(w.indexOf('=') + 1)]), calm);
    }
    if (more.length > 0) throw new MgrError('BAD_USAGE', { reason: `set: got ${words.length} values for \`${key ?? ''}\``, fix: 'usage: mgr set <module>:<key> <value>, or mgr set <module> <key>=<value>…' });
    if (key !== undefined && value !== undefined) return store(cli, [[key, value]], calm);
    throw incomplete(key);
  },
};

// PM2 opens an editor on the file for no key; here half a setting is a slip.
function incomplete(key: string | undefined): MgrError {
  if (key === undefined) return new MgrError('BAD_USAGE', { reason: 'set: got nothing, wanted a key and a value', fix: 'usage: mgr set <module>:<key> <value>; `mgr conf` shows all settings' });
  if (/[:.]/.test(key)) return new MgrError('BAD_USAGE', { reason: `set: got no value for \`${key}\``, fix: `usage: mgr set ${key} <value>; \`mgr get ${key}\` shows the present one` });
  return new MgrError('BAD_USAGE', { reason: `set: got only \`${key}\`, wanted a key and a value`, fix: `\`mgr conf ${key}\` shows the settings of a module; usage: mgr set ${key}:<key> <value>` });
}

/** Pairs as one text or as words; quotes keep blanks together. */
export const multiset: Command = {
  args: '<pairs...>',
  options: [CALM],
  loose: true,
  async run(cli, { args, options }) {
    const words = args.length === 1 ? wordsOf(args[0] ?? '') : args;
    if (words.length === 0 || words.length % 2 !== 0) {
      throw new MgrError('BAD_USAGE', { reason: `multiset: got ${words.length} words, wanted pairs of a key and a value`, fix: 'mgr multiset "mod:a 1 mod:b 2"' });
    }
    const entries: [string, string][] = [];
    for (let i = 0; i < words.length; i += 2) entries.push([words[i] ?? '', words[i + 1] ?? '']);
    return store(cli, entries, options['restart'] === false);
  },
};

/** One value as it is; a section or everything as the commands that would set it again. */
export const get: Command = {
  args: '[key]',
  options: [{ flags: '--show-secrets', summary: 'do not mask secrets' }],
  run: (cli, { args: [key], options }) => show(cli, key === 'all' ? undefined : key, isOn(options, 'showSecrets')),
};

export const unset: Command = {
  args: '<key>',
  async run(cli, { args: [key = ''] }) {
    checkKey(key);
    const { removed, applied, name } = await (await cli.daemon()).call('settings.unset', { key });
    if (!removed) throw new MgrError('NO_SUCH_SETTING', { key });
    cli.out.done(`removed ${key}`);
    if (applied === 'live') cli.out.done(`${name ?? key} took it over while running`);
    return 0;
  },
};

/** An edit of module_conf.json is seen by itself; this waits for it and tells. */
export const reloadConfig: Command = {
  args: '',
  async run(cli) {
    const { said } = await (await cli.daemon()).call('settings.reread', {});
    for (const text of said) cli.out.done(printable(text.replace(/^module_conf\.json: /, '')));
    if (said.length === 0) cli.out.done('nothing new; an edit is taken by itself a moment after it is made');
    return said.some((text) => text.includes('not applied')) ? 1 : 0;
  },
};

/** Saves and tells what came of it. */
export async function store(cli: Cli, entries: readonly (readonly [string, string])[], calm = false): Promise<number> {
  for (const [key] of entries) checkKey(key);
  const results = await (await cli.daemon()).call('settings.set', { entries, ...(calm && { restart: false as const }) });
  const hidden = new Set(results.flatMap((r) => r.secret ?? []));
  for (const [key, value] of entries) cli.out.done(`saved ${key} = ${hidden.has(key) ? '********' : value}`);
  for (const text of results.flatMap((r) => r.warnings ?? [])) cli.out.notice(`mgr: ${printable(text)}`);
  const told = new Set<string>();
  for (const r of results) {
    // Several keys of one module restart it once, and it is said once.
    const line = outcomeOf(r);
    if (line !== '' && !told.has(line)) cli.out.done(line);
    told.add(line);
  }
  return 0;
}

/** `hot took it over while running (applied hot, 3 ms)` */
function outcomeOf({ section, name, applied, ms, pids = [], why }: SettingsSet): string {
  const reason = why === undefined ? '' : `: ${printable(why)}`;
  if (applied === 'live') return `${name ?? section} took it over while running${ms === undefined ? '' : ` (applied hot, ${Math.round(ms)} ms)`}`;
  if (applied === 'restarted' && pids.length > 0 && pids.every(([before]) => before === 0)) return `${name ?? section} was started with it (pid ${pids.map(([, after]) => after).join(', ')})`;
  if (applied === 'restarted') return `${name ?? section} was restarted with it${pids.length === 0 ? '' : ` (pid ${pids.map(([before, after]) => `${before} → ${after}`).join(', ')})`}${reason}`;
  // A key without a section is nobody's.
  return name === undefined ? '' : `stored: ${name} has it from its next start${reason}`;
}

/** As the commands that would set it again. */
export async function show(cli: Cli, key: string | undefined, secrets = false): Promise<number> {
  if (key !== undefined) checkKey(key);
  const { found, value } = await (await cli.daemon()).call('settings.get', { ...(key !== undefined && { key }), ...(secrets && { secrets }) });
  if (key !== undefined && !found) throw new MgrError('NO_SUCH_SETTING', { key });
  cli.out.answer(renderSettings(key, value));
  return 0;
}

// A dot or a colon in a name is no separator.
export function quoted(part: string): string { return /[.:]/.test(part) ? `"${part}"` : part; }

function checkKey(key: string): void {
  if (key.trim() === '') throw new MgrError('BAD_KEY', { key, reason: 'it is empty' });
}

function wordsOf(line: string): string[] {
  return Array.from(line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), (m) => m[1] ?? m[2] ?? m[3] ?? '');
}
