import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Event, type Machine, type State, type Want, step } from '../../src/supervisor/machine.js';
import { NO_INTENSITY } from '../../src/supervisor/policy.js';

const SPEC = { autorestart: true, stop_exit_codes: [], min_uptime: 1000, max_restarts: 16, restart_delay: 0, exp_backoff_restart_delay: 0, wait_ready: false, listen_timeout: 3000, kill_timeout: 1600 };
const at = (state: State, want: Want = 'up'): Machine => ({ state, want, intensity: NO_INTENSITY });
const S = {
  stopped: { name: 'stopped', why: 'asked' }, starting: { name: 'starting' }, online: { name: 'online', unready: false },
  stopping: { name: 'stopping', hard: false }, hard: { name: 'stopping', hard: true }, waiting: { name: 'waiting', delay: 400 }, failed: { name: 'failed', reason: 'x' },
} as const satisfies Record<string, State>;
const died: Event = { type: 'exited', exit: { code: 1 }, ran: 5000 };

const PATHS: [from: keyof typeof S, want: Want, event: Event, to: string, wantAfter: Want, effects: string, spec?: Partial<typeof SPEC>][] = [
  ['stopped', 'down', { type: 'start' }, 'starting', 'up', 'disarm spawn'],
  ['stopped', 'down', { type: 'restart' }, 'starting', 'up', 'disarm spawn'],
  ['stopped', 'up', { type: 'stop' }, 'stopped', 'down', ''],
  ['starting', 'up', { type: 'spawned' }, 'online', 'up', 'disarm tell:online'],
  ['starting', 'up', { type: 'spawned' }, 'starting', 'up', 'arm:ready:3000', { wait_ready: true }],
  ['starting', 'up', { type: 'ready' }, 'online', 'up', 'disarm tell:online', { wait_ready: true }],
  ['starting', 'up', { type: 'readyDue' }, 'online', 'up', 'disarm tell:online', { wait_ready: true }],
  ['starting', 'up', { type: 'spawnFailed', reason: 'x', passing: false }, 'failed', 'up', 'disarm tell:exit'],
  ['starting', 'up', { type: 'spawnFailed', reason: 'x', passing: true }, 'waiting', 'up', 'disarm arm:wait:1000'],
  ['starting', 'up', { type: 'stop' }, 'stopping', 'down', 'disarm ask arm:kill:1600'],
  ['online', 'up', { type: 'stop' }, 'stopping', 'down', 'disarm ask arm:kill:1600'],
  ['online', 'up', { type: 'restart' }, 'stopping', 'up', 'disarm ask arm:kill:1600'],
  ['online', 'up', { type: 'start' }, 'online', 'up', ''],
  ['online', 'up', died, 'starting', 'up', 'disarm record spawn tell:exit'],
  ['online', 'up', died, 'waiting', 'up', 'disarm record tell:exit arm:wait:400', { restart_delay: 400 }],
  ['online', 'up', died, 'stopped', 'up', 'disarm record tell:exit', { autorestart: false }],
  ['online', 'up', { ...died, ran: 5 }, 'failed', 'up', 'disarm record tell:exit tell:restart overlimit', { max_restarts: 1 }],
  ['stopping', 'down', died, 'stopped', 'down', 'disarm record tell:exit tell:stop'],
  ['stopping', 'up', died, 'starting', 'up', 'disarm record spawn tell:exit'],
  ['stopping', 'down', { type: 'start' }, 'stopping', 'up', ''],
  ['stopping', 'up', { type: 'stop' }, 'stopping', 'down', ''],
  ['stopping', 'down', { type: 'killDue' }, 'stopping', 'down', 'kill arm:kill:2000'],
  ['hard', 'down', { type: 'killDue' }, 'failed', 'down', 'disarm'],
  ['stopping', 'down', { type: 'unborn' }, 'stopped', 'down', 'disarm tell:stop'],
  ['stopping', 'up', { type: 'unborn' }, 'starting', 'up', 'disarm spawn'],
  ['stopped', 'down', { type: 'spawnFailed', reason: 'x', passing: false }, 'stopped', 'down', ''],
  ['waiting', 'up', { type: 'waitOver' }, 'starting', 'up', 'disarm spawn'],
  ['waiting', 'up', { type: 'stop' }, 'stopped', 'down', 'disarm tell:stop'],
  ['waiting', 'up', { type: 'restart' }, 'starting', 'up', 'disarm spawn'],
  ['failed', 'up', { type: 'start' }, 'starting', 'up', 'disarm spawn'],
  ['failed', 'up', { type: 'stop' }, 'stopped', 'down', 'tell:stop'],
];

describe('the table', () => {
  for (const [from, want, event, to, wantAfter, effects, spec] of PATHS) {
    test(`${from} (want ${want}) + ${event.type} -> ${to}${spec ? ` with ${Object.keys(spec).join()}` : ''}`, () => {
      const next = step(at(S[from], want), event, { ...SPEC, ...spec });
      assert.equal(next.state.name, to);
      assert.equal(next.want, wantAfter);
      assert.equal(next.effects.map((e) => [e.do, ...('timer' in e ? [e.timer, e.ms] : 'news' in e ? [e.news] : [])].join(':')).join(' '), effects);
    });
  }

  test('news that cannot come is a bug, not silence', () => {
    for (const state of [S.stopped, S.online, S.waiting]) assert.throws(() => step(at(state), { type: 'spawned' }, SPEC), /event spawned in state/);
  });

  test('from every state a stop leads to stopped and a start to starting, whatever else happens between', () => {
    for (const state of Object.values(S)) {
      let m: Machine = step(at(state), { type: 'stop' }, SPEC);
      if (m.state.name === 'stopping') m = step(m, died, SPEC);
      assert.equal(m.state.name, 'stopped', state.name);
      m = step(m, { type: 'start' }, SPEC);
      assert.equal(m.state.name, 'starting', state.name);
    }
  });
});
