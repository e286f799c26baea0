/** Module hosts: their instances, types, drop-ins; the store that they share. */
import type { StoreView } from '../../api-types-host.js';
import { call } from '../lib/api.js';
import { useAsked } from '../lib/ask-server.js';
import { bytes, count, many } from '../lib/format.js';
import { useEffect, type JSX } from '../lib/preact.js';
import { views } from '../lib/processes.js';
import { go, place, to } from '../lib/router.js';
import { useComputed } from '../lib/signals.js';
import { Panel, Strip, Tabs } from '../parts/bits.js';
import { Empty, Trouble, Waiting } from '../parts/empty.js';
import { State } from '../parts/state.js';
import { Instances } from './instances.js';
import { DropIns } from './drop-ins.js';
import { Types } from './types.js';

export function HostPage({ name }: { readonly name: string | undefined }): JSX.Element {
  const asked = useAsked('hosts', async (signal) => call('GET /api/hosts', { signal }));
  const { tab = 'instances' } = place.value.query;
  // A host that came, went or was started anew has other things to tell.
  const happened = useComputed(() => views.value.map((v) => `${v.id} ${v.status} ${v.restarts}`).join());
  useEffect(() => { asked.again(); }, [happened.value]);
  useEffect(() => {
    const timer = window.setInterval(asked.again, 5000);
    return () => { window.clearInterval(timer); };
  }, [asked.again]);
  const hosts = asked.value;
  const host = hosts?.find((h) => h.name === name) ?? (name === undefined ? hosts?.[0] : undefined);
  const href = (key: string): string => to(['host', ...(host === undefined ? [] : [host.name])], { tab: key === 'instances' ? undefined : key });
  const troubled = host?.modules.filter((m) => m.state !== 'loaded').length ?? 0;
  return (
    <>
      <div class="head">
        <h1>{host === undefined ? 'Host' : `Host ${host.name}`}</h1>
        {hosts !== undefined && hosts.length > 1 && host !== undefined && (
          <select class="fit" aria-label="Host" value={host.name} onChange={(e) => { go(to(['host', e.currentTarget.value])); }}>{[...new Set(hosts.map((h) => h.name))].map((n) => <option key={n} value={n}>{n}</option>)}</select>
        )}
        {host !== undefined && <>{host.processes.map((p) => <a key={p.id} class="row plain-link" href={to(['process', p.id])} aria-label={`Process ${p.id}`}><State word={p.status} /></a>)}{host.env === 'development' && <span class="tag accent">development</span>}</>}
      </div>
      {hosts === undefined && (asked.error === undefined ? <Waiting what="Asking the hosts…" /> : <Trouble error={asked.error} retry={asked.again} />)}
      {hosts?.length === 0 && <Panel label="Hosts"><Empty icon="host" title="No module host runs" text="A host loads every file that is dropped into a folder, gives it a web server, a durable store and jobs. One line in modules/hello.js is enough." command="mgr host start ./my-folder" /></Panel>}
      {hosts !== undefined && hosts.length > 0 && host === undefined && <Panel label="Host"><Empty slim icon="search" title={`No host ${name ?? ''} runs`} /></Panel>}
      {host !== undefined && (
        <>
          {(host.dir !== undefined || host.url !== undefined) && <p class="sub soft small wrap">{host.url !== undefined && <a href={host.url} target="_blank" rel="noreferrer">{host.url}</a>}{host.url !== undefined && host.dir !== undefined && ' · '}<span class="mono">{host.dir}</span></p>}
          {host.error !== undefined && <Strip kind="bad"><p>The host does not tell of itself: {host.error.message}</p></Strip>}
          <Tabs label="About this host" at={tab} tabs={[
            { key: 'instances', name: 'Instances', href: href('instances'), tally: host.resources.length }, { key: 'types', name: 'Types', href: href('types'), tally: host.types.length },
            { key: 'modules', name: troubled > 0 ? `Drop-ins (${troubled} in trouble)` : 'Drop-ins', href: href('modules'), tally: troubled > 0 ? 0 : host.modules.length }, { key: 'store', name: 'Store', href: href('store') },
          ]} />
          {tab === 'instances' && <Instances host={host} again={asked.again} />}
          {tab === 'types' && <Types host={host} />}
          {tab === 'modules' && <DropIns host={host} again={asked.again} />}
          {tab === 'store' && <Store />}
        </>
      )}
      {hosts?.length === 0 && <Store />}
    </>
  );
}

function Store(): JSX.Element {
  const asked = useAsked('store', async (signal) => call('GET /api/store', { signal }));
  const s = asked.value;
  if (s === undefined) return <Panel label="Store">{asked.error === undefined ? <Waiting what="Asking the store…" /> : <Trouble error={asked.error} retry={asked.again} />}</Panel>;
  return <Panel flush title="Store" right={<span class="dim small num">{bytes(s.bytes)} on disk, {bytes(s.history)} of it history · {many(s.namespaces.length, 'namespace')}</span>}><StoreBody store={s} /></Panel>;
}

function StoreBody({ store: s }: { readonly store: StoreView }): JSX.Element {
  if (s.trouble !== undefined) return <Empty slim icon="alert" title="The store is not usable" text={s.trouble} />;
  if (s.namespaces.length === 0) return <Empty slim icon="file" title="Nothing is stored yet" text="A drop-in writes with process.server.createStore('name'); what it stores outlives restarts and is shared by all instances." />;
  return (
    <table class="table" aria-label="Store namespaces">
      <thead><tr><th>Namespace</th><th class="num">Documents</th><th class="num">Size</th></tr></thead>
      <tbody>{s.namespaces.map((n) => <tr key={n.name}><td class="mono">{n.name}</td><td class="num">{count(n.records)}</td><td class="num">{bytes(n.bytes)}</td></tr>)}</tbody>
    </table>
  );
}

