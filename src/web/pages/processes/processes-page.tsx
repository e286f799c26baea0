/** All processes, live. */
import { many, bytes, percent } from '../lib/format.js';
import { useMemo, useState, type JSX } from '../lib/preact.js';
import { ids, views } from '../lib/processes.js';
import { place, setQuery } from '../lib/router.js';
import { admin } from '../lib/session.js';
import { useComputed, useSignal } from '../lib/signals.js';
import { stored } from '../lib/stored.js';
import { Find, Panel, Segments } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Empty, Waiting } from '../parts/empty.js';
import { Bulk } from './bulk.js';
import { ScaleDialog } from './scale-dialog.js';
import { shown, type GroupKey, type SortKey } from './shown.js';
import { StartDialog } from './start-dialog.js';
import { Table } from './table.js';

const group = stored<GroupKey>('group', 'none', ['none', 'app', 'namespace']);
const modules = stored<'yes' | 'no'>('modules', 'yes', ['yes', 'no']);
const sort = stored<SortKey>('sort', 'id', ['id', 'name', 'status', 'cpu', 'memory', 'restarts', 'uptime']);
const down = stored<'yes' | 'no'>('down', 'no', ['yes', 'no']);

export function ProcessesPage(): JSX.Element {
  const [starting, setStarting] = useState(false);
  const [scaling, setScaling] = useState<string | undefined>();
  const picked = useSignal<ReadonlySet<number>>(new Set());
  // Numbers move each second; rows change place only when their order does.
  const layout = useComputed(() => {
    const groups = shown(views.value, { filter: place.value.query['q'] ?? '', sort: sort.value, down: down.value === 'yes', group: group.value, modules: modules.value === 'yes' });
    return JSON.stringify(groups.map((g) => [g.key, g.rows.map((r) => r.id)]));
  });
  const groups = useMemo(() => JSON.parse(layout.value) as readonly (readonly [key: string, ids: readonly number[]])[], [layout.value]);
  const filter = place.value.query['q'] ?? '';
  const order = (key: SortKey): void => {
    if (sort.value === key) down.value = down.value === 'yes' ? 'no' : 'yes';
    else { sort.value = key; down.value = key === 'cpu' || key === 'memory' || key === 'restarts' ? 'yes' : 'no'; }
  };
  if (ids.value === undefined) return <><div class="head"><h1>Processes</h1></div><Waiting what="Waiting for the first news…" /></>;
  const none = ids.value.length === 0;
  return (
    <>
      <div class="head">
        <h1>Processes</h1><Summary />
        {admin.value && <div class="right"><Button icon="plus" kind="primary" label="Start an app" onPress={() => { setStarting(true); }} /></div>}
      </div>
      {!none && (
        <div class="toolbar">
          <Find label="Filter processes" placeholder="Filter: name, namespace, state…" value={filter} onInput={(q) => { setQuery({ q }); }} />
          <Segments label="Group by" at={group.value} all={[['none', 'Flat'], ['app', 'By app'], ['namespace', 'By namespace']]} onPick={(g) => { group.value = g; }} />
          {views.value.some((v) => v.module !== undefined) && <label class="row small soft"><input type="checkbox" checked={modules.value === 'yes'} onChange={(e) => { modules.value = e.currentTarget.checked ? 'yes' : 'no'; }} />Modules</label>}
          <label class="row small soft phone-sort">Sort <select class="fit" aria-label="Sort by" value={sort.value} onChange={(e) => { order(e.currentTarget.value as SortKey); }}>{['id', 'name', 'status', 'cpu', 'memory', 'restarts', 'uptime'].map((k) => <option key={k} value={k}>{k}</option>)}</select></label>
        </div>
      )}
      <Panel flush label="Processes">
        {none
          ? <Empty icon="processes" title="No process is managed yet" text="Start a program from a terminal, or with the button above. It stays up, also when this page or the daemon goes away." command="mgr start app.js" />
          : groups.length === 0
            ? <Empty slim icon="search" title="Nothing matches" text={`No process has “${filter}” in its name, namespace or state.`}><Button label="Clear the filter" onPress={() => { setQuery({ q: '' }); }} /></Empty>
            : <Table groups={groups} grouped={group.value} sort={sort.value} down={down.value === 'yes'} onSort={order} picked={picked} onScale={setScaling} />}
      </Panel>
      {admin.value && <Bulk picked={picked} />}
      {starting && <StartDialog onClose={() => { setStarting(false); }} />}
      {scaling !== undefined && <ScaleDialog name={scaling} onClose={() => { setScaling(undefined); }} />}
    </>
  );
}

function Summary(): JSX.Element {
  const all = views.value;
  const of = (status: string): number => all.filter((v) => v.status === status).length;
  const parts = [many(of('online'), 'online', 'online')];
  for (const status of ['errored', 'waiting restart', 'launching', 'stopped']) if (of(status) > 0) parts.push(`${of(status)} ${status}`);
  return <span class="sub num">{parts.join(' · ')} · {percent(all.reduce((n, v) => n + v.cpu, 0))} · {bytes(all.reduce((n, v) => n + v.memory, 0))}</span>;
}
