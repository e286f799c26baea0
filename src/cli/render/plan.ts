import type { AppPlan, Plan } from '../../config/plan.js';
import type { KeyChange, VarChange } from '../../config/plan-keys.js';
import { paint } from '../output.js';
import type { Paint } from '../output.js';
import { cut, pad, printable, width } from '../width.js';

const MOST = 60;

/** What `apply` would do, app by app, each changed option and variable on a line of its own; then the sum. */
export function renderPlan(plan: Plan, faulty: number, look: { readonly colour: boolean }): string {
  const p = paint(look.colour);
  const blocks = plan.apps.filter((a) => a.action !== 'keep').map((a) => block(a, p));
  const kept = plan.apps.filter((a) => a.action === 'keep').map((a) => printable(a.name));
  if (kept.length > 0) blocks.push(p.dim(`= ${kept.length > 8 ? `${kept.length} apps` : kept.join(', ')}: unchanged`));
  return [...blocks, '', sum(plan, faulty)].map((l) => `${l}\n`).join('');
}

function block(a: AppPlan, p: Paint): string {
  const name = printable(a.name);
  const ids = a.ids.length === 0 ? '' : ` (${a.ids.join(', ')})`;
  if (a.action === 'remove') return `${p.red(`- ${name}${ids}`)}: no longer in the file, ${a.left === true ? 'and left alone without --prune' : 'stopped and forgotten'}`;
  if (a.action === 'start') return `${p.green(`+ ${name}${ids}`)}: start${a.why === undefined ? '' : ` (${printable(a.why)})`}`;
  const rows = [
    ...(a.instances ? [{ name: 'instances', from: String(a.instances.from), to: String(a.instances.to), note: '' }] : []),
    ...a.keys.map(keyRow),
    ...a.vars.map(varRow),
  ];
  const room = rows.reduce((w, r) => Math.max(w, width(r.name)), 0);
  const lines = rows.map((r) => `    ${pad(r.name, room)}  ${change(r, p)}${r.note === '' ? '' : p.dim(`  (${r.note})`)}`);
  const how = a.restart !== false ? a.restart : a.starts === true ? 'start' : 'at once, the program is not touched';
  return [`${p.yellow(`~ ${name}${ids}`)}: ${how}${a.why === undefined ? '' : ` (${printable(a.why)})`}`, ...lines].join('\n');
}

interface Row { readonly name: string; readonly from: string | undefined; readonly to: string | undefined; readonly note: string }

function keyRow(k: KeyChange): Row {
  if (k.from === undefined && k.to === undefined) return { name: k.key, from: undefined, to: undefined, note: 'same values from other places' };
  return { name: k.key, from: shown(k.from), to: shown(k.to), note: '' };
}

function varRow(v: VarChange): Row {
  const hidden = v.from !== undefined && v.from === v.to ? 'another value; --show-secrets shows it' : '';
  return { name: `env.${printable(v.name)}`, from: v.from === undefined ? undefined : shown(v.from), to: v.to === undefined ? undefined : shown(v.to), note: v.inherited === true ? 'removed from the file; the shell it was started by has it too' : hidden };
}

function change({ from, to }: Row, p: Paint): string {
  if (from === undefined && to === undefined) return '';
  if (from === undefined) return `${p.green('+')} ${to ?? ''}`;
  if (to === undefined) return `${p.red('-')} ${p.dim(from)}`;
  return `${p.dim(from)} -> ${to}`;
}

function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? '';
  return text === '' ? '""' : cut(printable(text), MOST);
}

function sum(plan: Plan, faulty: number): string {
  const count = (action: AppPlan['action']): number => plan.apps.filter((a) => a.action === action && a.left !== true).length;
  const parts = [[count('start'), 'to start'], [count('change'), 'to change'], [count('remove'), 'to remove'], [faulty, 'cannot be started']] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  return said.length === 0 ? 'nothing to do: everything is as the file says' : said.join(', ');
}
