/** The table of processes. Each row follows its own signal. */
import type { ProcessView } from '../../api-types.js';
import { perform, type Aim, type Verb } from '../lib/deeds.js';
import { bytes, count, percent, span } from '../lib/format.js';
import { second } from '../lib/now.js';
import { useMemo, type JSX } from '../lib/preact.js';
import { row, views } from '../lib/processes.js';
import { to } from '../lib/router.js';
import { admin } from '../lib/session.js';
import type { Signal } from '../lib/signals.js';
import { Button } from '../parts/button.js';
import { Icon } from '../parts/icons.js';
import { Menu, type Deed } from '../parts/menu.js';
import { Spark } from '../parts/spark.js';
import { State } from '../parts/state.js';
import type { GroupKey, SortKey } from './shown.js';

type Picked = Signal<ReadonlySet<number>>;
interface Props {
  readonly groups: readonly (readonly [key: string, ids: readonly number[]])[];
  readonly grouped: GroupKey;
  readonly sort: SortKey;
  readonly down: boolean;
  readonly onSort: (key: SortKey) => void;
  readonly picked: Picked;
  readonly onScale: (name: string) => void;
}

const HEADS: readonly (readonly [key: SortKey, name: string, num: boolean])[] = [
  ['name', 'Name', false], ['status', 'State', false], ['cpu', 'CPU', true], ['memory', 'Memory', true], ['restarts', 'Restarts', true], ['uptime', 'Uptime', true],
];

export function Table(p: Props): JSX.Element {
  const all = p.groups.flatMap(([, list]) => list);
  const every = all.every((id) => p.picked.value.has(id));
  return (
    <table class="table cards" aria-label="Processes">
      <thead>
        <tr>
          {admin.value && <th class="pick"><input type="checkbox" aria-label="Select all shown" checked={every} onChange={() => { p.picked.value = new Set(every ? [] : all); }} /></th>}
          <th class="num" aria-sort={sorted(p, 'id')}><button type="button" onClick={() => { p.onSort('id'); }}>Id<Arrow p={p} of="id" /></button></th>
          {HEADS.map(([key, name, num]) => <th key={key} class={num ? 'num' : undefined} aria-sort={sorted(p, key)}><button type="button" onClick={() => { p.onSort(key); }}>{name}<Arrow p={p} of={key} /></button></th>)}
          {admin.value && <th><span class="unseen">Deeds</span></th>}
        </tr>
      </thead>
      {p.groups.map(([key, list]) => (
        <tbody key={key}>
          {(p.grouped === 'namespace' || (p.grouped === 'app' && list.length > 1)) && <Head name={key} ids={list} by={p.grouped} onScale={p.onScale} />}
          {list.map((id) => <Line key={id} id={id} picked={p.picked} onScale={p.onScale} />)}
        </tbody>
      ))}
    </table>
  );
}

function sorted(p: Props, key: SortKey): 'ascending' | 'descending' | 'none' { return p.sort === key ? (p.down ? 'descending' : 'ascending') : 'none'; }
function Arrow({ p, of }: { readonly p: Props; readonly of: SortKey }): JSX.Element | null { return p.sort === of ? <Icon name={p.down ? 'down' : 'up'} size={12} /> : null; }

function Line({ id, picked, onScale }: { readonly id: number; readonly picked: Picked; readonly onScale: (name: string) => void }): JSX.Element | null {
  const r = row(id)?.value;
  if (r === undefined) return null;
  const v = r.view;
  const chosen = picked.value.has(id);
  const pick = (): void => {
    const next = new Set(picked.value);
    if (!next.delete(id)) next.add(id);
    picked.value = next;
  };
  return (
    <tr aria-selected={chosen} data-id={id}>
      {admin.value && <td class="pick gone"><input type="checkbox" aria-label={`Select ${v.name} ${id}`} checked={chosen} onChange={pick} /></td>}
      <td class="num dim gone">{id}</td>
      <td class="first">
        <div class="who">
          <a class="clip" data-row href={to(['process', id])}>{v.name}</a>
          {v.module !== undefined && <span class="tag accent">module</span>}
          {v.namespace !== 'default' && <span class="tag">{v.namespace}</span>}
          {v.mode === 'cluster' && <span class="tag">cluster</span>}
          {v.version !== undefined && v.version !== 'N/A' && <span class="dim small">{v.version}</span>}
        </div>
        {v.note !== undefined && <div class="note" title={v.note}>{v.note}</div>}
      </td>
      <td class="tight nowrap"><State word={v.status} /></td>
      <td class="num" data-of="CPU"><span class="gauge">{v.pid > 0 && <Spark values={r.cpu} floor={10} />}<span class="figure">{v.pid > 0 ? percent(v.cpu) : '–'}</span></span></td>
      <td class="num" data-of="Mem"><span class="gauge">{v.pid > 0 && <Spark values={r.memory} floor={1} kind="memory" />}<span class="figure">{v.pid > 0 ? bytes(v.memory) : '–'}</span></span></td>
      <td class={`num ${v.restarts === 0 ? 'gone' : ''}`} data-of="↻">{count(v.restarts)}</td>
      <td class="num" data-of="Up"><Uptime view={v} /></td>
      {admin.value && <td class="deed-cell"><Deeds view={v} onScale={onScale} /></td>}
    </tr>
  );
}

/** Of its own, so that the clock draws nothing else of the row. */
export function Uptime({ view }: { readonly view: ProcessView }): JSX.Element {
  return <>{view.pid > 0 && view.startedAt !== undefined ? span(Math.max(0, second.value - view.startedAt)) : '–'}</>;
}

/** With its id in the name where there are several of it. */
export function aimOf(v: ProcessView): Aim {
  const several = views.peek().filter((o) => o.name === v.name).length > 1;
  return { target: String(v.id), name: several ? `${v.name} (id ${v.id})` : v.name, running: v.pid > 0 ? 1 : 0 };
}

function Deeds({ view: v, onScale }: { readonly view: ProcessView; readonly onScale: (name: string) => void }): JSX.Element {
  const up = v.pid > 0 || v.status === 'waiting restart' || v.status === 'launching';
  const run = (verb: Verb) => async (): Promise<unknown> => perform(verb, [aimOf(v)]);
  const deeds: Deed[] = [
    { label: 'Reload', icon: 'reload', onPress: run('reload') }, ...(v.module === undefined ? [{ label: 'Scale…', icon: 'scale' as const, onPress: () => { onScale(v.name); } }] : []),
    { label: 'Reset counter', icon: 'back', onPress: run('reset') }, { label: 'Empty logs…', icon: 'file', onPress: run('flush') }, { label: 'Delete…', icon: 'trash', danger: true, apart: true, onPress: run('delete') },
  ];
  return (
    <div class="deeds">
      {up ? <Button icon="stop" label={`Stop ${v.name} ${v.id}`} bare small kind="plain" onPress={run('stop')} /> : <Button icon="play" label={`Start ${v.name} ${v.id}`} bare small kind="plain" onPress={run('start')} />}
      <Button icon="restart" label={`Restart ${v.name} ${v.id}`} bare small kind="plain" onPress={run('restart')} />
      <Menu label={`More for ${v.name} ${v.id}`} small deeds={deeds} />
    </div>
  );
}

function Head({ name, ids, by, onScale }: { readonly name: string; readonly ids: readonly number[]; readonly by: GroupKey; readonly onScale: (name: string) => void }): JSX.Element {
  const list = ids.flatMap((id) => { const r = row(id); return r === undefined ? [] : [r.value.view]; });
  const aims = useMemo(() => list.map(aimOf), [list]);
  const run = (verb: Verb) => async (): Promise<unknown> => perform(verb, by === 'app' ? [{ target: name, name, running: aims.reduce((n, a) => n + a.running, 0) }] : aims);
  const deeds: Deed[] = [{ label: 'Reload all', icon: 'reload', onPress: run('reload') }, ...(by === 'app' ? [{ label: 'Scale…', icon: 'scale' as const, onPress: () => { onScale(name); } }] : []), { label: 'Stop all…', icon: 'stop', onPress: run('stop') }, { label: 'Delete all…', icon: 'trash', danger: true, apart: true, onPress: run('delete') }];
  const online = list.filter((v) => v.status === 'online').length;
  return (
    <tr class="group">
      <td colSpan={admin.value ? 4 : 3} class="first">{name} <span class="dim small">{online} of {list.length} online</span></td>
      <td class="num" data-of="CPU">{percent(list.reduce((n, v) => n + v.cpu, 0))}</td>
      <td class="num" data-of="Mem">{bytes(list.reduce((n, v) => n + v.memory, 0))}</td>
      <td class="num gone">{count(list.reduce((n, v) => n + v.restarts, 0))}</td>
      <td class="gone" />
      {admin.value && <td class="deed-cell"><div class="deeds"><Button icon="restart" label={`Restart all of ${name}`} bare small kind="plain" onPress={run('restart')} /><Menu label={`More for ${name}`} small deeds={deeds} /></div></td>}
    </tr>
  );
}
