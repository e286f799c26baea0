/** One module: looks, processes, settings, actions; update, rollback, removal. */
import type { ModuleInfo } from '../../api-types.js';
import { ask } from '../lib/ask.js';
import { call } from '../lib/api.js';
import { count, plain, stamp } from '../lib/format.js';
import { useLive, useWish } from '../lib/live.js';
import { useState, type JSX } from '../lib/preact.js';
import { views } from '../lib/processes.js';
import { place, to } from '../lib/router.js';
import { admin } from '../lib/session.js';
import { useComputed } from '../lib/signals.js';
import { Panel, Tabs, Tile } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Empty } from '../parts/empty.js';
import { Menu } from '../parts/menu.js';
import { ActionsTab } from '../process/actions-tab.js';
import { Table } from '../processes/table.js';
import { useSignal } from '../lib/signals.js';
import { colours, Logo, readable } from './logo.js';
import { operate, operations } from './operations.js';
import { Settings } from './settings.js';

export function ModuleView({ module: m, again }: { readonly module: ModuleInfo; readonly again: () => void }): JSX.Element {
  const { tab = 'settings' } = place.value.query;
  const metrics = useMetrics(m);
  const href = (key: string): string => to(['modules', m.name], { tab: key === 'settings' ? undefined : key });
  return (
    <div class="stack">
      <Head module={m} />
      {metrics.length > 0 && <div class="tiles">{metrics.slice(0, 8).map((x) => <Tile key={`${x.id} ${x.name}`} what={x.name} much={`${typeof x.value === 'number' ? count(x.value) : plain(x.value)}${x.unit === undefined ? '' : ` ${x.unit}`}`} />)}</div>}
      <Tabs label="About this module" at={tab} tabs={[{ key: 'settings', name: 'Settings', href: href('settings') }, { key: 'actions', name: 'Actions', href: href('actions'), tally: m.actions.length }, { key: 'processes', name: 'Processes', href: href('processes') }, { key: 'about', name: 'Origin', href: href('about') }]} />
      {tab === 'settings' && <Settings module={m.name} onSaved={again} />}
      {tab === 'actions' && <ActionsTab target={m.name} name={m.name} actions={m.actions} running={m.processes.some((p) => p.pid > 0)} />}
      {tab === 'processes' && <Processes name={m.name} />}
      {tab === 'about' && <About module={m} />}
    </div>
  );
}

/** Those of the answer, then as the stream tells them. */
function useMetrics(m: ModuleInfo): ModuleInfo['metrics'] {
  const [told, setTold] = useState<ModuleInfo['metrics'] | undefined>();
  const ids = m.processes.map((p) => p.id).join();
  useWish(ids === '' ? undefined : { metrics: ids });
  useLive('metrics', ({ processes }) => {
    const mine = processes.filter((p) => ids.split(',').includes(String(p.id)));
    if (mine.length > 0) setTold(mine.flatMap((p) => p.metrics.map((x) => ({ ...x, id: p.id }))));
  });
  return told ?? m.metrics;
}

function Head({ module: m }: { readonly module: ModuleInfo }): JSX.Element {
  const [ground, second] = colours(m.widget);
  const busy = operations.value.some((o) => o.state === 'running' && (o.target === m.name || o.module === m.name));
  const params = { module: m.name };
  const update = async (): Promise<void> => operate(call('POST /api/modules/{module}/update', { params }));
  const rollback = async (): Promise<void> => {
    if (await ask({ title: `Roll ${m.name} back?`, text: `Version ${m.former ?? ''} takes the place of ${m.version}. Settings stay as they are.`, deed: 'Roll back' })) await operate(call('POST /api/modules/{module}/rollback', { params }));
  };
  const remove = async (): Promise<void> => {
    if (await ask({ title: `Remove ${m.name}?`, text: 'Its processes are stopped and its files removed. Its settings stay, for the case that it comes back.', deed: 'Remove', danger: true })) await operate(call('DELETE /api/modules/{module}', { params }));
  };
  return (
    <section class="panel module-head" aria-label={m.name} style={ground === undefined ? undefined : { background: second === undefined ? ground : `linear-gradient(100deg, ${ground}, ${second})`, color: readable(undefined, ground), borderColor: 'transparent' }}>
      <Logo name={m.name} widget={m.widget} />
      <div class="grow">
        <h2>{m.name} <span class="version">{m.version}</span></h2>
        {m.description !== undefined && <p class="small">{m.description}</p>}
      </div>
      {admin.value && (
        <div class="row">
          {!m.linked && <Button small icon="up" label="Update" busy={busy} onPress={update} />}
          <Menu label={`More for ${m.name}`} deeds={[...(m.former === undefined ? [] : [{ label: `Roll back to ${m.former}…`, icon: 'back' as const, onPress: rollback }]), { label: 'Remove…', icon: 'trash', danger: true, apart: m.former !== undefined, onPress: remove }]} />
        </div>
      )}
    </section>
  );
}

function Processes({ name }: { readonly name: string }): JSX.Element {
  const picked = useSignal<ReadonlySet<number>>(new Set());
  const mine = useComputed(() => views.value.filter((v) => v.module === name).map((v) => v.id).join());
  if (mine.value === '') return <Panel label="Processes"><Empty slim icon="processes" title="It has no process just now" /></Panel>;
  return <Panel flush label="Processes"><Table groups={[['', mine.value.split(',').map(Number)]]} grouped="none" sort="id" down={false} onSort={() => undefined} picked={picked} onScale={() => undefined} /></Panel>;
}

function About({ module: m }: { readonly module: ModuleInfo }): JSX.Element {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Asked for', m.source], ['Fetched', m.resolved], ['Integrity', m.integrity], ['By', m.by], ['Put in place', m.at === undefined ? undefined : stamp(m.at)], ['Folder', m.dir], ['Former version', m.former],
    ['Install scripts', m.scripts === true ? 'were allowed' : 'did not run'],
  ];
  return <Panel title="Where it comes from"><dl class="facts">{rows.filter(([, v]) => v !== undefined).map(([k, v]) => [<dt key={k}>{k}</dt>, <dd key={`${k}=`} class="mono">{v}</dd>])}</dl></Panel>;
}
