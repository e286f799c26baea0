import type { FormView, SettingRow } from '../../protocol/views.js';
import { paint } from '../output.js';
import { table, type Column, type TableStyle } from '../table.js';

interface Look { readonly columns: number | undefined; readonly colour: boolean }

/** Each setting: what is in force, where it comes from, what it would be without, what it is for. */
export function renderConf({ rows, module }: FormView, look: Look): string {
  const p = paint(look.colour);
  const style: TableStyle = { columns: look.columns, head: (t) => p.bold(p.cyan(t)), line: p.dim };
  const key: Column<SettingRow> = { title: 'setting', text: (r) => r.key, tint: (cell) => p.bold(cell), least: 8 };
  const value: Column<SettingRow> = { title: 'value', text: (r) => (r.value === undefined ? (r.required === true ? 'required, not set' : '') : `${word(r.value)}${r.unit === undefined || r.secret === true ? '' : ` ${r.unit}`}`), tint: (cell, r) => (r.unknown === true || (r.value === undefined && r.required === true) ? p.yellow(cell) : cell), least: 6 };
  const usual: Column<SettingRow> = { title: 'default', text: (r) => (r.default === undefined ? '' : word(r.default)), least: 6 };
  const from: Column<SettingRow> = { title: 'from', text: (r) => r.from ?? '', least: 6 };
  const type: Column<SettingRow> = { title: 'type', text: (r) => r.type, least: 6 };
  const about: Column<SettingRow> = { title: 'what it is', text: (r) => (r.unknown === true ? `not a setting of ${module}` : r.description ?? ''), least: 10 };
  return table(rows, [[key, value, usual, from, type, about], [key, value, usual, from, about], [key, value, from], [key, value]], style);
}

/** Every source that has a value, the lowest first; what counts is marked. */
export function renderLayers({ rows, module }: FormView, look: Look): string {
  const p = paint(look.colour);
  return rows.map((r) => `${p.bold(`${module}:${r.key}`)}${r.layers.length === 0 ? '  not set' : ''}\n${r.layers.map((l, i) => { const line = `${i === r.layers.length - 1 ? '→' : ' '} ${l.from.padEnd(14)}  ${word(l.value)}`; return `  ${i === r.layers.length - 1 ? line : p.dim(line)}\n`; }).join('')}`).join('');
}

/** A `.env` file with every variable, its meaning and its default, each commented out. */
export function renderEnvTemplate({ rows }: FormView): string {
  return rows.filter((r) => r.variable !== undefined).map((r) => {
    const about = [r.description ?? '', `${r.type}${r.unit === undefined ? '' : `, ${r.unit}`}${r.required === true ? ', required' : ''}`].filter((t) => t !== '').join(' — ');
    const shown = r.default === undefined || r.secret === true ? '' : word(r.default);
    return `# ${about.replaceAll('\n', ' ')}\n#${r.variable ?? ''}=${/[\s#"']/.test(shown) ? JSON.stringify(shown) : shown}\n`;
  }).join('\n');
}

/** Below the help of `conf`: what can be set, and how. */
export function renderConfHelp({ rows, module }: FormView): string {
  const lines = rows.filter((r) => r.unknown !== true).map((r): readonly [string, string] => {
    const facts = [r.unit, r.required === true ? 'required' : undefined, r.default === undefined || r.secret === true ? undefined : `default ${word(r.default)}`, r.variable].filter((t) => t !== undefined);
    return [`${r.key} <${r.type}>`, [r.description ?? '', facts.length === 0 ? '' : `(${facts.join(', ')})`].filter((t) => t !== '').join(' ')];
  });
  const width = Math.min(40, Math.max(0, ...lines.map(([left]) => left.length)));
  return `\nSettings of ${module}: mgr set ${module}:<setting> <value>\n${lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join('\n')}\n`;
}

/** What is in force as JSON, nested as in module_conf.json. Masked secrets are left out: it can be taken in again. */
export function dumpConf({ rows }: FormView): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const r of rows) {
    if (r.value === undefined || (r.secret === true && r.value === '********')) continue;
    const path = r.key.split(':');
    let at = out;
    for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
    at[path.at(-1) ?? ''] = r.value;
  }
  return out;
}

function word(value: unknown): string { return typeof value === 'string' ? value : JSON.stringify(value) ?? ''; }
