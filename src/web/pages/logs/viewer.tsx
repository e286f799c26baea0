/** Log lines of one process or of all: live, searchable, within a time. */
import type { LogLine } from '../../api-types.js';
import { call } from '../lib/api.js';
import { clock, count, stamp } from '../lib/format.js';
import { useLive, useWish } from '../lib/live.js';
import { failed } from '../lib/notes.js';
import { useEffect, useLayoutEffect, useRef, useState, type ComponentChildren, type JSX } from '../lib/preact.js';
import { Find, Segments } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Empty, Waiting } from '../parts/empty.js';
import { bare, fits, found, grown, longer, MOST, NONE, older, pieces, type Lines, type Shown } from './stream.js';

type Span = 'live' | '15m' | '1h' | '1d' | 'own';
interface Props {
  /** As GET /api/logs takes it; undefined: all. */
  readonly target: string | undefined;
  /** As the stream takes it. */
  readonly wish: string;
  readonly named: boolean;
  readonly grep: string;
  readonly onGrep: (text: string) => void;
  readonly tools?: ComponentChildren;
}

export function LogViewer(p: Props): JSX.Element {
  const [stream, setStream] = useState<'all' | 'out' | 'err'>('all');
  const [span, setSpan] = useState<Span>('live');
  const [own, setOwn] = useState({ since: '', until: '' });
  const [paused, setPaused] = useState(false);
  const [state, setState] = useState<Lines | undefined>();
  // What the stream brings while the files are read; undefined: they are read.
  const early = useRef<LogLine[] | undefined>([]);
  const live = !paused && !(span === 'own' && own.until !== '');
  const grep = useSettled(p.grep, 250);
  const query = { lines: 500, ...(p.target !== undefined && { target: p.target }), ...(grep !== '' && { grep }), ...(stream !== 'all' && { stream }), ...bounds(span, own) };
  useWish({ logs: p.wish });
  useEffect(() => {
    const stop = new AbortController();
    early.current = [];
    call('GET /api/logs', { query, signal: stop.signal }).then(
      (page) => { if (!stop.signal.aborted) { setState(found(page.lines, page.more, early.current ?? [])); early.current = undefined; } },
      (e: unknown) => { if (!stop.signal.aborted) { setState(NONE); early.current = undefined; failed(e); } },
    );
    return () => { stop.abort(); };
  }, [JSON.stringify(query)]);
  useLive('log', ({ lines, dropped }) => {
    const mine = lines.filter((l) => fits(l, { grep, stream, name: p.target }));
    if (live) early.current?.push(...mine);
    if (live) setState((s) => (s === undefined ? s : grown(s, mine, dropped ?? 0)));
  });
  const first = state?.lines[0];
  const back = async (): Promise<void> => {
    // Files without dates are asked for more of the same, as nobody knows when their first line was.
    const dated = first?.at !== undefined;
    const page = await call('GET /api/logs', { query: { ...query, ...(dated ? { until: String(first.at - 1) } : { lines: (state?.lines.length ?? 0) + 500 }) } });
    setState((s) => (dated ? older(s ?? NONE, page.lines, page.more) : longer(page.lines, page.more)));
  };
  return (
    <section class="panel" aria-label="Log">
      <header>
        <Find label="Search the log" placeholder="Search the log" value={p.grep} onInput={p.onGrep} />
        {p.tools}
        <Segments label="Stream" at={stream} all={[['all', 'Both'], ['out', 'Out'], ['err', 'Err']]} onPick={setStream} />
        <select class="fit" aria-label="Time" value={span} onChange={(e) => { setSpan(e.currentTarget.value as Span); }}>
          <option value="live">Latest</option><option value="15m">Last 15 minutes</option><option value="1h">Last hour</option><option value="1d">Last day</option><option value="own">From – to…</option>
        </select>
        {span === 'own' && (
          <span class="row wraps">
            <input type="datetime-local" step={1} class="fit" aria-label="From" value={own.since} onInput={(e) => { setOwn({ ...own, since: e.currentTarget.value }); }} />
            <input type="datetime-local" step={1} class="fit" aria-label="To" value={own.until} onInput={(e) => { setOwn({ ...own, until: e.currentTarget.value }); }} />
          </span>
        )}
        <div class="right"><Button small icon={paused ? 'play' : 'pause'} label={paused ? 'Go on' : 'Pause'} pressed={paused} onPress={() => { setPaused(!paused); }} /></div>
      </header>
      {state === undefined ? <Waiting what="Reading the log…" /> : <Sheet state={state} named={p.named} grep={grep} live={live} onBack={state.more && state.lines.length < MOST * 2 ? back : undefined} />}
    </section>
  );
}

function Sheet({ state, named, grep, live, onBack }: { readonly state: Lines; readonly named: boolean; readonly grep: string; readonly live: boolean; readonly onBack: (() => Promise<void>) | undefined }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const [below, setBelow] = useState(false);
  const drawn = useRef<Drawn>(new Map());
  const was = useRef({ first: 0, height: 0 });
  useLayoutEffect(() => {
    const b = box.current;
    if (b === null) return;
    const first = state.lines[0]?.seq ?? 0;
    // Older lines came above: what was looked at stays where it was.
    if (!stuck.current && first < was.current.first) b.scrollTop += b.scrollHeight - was.current.height;
    if (stuck.current) b.scrollTop = b.scrollHeight;
    was.current = { first, height: b.scrollHeight };
  }, [state]);
  const scrolled = (): void => {
    const b = box.current;
    if (b === null) return;
    stuck.current = b.scrollHeight - b.scrollTop - b.clientHeight < 24;
    setBelow(!stuck.current);
  };
  const down = (): void => { stuck.current = true; const b = box.current; if (b !== null) b.scrollTop = b.scrollHeight; };
  if (state.lines.length === 0) return <Empty slim icon="logs" title={grep === '' ? 'No lines yet' : 'No line matches'} text={grep === '' ? 'What programs write to their standard output and error stands here at once.' : `Nothing in this time has “${grep}” in it.`} />;
  return (
    <div class="log-box">
      <div class={`log ${named ? 'named' : ''}`} ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-label="Lines" aria-live="off">
        {onBack !== undefined && <div class="gap"><Button small kind="plain" icon="up" label="Older lines" onPress={onBack} /></div>}
        {state.dropped > 0 && <div class="gap">{count(state.dropped)} lines came faster than they could be shown; the files hold them</div>}
        {blocks(drawn.current, state.lines, named, grep)}
      </div>
      {below && <div class="to-end"><Button small icon="down" label={live ? 'To the newest' : 'To the end'} onPress={down} /></div>}
    </div>
  );
}

interface Block { readonly first: number; readonly last: number; readonly look: string; readonly node: JSX.Element }
type Drawn = Map<number, Block>;

/** Lines in blocks; one that is as it was gives the same node, so that nobody looks through two thousand lines for each new one. */
function blocks(drawn: Drawn, lines: readonly Shown[], named: boolean, grep: string): JSX.Element[] {
  const look = `${named} ${grep}`;
  const groups = new Map<number, Shown[]>();
  for (const l of lines) {
    const at = Math.floor(l.seq / 100);
    const group = groups.get(at);
    if (group === undefined) groups.set(at, [l]); else group.push(l);
  }
  for (const at of drawn.keys()) if (!groups.has(at)) drawn.delete(at);
  return [...groups].map(([at, group]) => {
    const [first, last] = [group[0]?.seq ?? 0, group.at(-1)?.seq ?? 0];
    const before = drawn.get(at);
    if (before !== undefined && before.first === first && before.last === last && before.look === look) return before.node;
    const node = <div key={at}>{group.map((l) => <Line key={l.seq} line={l} named={named} grep={grep} />)}</div>;
    drawn.set(at, { first, last, look, node });
    return node;
  });
}

function Line({ line, named, grep }: { readonly line: Shown; readonly named: boolean; readonly grep: string }): JSX.Element {
  return (
    <div class={`line ${line.stream}`}>
      <time title={line.at === undefined ? undefined : stamp(line.at)}>{line.at === undefined ? '' : clock(line.at)}</time>
      {named && <span class={`from tone-${(line.id % 6) + 1}`} title={`${line.name} ${line.id}`}>{line.name} <span class="dim">{line.id}</span></span>}
      <span class="text">{line.stream === 'err' && <span class="unseen">error output: </span>}{pieces(bare(line.text), grep).map((t, i) => (i % 2 === 1 ? <mark key={i}>{t}</mark> : t))}</span>
    </div>
  );
}

function bounds(span: Span, own: { since: string; until: string }): { since?: string; until?: string } {
  if (span === 'live') return {};
  if (span !== 'own') return { since: span };
  const at = (text: string): string | undefined => { const ms = Date.parse(text); return Number.isNaN(ms) ? undefined : String(ms); };
  const since = at(own.since);
  const until = at(own.until);
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

/** A value once it has stood still for `ms`. */
function useSettled(value: string, ms: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => { setSettled(value); }, ms);
    return () => { window.clearTimeout(timer); };
  }, [value, ms]);
  return settled;
}
