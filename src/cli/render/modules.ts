import type { ModuleAudit, PackageNote } from '../../client/installer.js';
import type { ModuleView } from '../../protocol/views.js';
import { maskText } from '../../config/secrets-mask.js';
import { showSize } from '../../base/units.js';
import { paint } from '../output.js';
import { table } from '../table.js';
import type { Column, TableStyle } from '../table.js';
import type { Standing } from '../trust/newer.js';
import { trustWords } from '../trust/words.js';
import { stamp } from './log-line.js';
import { sections } from './sections.js';

interface Look { readonly columns: number | undefined; readonly colour: boolean }
type Row = readonly [ModuleView, Standing | undefined];

/** The lock of the installed modules as a table; with standings, what there is of each today. */
export function renderModules(rows: readonly Row[], look: Look): string {
  const p = paint(look.colour);
  const style: TableStyle = { columns: look.columns, head: (t) => p.bold(p.cyan(t)), line: p.dim };
  const name: Column<Row> = { title: 'name', text: ([m]) => m.name, tint: (cell) => p.bold(cell), least: 8 };
  const version: Column<Row> = { title: 'version', text: ([m]) => m.version };
  const today: Column<Row> = { title: 'today', text: ([m, s]) => (s === undefined ? '' : todayOf(m, s)), tint: (cell, [, s]) => (s?.is === 'outdated' ? p.yellow(cell) : s?.is === 'altered' || s?.is === 'unknown' ? p.red(cell) : cell) };
  const source: Column<Row> = { title: 'source', text: ([m]) => maskText(m.source), least: 10 };
  const former: Column<Row> = { title: 'former', text: ([m]) => m.former ?? '' };
  const by: Column<Row> = { title: 'by', text: ([m]) => m.by ?? '' };
  const at: Column<Row> = { title: 'since', text: ([m]) => (m.at === undefined ? '' : stamp(m.at, 'YYYY-MM-DD HH:mm')) };
  const asked = rows.some(([, s]) => s !== undefined) ? [today] : [];
  return table(rows, [[name, version, ...asked, source, former, by, at], [name, version, ...asked, source, former], [name, version, ...asked]], style);
}

function todayOf(m: ModuleView, s: Standing): string {
  switch (s.is) {
    case 'linked': return 'linked';
    case 'current': return 'current';
    case 'held': return `held (latest ${s.latest})`;
    case 'outdated': return m.version === s.wanted ? `${s.wanted} (another content)` : s.latest === s.wanted ? s.wanted : `${s.wanted} (latest ${s.latest})`;
    case 'altered': return 'altered: another content under the same version';
    case 'unknown': return 'unknown';
  }
}

/** One block of facts a module. */
export function renderAudit(audits: readonly ModuleAudit[], modules: readonly ModuleView[], look: Look): string {
  const { facts } = sections(look);
  return audits.map((a) => {
    const m = modules.find(({ name }) => name === a.name);
    const ran = m?.linked === true ? 'linked: npm runs them' : m?.scripts === true ? 'run' : 'not run';
    return facts(`${a.name} ${a.version}`, [
      ['holds', `${a.packages} ${a.packages === 1 ? 'package' : 'packages'}, ${a.files} files, ${showSize(a.bytes)}`],
      ['install scripts', a.scripts.length === 0 ? 'none' : `${notes(a.scripts)} (${ran})`],
      ['native code', notes(a.native)],
      ['binaries', notes(a.binaries)],
      ['commands', a.commands.length === 0 ? 'none' : a.commands.join(', ')],
      ['licences', Object.entries(a.licences).sort((x, y) => y[1] - x[1]).map(([licence, n]) => `${licence} ${n}`).join(', ')],
      ['permissions', trustWords('it', a.permissions)],
      ['source', m === undefined ? '?' : maskText(m.resolved === undefined || m.resolved === m.source ? m.source : `${m.source} (${m.resolved})`)],
      ['integrity', m?.integrity ?? 'none recorded'],
      ['installed', `${m?.by === undefined ? '' : `by ${m.by}`}${m?.at === undefined ? '' : ` on ${stamp(m.at, 'YYYY-MM-DD HH:mm')}`}`.trim() || 'not recorded'],
    ]);
  }).join('\n\n') + '\n';
}

// The first files of each are enough to know what it is; --json has all.
function notes(list: readonly PackageNote[]): string {
  if (list.length === 0) return 'none';
  return list.map(({ package: id, what }) => `${id}: ${what.slice(0, 3).join(', ')}${what.length > 3 ? ` and ${what.length - 3} more` : ''}`).join('; ');
}
