/** The machine, the daemon, and this server. */
import type { DaemonInfo, MachineNow, MachineView } from '../../api-types-machine.js';
import { call } from '../lib/api.js';
import { useAsked } from '../lib/ask-server.js';
import { bytes, count, percent, short, span, stamp } from '../lib/format.js';
import { useLive } from '../lib/live.js';
import { second } from '../lib/now.js';
import { joined, usePast, type Tail } from '../lib/past.js';
import { useEffect, useRef, useState, type JSX } from '../lib/preact.js';
import { Panel, Strip, Tile } from '../parts/bits.js';
import { Chart } from '../parts/chart.js';
import { Trouble, Waiting } from '../parts/empty.js';
import { RangePicker } from '../parts/range.js';

export function MachinePage(): JSX.Element {
  const asked = useAsked('machine', async (signal) => call('GET /api/machine', { signal }));
  const daemon = useAsked('daemon', async (signal) => call('GET /api/daemon', { signal }));
  useEffect(() => {
    const timer = window.setInterval(daemon.again, 5000);
    return () => { window.clearInterval(timer); };
  }, [daemon.again]);
  const [now, setNow] = useState<MachineNow | undefined>();
  const tail = useRef<Tail[]>([]);
  useLive('machine', (m) => {
    const { at, ...values } = m;
    tail.current = [...tail.current.slice(-900), { at, values }];
    setNow(m);
  });
  const m = asked.value;
  if (m === undefined) return <><div class="head"><h1>Machine</h1></div>{asked.error === undefined ? <Waiting what="Asking the machine…" /> : <Trouble error={asked.error} retry={asked.again} />}</>;
  return (
    <>
      <div class="head"><h1>Machine</h1><span class="sub">{m.hostname} · {m.os} · {m.arch}</span><div class="right"><RangePicker /></div></div>
      <Figures m={m} now={now ?? m.now} />
      <Charts m={m} tail={tail.current} />
      <div class="cols">{daemon.value !== undefined && <Daemon d={daemon.value} />}<About m={m} /></div>
    </>
  );
}

function Figures({ m, now }: { readonly m: MachineView; readonly now: MachineNow }): JSX.Element {
  return (
    <div class="tiles">
      <Tile what="CPU" much={percent(now.cpu)} more={<Meter part={now.cpu / 100} />} />
      <Tile what="Memory" much={bytes(now.memory)} more={<Meter part={now.memory / m.memoryTotal} of={bytes(m.memoryTotal)} />} />
      <Tile what={`Disk ${m.diskPath}`} much={bytes(now.disk)} more={<Meter part={now.disk / m.diskTotal} of={bytes(m.diskTotal)} />} />
      <Tile what="Load, one minute" much={now.load.toFixed(2)} more={`${m.cpus} ${m.cpus === 1 ? 'core' : 'cores'}`} />
      <Tile what="Network" much={`↓ ${bytes(now.netIn)}/s`} more={`↑ ${bytes(now.netOut)}/s`} />
      <Tile what="Up for" much={span(second.value - m.bootedAt)} more={`since ${short(m.bootedAt, second.peek())}`} />
    </div>
  );
}

function Meter({ part, of }: { readonly part: number; readonly of?: string }): JSX.Element {
  const per = Number.isFinite(part) ? Math.round(Math.min(1, Math.max(0, part)) * 100) : 0;
  return (
    <>
      {of === undefined ? 'of all cores' : `${per} % of ${of}`}
      <span class={`meter ${per >= 95 ? 'bad' : per >= 85 ? 'warn' : ''}`} role="meter" aria-valuenow={per} aria-valuemin={0} aria-valuemax={100} aria-label={`${per} percent`}><i style={{ width: `${per}%` }} /></span>
    </>
  );
}

const rate = (n: number | undefined): string => (n === undefined ? '–' : `${bytes(n)}/s`);
const load = (n: number | undefined): string => (n === undefined ? '–' : n.toFixed(2));

function Charts({ m, tail }: { readonly m: MachineView; readonly tail: readonly Tail[] }): JSX.Element {
  const { past, from, to } = usePast('machine', async (since, signal) => call('GET /api/machine/history', { query: { from: since }, signal }));
  const span = { from, to, sync: 'machine' };
  const data = (names: readonly string[], labels: readonly string[] = names) => joined(past, tail, names, labels);
  return (
    <div class="charts">
      <Chart title="CPU" data={data(['cpu'])} say={percent} floor={10} ceiling={100} {...span} />
      <Chart title="Memory" data={data(m.swapTotal > 0 ? ['memory', 'swap'] : ['memory'])} say={bytes} binary {...span} />
      <Chart title="Load" data={data(['load'])} say={load} floor={1} {...span} />
      <Chart title="Network" data={data(['netIn', 'netOut'], ['in', 'out'])} say={rate} binary floor={1024} {...span} />
      <Chart title="Disk activity" data={data(['diskRead', 'diskWrite'], ['read', 'write'])} say={rate} binary floor={1024} {...span} />
      <Chart title="Disk used" data={data(['disk'])} say={bytes} binary {...span} />
      <Chart title="CPU of the daemon" data={data(['daemonCpu'], ['of a core'])} say={percent} floor={5} {...span} />
      <Chart title="Memory of the daemon" data={data(['daemonMemory'], ['memory'])} say={bytes} binary {...span} />
    </div>
  );
}

function Daemon({ d }: { readonly d: DaemonInfo }): JSX.Element {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['State', d.state === 'up' ? 'answers' : 'does not answer'], ['Version', d.version], ['Pid', d.pid === undefined ? undefined : String(d.pid)], ['Node', d.node], ['Up for', d.startedAt === undefined ? undefined : span(second.value - d.startedAt)],
    ['CPU, memory', d.cpu === undefined ? undefined : `${percent(d.cpu)}, ${bytes(d.memory)}`], ['Home', d.home], ['Dashboard', `${d.web.version}, pid ${d.web.pid}, ${bytes(d.web.memory)}, ${count(d.web.watchers)} watching`],
  ];
  return (
    <Panel title="Daemon">
      <div class="stack">
        {(d.notices ?? []).map((n) => <Strip key={n} kind="warn"><p>{n}</p></Strip>)}
        <dl class="facts">{rows.filter(([, v]) => v !== undefined).map(([k, v]) => [<dt key={k}>{k}</dt>, <dd key={`${k}=`} class="num-left">{v}</dd>])}</dl>
      </div>
    </Panel>
  );
}

function About({ m }: { readonly m: MachineView }): JSX.Element {
  const rows: readonly (readonly [string, string])[] = [['Name', m.hostname], ['System', `${m.os}, ${m.arch}`], ['Processor', `${m.cpuModel} × ${m.cpus}`], ['Memory', bytes(m.memoryTotal)], ['Swap', m.swapTotal > 0 ? bytes(m.swapTotal) : 'none'], ['Disk', `${bytes(m.diskTotal)} at ${m.diskPath}`], ['Started', stamp(m.bootedAt)]];
  return <Panel title="About"><dl class="facts">{rows.map(([k, v]) => [<dt key={k}>{k}</dt>, <dd key={`${k}=`}>{v}</dd>])}</dl></Panel>;
}
