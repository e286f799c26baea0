import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MgrError, reasonOf } from '../base/errors.js';
import { parseJson } from '../base/json-text.js';
import type { FormView } from '../protocol/views.js';
import { quoted } from './commands/settings.js';
import type { Cli } from './world.js';

/**
 * What `conf --dump` wrote, as entries to be set: only what differs from what is in force, so that defaults stay defaults.
 * Throws BAD_FILE, BAD_OPTION.
 */
export async function importedEntries(cli: Cli, form: FormView, from: string): Promise<[string, string][]> {
  const file = from === '-' ? 'standard input' : path.resolve(cli.world.cwd(), from);
  const bad = (reason: string, cause?: unknown): MgrError => new MgrError('BAD_FILE', { file, reason, fix: 'wanted: an object of settings, as `mgr conf <module> --dump` writes it; nothing was changed' }, cause);
  let text: string;
  try {
    text = from === '-' ? await cli.world.stdin() : fs.readFileSync(file, 'utf8');
  } catch (e) {
    throw bad(reasonOf(e), e);
  }
  const parsed = parseJson(text);
  if (!parsed.ok) throw bad(`line ${parsed.line}, column ${parsed.column}: ${parsed.reason}`);
  if (!isBag(parsed.value)) throw bad('it holds no object');
  const entries: [string, string][] = [];
  const walk = (bag: Readonly<Record<string, unknown>>, above: readonly string[]): void => {
    for (const [name, value] of Object.entries(bag)) {
      const at = [...above, name];
      const row = form.rows.find((r) => r.key === at.join(':'));
      const key = [form.module, ...at].map(quoted).join(':');
      if (value === null) throw new MgrError('BAD_OPTION', { path: key, got: 'null', wanted: 'a value', fix: 'leave it out; nothing was changed' });
      if (row === undefined && isBag(value)) walk(value, at);
      else if (row === undefined || !isDeepStrictEqual(row.value, value)) entries.push([key, typeof value === 'string' ? value : JSON.stringify(value)]);
    }
  };
  walk(parsed.value, []);
  return entries;
}

const isBag = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === 'object' && v !== null && !Array.isArray(v);
