import path from 'node:path';
import type { EnvRow, EnvSource } from '../../config/explain.js';
import { paint } from '../output.js';
import { type Column, table } from '../table.js';
import { printable } from '../width.js';

const SOURCES: Readonly<Record<string, string>> = {
  shell: 'shell that started it', mgr: 'added by mgr', settings: 'mgr set', increment_var: 'increment_var', python: 'added for Python', filter_env: 'kept out by filter_env', 'taken away': 'taken away (null)',
};

/** Each variable, its value, where it comes from, and what lies under it. `origin`: the config file. */
export function renderEnv(rows: readonly EnvRow[], origin: string | undefined, look: { readonly colour: boolean; readonly columns: number | undefined }): string {
  const p = paint(look.colour);
  const columns: Column<EnvRow>[] = [
    { title: 'variable', text: (r) => r.name, least: 12 },
    { title: 'value', text: valueOf, least: 16, tint: (s, r) => (r.secret === undefined ? s : p.cyan(s)) },
    { title: 'from', text: (r) => sourceOf(r.from, origin), least: 12, tint: (s, r) => (r.from === 'mgr' || r.from === 'shell' ? p.dim(s) : p.green(s)) },
    { title: 'covers', text: (r) => r.shadows.map((s) => `${valueOf(s)} (${sourceOf(s.from, origin)})`).join(', '), least: 10, tint: (s) => p.dim(s) },
  ];
  // In a pipe nothing is cut: a long PATH in the middle would push the rest out of sight.
  const [name, value, from, covers] = columns;
  const piped = [name, from, covers, value].filter((c) => c !== undefined);
  return table(rows, look.columns === undefined ? [piped] : [columns, columns.slice(0, 3)], { columns: look.columns, head: p.bold, line: p.dim });
}

function valueOf({ value, secret }: EnvSource): string {
  if (secret !== undefined) return `{secret ${printable(secret)}}`;
  return value === undefined ? '' : value === '' ? '""' : printable(value);
}

function sourceOf(from: string, origin: string | undefined): string {
  const file = origin === undefined ? '' : ` in ${path.basename(origin)}`;
  return SOURCES[from] ?? `${from}${file}`;
}
