/**
 * The life of a process as one table, pure: (state, wish) x event -> state, wish, effects.
 *
 *  stopped --start--> starting --spawned,ready--> online --exited--> [policy] --> waiting --waitOver--> starting
 *     ^                  | exited/spawnFailed -> [policy]              |  \-> stopped (done)
 *     |                  v stop                      stop/restart      \---> failed (gave up; reason kept)
 *     +-- exited, want=down -- stopping <----------------+       stopping --killDue--> SIGKILL, same state
 *                              stopping -- exited, want=up --> starting
 *
 *  A reload is a second row of `online`, called replacing: the living run serves on while its heir boots.
 *  online --reload--> replacing --heirReady--> online (the heir is the living run now, the old one is leaving)
 *                        | heirFailed, heirDue, abandon --> online (as if nothing had been)
 *                        | exited --> starting (the heir inherits: it boots on as the living run)
 *                        | stop, restart --> the heir is given up, then as from online
 *
 * Wish and fact are different fields: `want` beside `state`; a restart is a stop with `want` still up.
 * Every cell holds a handler, 'ignore' (the news changes nothing here) or 'bug' (it cannot come here):
 * a forgotten cell does not compile. Effects run after the step and come back as events.
 */
import type { AppSpec } from '../config/spec.js';
import type { Intensity } from '../protocol/records.js';
import { type OverlapKeys, downTime, gated, overlaps, readyWithin } from './readiness.js';
import { type Decision, type Exit, afterExit, exitWords } from './policy.js';

export type Want = 'up' | 'down';

export type State =
  | { readonly name: 'stopped'; readonly why: string }
  | { readonly name: 'starting' }
  /** `unready`: it runs, but was not ready in time. `heir`: a run boots beside it to take its place. */
  | { readonly name: 'online'; readonly unready: boolean; readonly heir?: true }
  /** `hard`: SIGKILL was sent. `draining`: not asked yet, it finishes its connections. `why`: who restarts it, when nobody asked. */
  | { readonly name: 'stopping'; readonly hard: boolean; readonly draining?: true; readonly why?: string }
  /** delay in ms; `reason`: why it could not be started, when that is what it waits after. */
  | { readonly name: 'waiting'; readonly delay: number; readonly reason?: string }
  /** `stuck`: its process is still there, SIGKILL or not. A second one beside it would be two: each verb tries to end it first. */
  | { readonly name: 'failed'; readonly reason: string; readonly stuck?: true };

export type StateName = State['name'];

export type Event =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'restart'; readonly why?: string }
  /** `spec`: the declaration of the run that is to take over. `why`: when no person asked. */
  | { readonly type: 'reload'; readonly spec: AppSpec; readonly why?: string }
  | { readonly type: 'heirReady' }
  | { readonly type: 'heirFailed'; readonly reason: string }
  | { readonly type: 'heirDue' }
  /** The reload is given up for another reason than the heir's. */
  | { readonly type: 'abandon'; readonly why: string }
  | { readonly type: 'spawned' }
  | { readonly type: 'spawnFailed'; readonly reason: string; readonly passing: boolean; /** Nothing is wrong with it, it waits for a person. */ readonly held?: true }
  /** Asked to end while there is no process yet: it is still being made, or could not be. */
  | { readonly type: 'unborn' }
  | { readonly type: 'ready' }
  | { readonly type: 'readyDue' }
  | { readonly type: 'exited'; readonly exit: Exit; readonly ran: number }
  | { readonly type: 'waitOver' }
  | { readonly type: 'killDue' }
  /** It has no connection left, or was given its time for that. */
  | { readonly type: 'drained' };

export type EventName = Event['type'];

export type Effect =
  | { readonly do: 'spawn' }
  | { readonly do: 'spawnHeir'; readonly spec: AppSpec; readonly why?: string }
  /** The heir becomes the living run, the old one leaves. */
  | { readonly do: 'takeOver' }
  /** The heir becomes the living run, the old one is dead. */
  | { readonly do: 'inherit' }
  /** No `why`: it was not ready in time. */
  | { readonly do: 'dropHeir'; readonly why?: string }
  /** Take no new connection, finish those it has. */
  | { readonly do: 'drain'; readonly ms: number }
  /** Ask it to end: signal or message. */
  | { readonly do: 'ask' }
  | { readonly do: 'kill' }
  | { readonly do: 'arm'; readonly timer: Timer; readonly ms: number }
  | { readonly do: 'disarm' }
  | { readonly do: 'tell'; readonly news: 'online' | 'exit' | 'stop' | 'restart overlimit' }
  /** Note how the run ended and what followed. */
  | { readonly do: 'record'; readonly exit: Exit; readonly ran: number; readonly then: string; readonly restarted: boolean };

export type Timer = 'wait' | 'kill' | 'ready' | 'heir' | 'drain';

export interface Machine {
  readonly state: State;
  readonly want: Want;
  readonly intensity: Intensity;
}

export interface Step extends Machine {
  readonly effects: readonly Effect[];
}

type Spec = Pick<AppSpec, 'autorestart' | 'stop_exit_codes' | 'min_uptime' | 'max_restarts' | 'restart_delay' | 'exp_backoff_restart_delay' | 'wait_ready' | 'health_check' | 'listen_timeout' | 'kill_timeout' | 'drain_timeout' | 'instances' | OverlapKeys>;
type Of<E extends EventName> = Extract<Event, { type: E }>;
type Handler<E extends EventName> = (m: Machine, event: Of<E>, spec: Spec) => Step;
type Cell<E extends EventName> = Handler<E> | 'ignore' | 'bug';
type Table = { readonly [S in StateName | 'replacing']: { readonly [E in EventName]: Cell<E> } };

const go = (m: Machine, state: State, effects: readonly Effect[] = [], more: Partial<Machine> = {}): Step => ({ want: m.want, intensity: m.intensity, ...more, state, effects });
const wish = (want: Want) => (m: Machine): Step => go(m, m.state, [], { want });

const spawn = (m: Machine): Step => go(m, { name: 'starting' }, [{ do: 'disarm' }, { do: 'spawn' }], { want: 'up' });
/** A person starts it anew: what went wrong before no longer counts (systemd counts it: its users' complaint). */
const afresh = (m: Machine): Step => spawn({ ...m, intensity: { ...m.intensity, unstableAt: [], lastDelay: 0 } });
const takeDown = (want: Want) => (m: Machine, e: Event, spec: Spec): Step =>
  go(m, { name: 'stopping', hard: false, ...whyOf(e) }, [{ do: 'disarm' }, ...asked(spec)], { want });
const asked = (spec: Spec): Effect[] => [{ do: 'ask' }, { do: 'arm', timer: 'kill', ms: spec.kill_timeout }];
/** Nothing of it is left, or what is left has to go first. */
const unlessStuck = (want: Want, otherwise: (m: Machine) => Step) => (m: Machine, _e: Event, spec: Spec): Step => (m.state.name === 'failed' && m.state.stuck ? goHard(m, spec, { name: 'stopping', hard: true }, { want }) : otherwise(m));
const goHard = (m: Machine, spec: Spec, state: State, more: Partial<Machine> = {}): Step => go(m, state, [{ do: 'kill' }, { do: 'arm', timer: 'kill', ms: Math.max(spec.kill_timeout, 2000) }], more);
/** What shares its socket with others finishes what it has begun while those take what comes. */
const drainDown = (want: Want) => (m: Machine, e: Event, spec: Spec): Step => (!overlaps(spec) ? takeDown(want)(m, e, spec)
  : go(m, { name: 'stopping', hard: false, draining: true, ...whyOf(e) }, [{ do: 'disarm' }, ...drained(downTime(spec, want === 'up' && !('why' in e)))], { want }));
const drained = (ms: number): Effect[] => [{ do: 'drain', ms }, { do: 'arm', timer: 'drain', ms: ms + DRAIN_GRACE }];
const whyOf = (e: Event): { why?: string } => ('why' in e ? { why: e.why } : {});

/** ms. A drain that does not tell its end within its time has ended. */
const DRAIN_GRACE = 300;

const serving = (m: Machine): State => ({ name: 'online', unready: m.state.name === 'online' && m.state.unready });
const dropping = (why: string, then: (m: Machine, e: Event, spec: Spec) => Step) => (m: Machine, e: Event, spec: Spec): Step => {
  const next = then(m, e, spec);
  return { ...next, effects: [{ do: 'dropHeir', why }, ...next.effects] };
};

const online = (m: Machine, unready = false): Step => go(m, { name: 'online', unready }, [{ do: 'disarm' }, { do: 'tell', news: 'online' }]);

const spawned: Handler<'spawned'> = (m, _e, spec) => (gated(spec) ? go(m, m.state, [{ do: 'arm', timer: 'ready', ms: readyWithin(spec) }]) : online(m));

/** Spawn errors that pass (no memory, too many processes) are tried again, at the earliest after a second. */
const spawnFailed: Handler<'spawnFailed'> = (m, e, spec) => {
  if (e.passing && m.want === 'up' && spec.autorestart) {
    const decision = afterExit({ ...spec, min_uptime: Math.max(1, spec.min_uptime) }, {}, 0, m.intensity);
    if (decision.do === 'restart') {
      const ms = Math.max(1000, decision.delay);
      return go(m, { name: 'waiting', delay: ms, reason: e.reason }, [{ do: 'disarm' }, { do: 'arm', timer: 'wait', ms }], { intensity: decision.intensity });
    }
  }
  return go(m, e.held ? { name: 'stopped', why: e.reason } : { name: 'failed', reason: e.reason }, [{ do: 'disarm' }, { do: 'tell', news: 'exit' }]);
};

const exited: Handler<'exited'> = (m, e, spec) => follow(m, e, afterExit(spec, e.exit, e.ran, m.intensity));

function follow(m: Machine, e: Of<'exited'>, decision: Decision): Step {
  const record = (then: string, restarted = false): Effect => ({ do: 'record', exit: e.exit, ran: e.ran, then, restarted });
  const { intensity } = decision;
  switch (decision.do) {
    case 'restart':
      if (decision.delay > 0) {
        return go(m, { name: 'waiting', delay: decision.delay }, [{ do: 'disarm' }, record(`restart in ${decision.delay} ms`, true), { do: 'tell', news: 'exit' }, { do: 'arm', timer: 'wait', ms: decision.delay }], { intensity });
      }
      return go(m, { name: 'starting' }, [{ do: 'disarm' }, record('restarted', true), { do: 'spawn' }, { do: 'tell', news: 'exit' }], { intensity });
    case 'stay':
      return go(m, { name: 'stopped', why: `${exitWords(e.exit)}, and ${decision.why}` }, [{ do: 'disarm' }, record(`stopped: ${decision.why}`), { do: 'tell', news: 'exit' }], { intensity });
    case 'give up':
      return go(m, { name: 'failed', reason: decision.why }, [{ do: 'disarm' }, record(`gave up: ${decision.why}`), { do: 'tell', news: 'exit' }, { do: 'tell', news: 'restart overlimit' }], { intensity });
  }
}

/** Only what is online can be replaced. What a heir that was given up tells late is nothing to anybody. */
const NO_HEIR = { reload: 'bug', heirReady: 'ignore', heirFailed: 'ignore', heirDue: 'ignore', abandon: 'ignore', drained: 'ignore' } as const;

const TABLE: Table = {
  stopped: {
    start: afresh, restart: afresh, stop: wish('down'),
    // A start that was taken back at once may tell its failure late.
    spawned: 'bug', spawnFailed: 'ignore', unborn: 'bug', ready: 'ignore', readyDue: 'ignore', exited: 'bug', waitOver: 'ignore', killDue: 'ignore',
    ...NO_HEIR,
  },
  starting: {
    start: wish('up'), restart: takeDown('up'), stop: takeDown('down'),
    spawned, spawnFailed, unborn: 'bug',
    ready: (m) => online(m),
    // PM2 users rely on it: not ready in time counts as online (pm2-facts 2.6); the waiting command is told the truth.
    readyDue: (m) => online(m, true),
    exited, waitOver: 'ignore', killDue: 'ignore',
    ...NO_HEIR,
  },
  online: {
    start: wish('up'), restart: drainDown('up'), stop: drainDown('down'),
    spawned: 'bug', spawnFailed: 'bug', unborn: 'bug', ready: (m) => go(m, { name: 'online', unready: false }),
    readyDue: 'ignore', exited, waitOver: 'ignore', killDue: 'ignore',
    ...NO_HEIR,
    reload: (m, e) => go(m, { name: 'online', unready: m.state.name === 'online' && m.state.unready, heir: true }, [{ do: 'disarm' }, { do: 'spawnHeir', spec: e.spec, ...(e.why === undefined ? {} : { why: e.why }) }, { do: 'arm', timer: 'heir', ms: readyWithin(e.spec) }], { want: 'up' }),
  },
  replacing: {
    start: wish('up'),
    restart: dropping('it was restarted meanwhile', drainDown('up')),
    stop: dropping('it was stopped meanwhile', drainDown('down')),
    reload: 'bug',
    heirReady: (m) => go(m, { name: 'online', unready: false }, [{ do: 'disarm' }, { do: 'takeOver' }, { do: 'tell', news: 'online' }]),
    heirFailed: (m, e) => go(m, serving(m), [{ do: 'disarm' }, { do: 'dropHeir', why: e.reason }]),
    heirDue: (m) => go(m, serving(m), [{ do: 'disarm' }, { do: 'dropHeir' }]),
    abandon: (m, e) => go(m, serving(m), [{ do: 'disarm' }, { do: 'dropHeir', why: e.why }]),
    exited: (m, e, spec) => go(m, { name: 'starting' }, [
      { do: 'disarm' }, { do: 'record', exit: e.exit, ran: e.ran, then: 'its successor, which was booting, takes over', restarted: true }, { do: 'inherit' },
      { do: 'tell', news: 'exit' }, { do: 'arm', timer: 'ready', ms: readyWithin(spec) },
    ], { intensity: { ...m.intensity, ranTotal: m.intensity.ranTotal + e.ran } }),
    ready: (m) => go(m, { name: 'online', unready: false, heir: true }),
    spawned: 'bug', spawnFailed: 'bug', unborn: 'bug', readyDue: 'ignore', waitOver: 'ignore', killDue: 'ignore', drained: 'ignore',
  },
  stopping: {
    start: wish('up'), restart: wish('up'), stop: (m, _e, spec) => go(m, m.state, m.state.name === 'stopping' && m.state.draining && m.want === 'up' ? drained(spec.kill_timeout).slice(1) : [], { want: 'down' }),
    unborn: (m) => (m.want === 'up' ? spawn(m) : go(m, { name: 'stopped', why: 'asked' }, [{ do: 'disarm' }, { do: 'tell', news: 'stop' }])),
    spawned: 'bug', spawnFailed: 'bug', ready: 'ignore', readyDue: 'ignore', waitOver: 'ignore',
    ...NO_HEIR,
    drained: (m, _e, spec) => (m.state.name === 'stopping' && m.state.draining ? go(m, { name: 'stopping', hard: false, ...(m.state.why === undefined ? {} : { why: m.state.why }) }, [{ do: 'disarm' }, ...asked(spec)]) : go(m, m.state)),
    exited: (m, e) => {
      const why = m.state.name === 'stopping' ? m.state.why : undefined;
      const record: Effect = { do: 'record', exit: e.exit, ran: e.ran, then: m.want === 'up' ? `restarted: ${why ?? 'asked'}` : 'stopped: asked', restarted: m.want === 'up' };
      const intensity = { ...m.intensity, ranTotal: m.intensity.ranTotal + e.ran };
      if (m.want === 'up') return go(m, { name: 'starting' }, [{ do: 'disarm' }, record, { do: 'spawn' }, { do: 'tell', news: 'exit' }], { intensity });
      return go(m, { name: 'stopped', why: 'asked' }, [{ do: 'disarm' }, record, { do: 'tell', news: 'exit' }, { do: 'tell', news: 'stop' }], { intensity });
    },
    killDue: (m, _e, spec) => {
      if (m.state.name === 'stopping' && m.state.hard) return go(m, { name: 'failed', reason: 'it is still there after SIGKILL', stuck: true }, [{ do: 'disarm' }]);
      return goHard(m, spec, { ...(m.state.name === 'stopping' ? m.state : { name: 'stopping' }), hard: true });
    },
  },
  waiting: {
    start: spawn, restart: afresh,
    stop: (m) => go(m, { name: 'stopped', why: 'asked' }, [{ do: 'disarm' }, { do: 'tell', news: 'stop' }], { want: 'down' }),
    spawned: 'bug', spawnFailed: 'bug', unborn: 'bug', ready: 'ignore', readyDue: 'ignore', exited: 'bug', killDue: 'ignore',
    ...NO_HEIR,
    waitOver: spawn,
  },
  failed: {
    start: unlessStuck('up', afresh), restart: unlessStuck('up', afresh),
    stop: unlessStuck('down', (m) => go(m, { name: 'stopped', why: 'asked' }, [{ do: 'tell', news: 'stop' }], { want: 'down' })),
    spawned: 'bug', spawnFailed: 'bug', unborn: 'bug', ready: 'ignore', readyDue: 'ignore', waitOver: 'ignore', killDue: 'ignore',
    ...NO_HEIR,
    // It ended after all, later than anybody waited for.
    exited: (m, e) => (m.want === 'up' ? go(m, { name: 'starting' }, [{ do: 'disarm' }, { do: 'record', exit: e.exit, ran: e.ran, then: 'restarted: it ended late', restarted: true }, { do: 'spawn' }, { do: 'tell', news: 'exit' }])
      : go(m, { name: 'stopped', why: 'it ended late' }, [{ do: 'record', exit: e.exit, ran: e.ran, then: 'stopped: it ended late', restarted: false }, { do: 'tell', news: 'exit' }])),
  },
};

/** One step. Throws on an event that cannot come in this state: a fault of ours, not of the program. */
export function step(m: Machine, event: Event, spec: Spec): Step {
  const row = m.state.name === 'online' && m.state.heir ? 'replacing' : m.state.name;
  const cell = TABLE[row][event.type] as Cell<EventName>;
  if (cell === 'ignore') return go(m, m.state);
  if (cell === 'bug') throw new Error(`event ${event.type} in state ${m.state.name}`);
  return cell(m, event, spec);
}
