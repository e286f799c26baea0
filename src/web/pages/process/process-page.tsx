/** One process: why it is where it is, its past, its log, its variables, its actions. */
import type { ProcessInfo } from '../../api-types.js';
import { call } from '../lib/api.js';
import { useAsked } from '../lib/ask-server.js';
import { perform, type Verb } from '../lib/deeds.js';
import { bytes, count, percent, short } from '../lib/format.js';
import { second } from '../lib/now.js';
import { useEffect, useState, type JSX } from '../lib/preact.js';
import { ids, row, views } from '../lib/processes.js';
import { go, place, setQuery, to } from '../lib/router.js';
import { admin } from '../lib/session.js';
import { LogViewer } from '../logs/viewer.js';
import { Tabs, Tile } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Empty, Trouble, Waiting } from '../parts/empty.js';
import { Icon } from '../parts/icons.js';
import { Menu } from '../parts/menu.js';
import { State } from '../parts/state.js';
import { ScaleDialog } from '../processes/scale-dialog.js';
import { aimOf, Uptime } from '../processes/table.js';
import { ActionsTab } from './actions-tab.js';
import { EnvTab } from './env-tab.js';
import { Overview } from './overview.js';
import { SpecTab } from './spec-tab.js';
import { Talk } from './talk.js';

const TABS = [['overview', 'Overview'], ['logs', 'Logs'], ['env', 'Environment'], ['actions', 'Actions'], ['spec', 'Declaration']] as const;

export function ProcessPage({ target }: { readonly target: string }): JSX.Element {
  const id = /^\d+$/.test(target) ? Number(target) : views.value.find((v) => v.name === target)?.id;
  const live = id === undefined ? undefined : row(id)?.value.view;
  const asked = useAsked(`process ${id ?? target}`, async (signal) => (await call('GET /api/processes/{target}', { params: { target: String(id ?? target) }, signal }))[0]);
  // What the stream does not carry (reason, exits, variables) is asked for when something happened.
  const happened = `${live?.status} ${live?.restarts} ${live?.startedAt} ${live?.note}`;
  useEffect(() => {
    asked.again();
    const timer = window.setInterval(asked.again, 10_000);
    return () => { window.clearInterval(timer); };
  }, [happened, asked.again]);
  if (ids.value !== undefined && live === undefined) return <><Crumb name={target} /><Empty icon="search" title={`No process ${target}`} text="It was deleted, or the address is of another machine."><a class="btn" href={to(['processes'])}>All processes</a></Empty></>;
  if (asked.value === undefined || live === undefined || id === undefined) return <><Crumb name={target} />{asked.error === undefined ? <Waiting what="Asking for the process…" /> : <Trouble error={asked.error} retry={asked.again} />}</>;
  return <Shown id={id} info={{ ...asked.value, ...live }} />;
}

function Crumb({ name }: { readonly name: string }): JSX.Element {
  return <nav class="crumb" aria-label="Where you are"><a href={to(['processes'])}>Processes</a><Icon name="right" size={12} /><span>{name}</span></nav>;
}

function Shown({ id, info }: { readonly id: number; readonly info: ProcessInfo }): JSX.Element {
  const { tab = 'overview', q = '' } = place.value.query;
  const siblings = views.value.filter((v) => v.name === info.name);
  return (
    <>
      <div class="stack tight">
        <Crumb name={info.name} />
        <div class="head">
          <h1>{info.name}</h1><span class="tag">id {id}</span><State word={info.status} />
          {info.module !== undefined && <a class="tag accent" href={to(['modules', info.module])}>module</a>}
          {siblings.length > 1 && (
            <select class="fit" aria-label="Process of this app" value={String(id)} onChange={(e) => { go(to(['process', e.currentTarget.value], place.value.query)); }}>
              {siblings.map((s, i) => <option key={s.id} value={s.id}>{`${i + 1} of ${siblings.length} · id ${s.id} · ${s.status}`}</option>)}
            </select>
          )}
          {admin.value && <Deeds info={info} />}
        </div>
      </div>
      <Figures id={id} info={info} />
      <Tabs label="About this process" at={tab} tabs={TABS.map(([key, name]) => ({ key, name, href: to(['process', id], { tab: key === 'overview' ? undefined : key }), ...(key === 'actions' && { tally: info.actions.length }), ...(key === 'env' && { tally: info.env.length }) }))} />
      {tab === 'logs' && <LogViewer target={String(id)} wish={String(id)} named={false} grep={q} onGrep={(text) => { setQuery({ q: text }); }} />}
      {tab === 'env' && <EnvTab rows={info.env} />}
      {tab === 'actions' && <ActionsTab target={String(id)} name={info.name} actions={info.actions} running={info.pid > 0} />}
      {tab === 'actions' && admin.value && info.pid > 0 && <Talk target={String(id)} name={info.name} />}
      {tab === 'spec' && <SpecTab info={info} />}
      {tab === 'overview' && <Overview id={id} info={info} />}
    </>
  );
}

function Figures({ id, info }: { readonly id: number; readonly info: ProcessInfo }): JSX.Element {
  const v = row(id)?.value.view ?? info;
  const up = v.pid > 0;
  return (
    <div class="tiles">
      <Tile what="CPU" much={up ? percent(v.cpu) : '–'} more="of one core" />
      <Tile what="Memory" much={up ? bytes(v.memory) : '–'} more={info.spec.max_memory_restart > 0 ? `restart at ${bytes(info.spec.max_memory_restart)}` : 'no limit'} />
      <Tile what="Uptime" much={<Uptime view={v} />} more={v.startedAt === undefined ? 'never started' : `since ${short(v.startedAt, second.peek())}`} />
      <Tile what="Restarts" much={count(v.restarts)} more={v.unstable > 0 ? `${count(v.unstable)} unstable` : 'none unstable'} />
      <Tile what="Process" much={up ? `pid ${v.pid}` : 'not running'} more={`${v.mode} · ${v.user}${info.nodeVersion === undefined ? '' : ` · Node ${info.nodeVersion}`}`} />
    </div>
  );
}

function Deeds({ info }: { readonly info: ProcessInfo }): JSX.Element {
  const [scaling, setScaling] = useState(false);
  const up = info.pid > 0 || info.status === 'waiting restart' || info.status === 'launching';
  const run = (verb: Verb) => async (): Promise<unknown> => perform(verb, [aimOf(info)]);
  const remove = async (): Promise<void> => { if (await perform('delete', [aimOf(info)])) go(to(['processes'])); };
  return (
    <div class="right">
      {up ? <Button icon="stop" label="Stop" onPress={run('stop')} /> : <Button icon="play" kind="primary" label="Start" onPress={run('start')} />}
      <Button icon="restart" label="Restart" onPress={run('restart')} />
      <Button icon="reload" label="Reload" onPress={run('reload')} />
      <Menu label={`More for ${info.name}`} deeds={[
        ...(info.module === undefined ? [{ label: 'Scale…', icon: 'scale' as const, onPress: () => { setScaling(true); } }] : []),
        { label: 'Reset counter', icon: 'back', onPress: run('reset') }, { label: 'Empty logs…', icon: 'file', onPress: run('flush') }, { label: 'Delete…', icon: 'trash', danger: true, apart: true, onPress: remove },
      ]} />
      {scaling && <ScaleDialog name={info.name} onClose={() => { setScaling(false); }} />}
    </div>
  );
}
