/** Why, the charts, the ends of former runs. */
import type { ExitRecord, MetricView, ProcessInfo } from '../../api-types.js';
import { ago, capital, count, plain, span, stamp } from '../lib/format.js';
import { second } from '../lib/now.js';
import type { JSX } from '../lib/preact.js';
import { Panel } from '../parts/bits.js';
import { Empty } from '../parts/empty.js';
import { RangePicker } from '../parts/range.js';
import { toneOf } from '../parts/state.js';
import { Charts } from './charts.js';

export function Overview({ id, info }: { readonly id: number; readonly info: ProcessInfo }): JSX.Element {
  return (
    <>
      <Why info={info} />
      <div class="head"><h2>Over time</h2><div class="right"><RangePicker /></div></div>
      <Charts id={id} />
      <div class="cols">
        <Exits exits={info.exits} />
        <Metrics metrics={info.metrics} />
      </div>
    </>
  );
}

function Why({ info }: { readonly info: ProcessInfo }): JSX.Element {
  const bad = toneOf(info.status) === 'bad' || info.status === 'waiting restart';
  return (
    <Panel bad={bad} label="Why it is in this state">
      <div class="why">
        <p class="headline">{capital(info.reason)}</p>
        {info.note !== undefined && !bad && !info.reason.includes(info.note) && <p class="soft">{info.note}</p>}
        {info.nextRestart !== undefined && <p class="soft">Restarted by its schedule at {stamp(info.nextRestart)}.</p>}
        {bad && info.stderrTail.length > 0 && <><h3>Last lines of its error output</h3><pre class="steps">{info.stderrTail.join('\n')}</pre></>}
      </div>
    </Panel>
  );
}

function Exits({ exits }: { readonly exits: readonly ExitRecord[] }): JSX.Element {
  return (
    <Panel title="Restarts and their reasons" flush>
      {exits.length === 0
        ? <Empty slim icon="check" title="No end yet" text="Each end of a run stands here: when, how, and what followed." />
        : (
          <div class="scrolls">
            <table class="table top" aria-label="Ends of former runs">
              <thead><tr><th>When</th><th>How it ended</th><th class="num">Ran</th><th>What followed</th></tr></thead>
              <tbody>{exits.toReversed().map((e) => (
                <tr key={`${e.at} ${e.pid}`}>
                  <td class="nowrap" title={stamp(e.at)}>{ago(e.at, second.value)}</td>
                  <td class={e.code === 0 ? undefined : 'bad'}>{howEnded(e)}<span class="dim small"> pid {e.pid}</span></td>
                  <td class="num">{span(e.ran)}</td>
                  <td>{e.then}</td>
                </tr>
              ))}</tbody>
            </table>
          </div>
        )}
    </Panel>
  );
}

export function howEnded(e: ExitRecord): string {
  if (e.signal !== undefined) return `signal ${e.signal}`;
  return e.code === undefined ? 'nobody saw it' : `exit code ${e.code}`;
}

function Metrics({ metrics }: { readonly metrics: readonly MetricView[] }): JSX.Element {
  return (
    <Panel title="What the program tells of itself" flush>
      {metrics.length === 0
        ? <Empty slim icon="bolt" title="It tells nothing" text="A program that loads mgr/module, tx2 or @pm2/io can report numbers; they are charted above." />
        : (
          <table class="table" aria-label="Custom metrics">
            <tbody>{metrics.map((m) => <tr key={m.name}><td>{m.name}</td><td class="num">{typeof m.value === 'number' ? count(m.value) : plain(m.value)} <span class="dim">{m.unit ?? ''}</span></td></tr>)}</tbody>
          </table>
        )}
    </Panel>
  );
}
