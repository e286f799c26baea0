import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Event, type Machine, type State, type Want, step } from '../../src/supervisor/machine.js';
import type { AppSpec } from '../../src/config/spec.js';
import { NO_INTENSITY } from '../../src/supervisor/policy.js';

const SPEC = { autorestart: true, stop_exit_codes: [], min_uptime: 1000, max_restarts: 16, restart_delay: 0, exp_backoff_restart_delay: 0, wait_ready: false, listen_timeout: 3000, kill_timeout: 1600, instances: 1, exec_mode: 'fork' as 'fork' | 'cluster' };
const at = (state: State, want: Want = 'up'): Machine => ({ state, want, intensity: NO_INTENSITY });
const S = {
  stopped: { name: 'stopped', why: 'asked' }, starting: { name: 'starting' }, online: { name: 'online', unready: false },
  replacing: { name: 'online', unready: false, heir: true }, draining: { name: 'stopping', hard: false, draining: true }, stopping: { name: 'stopping', hard: false }, hard: { name: 'stopping', hard: true }, waiting: { name: 'waiting', delay: 400 }, failed: { name: 'failed', reason: 'x' }, stuck: { name: 'failed', reason: 'x', stuck: true },
} as const satisfies Record<string, State>;
const NEXT = {} as AppSpec;
const died: Event = { type: 'exited', exit: { code: 1 }, ran: 5000 };

const PATHS: [from: keyof typeof S, want: Want, event: Event, to: string, wantAfter: Want, effects: string, spec?: Partial<AppSpec>][] = [
  ['stopped', 'down', { type: 'start' }, 'starting', 'up', 'disarm spawn'],
  ['stopped', 'down', { type: 'restart' }, 'starting', 'up', 'disarm spawn'],
  ['stopped', 'up', { type: 'stop' }, 'stopped', 'down', ''],
  ['starting', 'up', { type: 'spawned' }, 'online', 'up', 'disarm tell:online'],
  ['starting', 'up', { type: 'spawned' }, 'starting', 'up', 'arm:ready:3000', { wait_ready: true }],
  ['starting', 'up', { type: 'ready' }, 'online', 'up', 'disarm tell:online', { wait_ready: true }],
  ['starting', 'up', { type: 'readyDue' }, 'online', 'up', 'disarm tell:online', { wait_ready: true }],
  ['starting', 'up', { type: 'spawnFailed', reason: 'x', passing: false }, 'failed', 'up', 'disarm tell:exit'],
  ['starting', 'up', { type: 'spawnFailed', reason: 'x', passing: false, held: true }, 'stopped', 'up', 'disarm tell:exit'],
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
  // Still there after SIGKILL: no second one is started beside it
  ['stuck', 'down', { type: 'start' }, 'stopping', 'up', 'kill arm:kill:2000'],
  ['stuck', 'up', { type: 'restart' }, 'stopping', 'up', 'kill arm:kill:2000'],
  ['stuck', 'up', { type: 'stop' }, 'stopping', 'down', 'kill arm:kill:2000'],
  ['stuck', 'down', died, 'stopped', 'down', 'record tell:exit'],
  ['stuck', 'up', died, 'starting', 'up', 'disarm record spawn tell:exit'],
  // Readiness by a health check
  ['starting', 'up', { type: 'spawned' }, 'starting', 'up', 'arm:ready:3000', { health_check: { tcp: '127.0.0.1:1', interval: 1, timeout: 1, retries: 1, start_period: 0 } }],
  ['starting', 'up', { type: 'spawned' }, 'starting', 'up', 'arm:ready:9000', { health_check: { tcp: '127.0.0.1:1', interval: 1, timeout: 1, retries: 1, start_period: 9000 } }],
  // What shares its port finishes what it has begun
  ['online', 'up', { type: 'stop' }, 'stopping', 'down', 'disarm drain arm:drain:1900', { exec_mode: 'cluster' }],
  ['online', 'up', { type: 'restart' }, 'stopping', 'up', 'disarm drain arm:drain:10300', { exec_mode: 'cluster', instances: 2 }],
  ['online', 'up', { type: 'restart', why: 'sick' }, 'stopping', 'up', 'disarm drain arm:drain:1900', { exec_mode: 'cluster', instances: 2 }],
  ['online', 'up', { type: 'stop' }, 'stopping', 'down', 'disarm drain arm:drain:1900', { exec_mode: 'cluster', instances: 2 }],
  ['draining', 'up', { type: 'stop' }, 'stopping', 'down', 'arm:drain:1900', { exec_mode: 'cluster', instances: 2 }],
  ['online', 'up', { type: 'restart' }, 'stopping', 'up', 'disarm drain arm:drain:1900', { exec_mode: 'cluster' }],
  ['online', 'up', { type: 'stop' }, 'stopping', 'down', 'disarm ask arm:kill:1600', { exec_mode: 'cluster', overlap: false }],
  ['starting', 'up', { type: 'stop' }, 'stopping', 'down', 'disarm ask arm:kill:1600', { exec_mode: 'cluster' }],
  ['draining', 'down', { type: 'drained' }, 'stopping', 'down', 'disarm ask arm:kill:1600'],
  ['stopping', 'down', { type: 'drained' }, 'stopping', 'down', ''],
  ['draining', 'down', died, 'stopped', 'down', 'disarm record tell:exit tell:stop'],
  // Reload
  ['online', 'up', { type: 'reload', spec: { ...NEXT, listen_timeout: 700 } }, 'online heir', 'up', 'disarm spawnHeir arm:heir:700'],
  ['replacing', 'up', { type: 'heirReady' }, 'online', 'up', 'disarm takeOver tell:online'],
  ['replacing', 'up', { type: 'heirFailed', reason: 'x' }, 'online', 'up', 'disarm dropHeir'],
  ['replacing', 'up', { type: 'heirDue' }, 'online', 'up', 'disarm dropHeir'],
  ['replacing', 'up', { type: 'abandon', why: 'x' }, 'online', 'up', 'disarm dropHeir'],
  ['replacing', 'up', { type: 'ready' }, 'online heir', 'up', ''],
  ['replacing', 'up', { type: 'start' }, 'online heir', 'up', ''],
  ['replacing', 'up', { type: 'stop' }, 'stopping', 'down', 'dropHeir disarm ask arm:kill:1600'],
  ['replacing', 'up', { type: 'restart' }, 'stopping', 'up', 'dropHeir disarm ask arm:kill:1600'],
  ['replacing', 'up', { type: 'stop' }, 'stopping', 'down', 'dropHeir disarm drain arm:drain:1900', { exec_mode: 'cluster' }],
  ['replacing', 'up', died, 'starting', 'up', 'disarm record inherit tell:exit arm:ready:3000'],
  ['replacing', 'up', { ...died, ran: 5 }, 'starting', 'up', 'disarm record inherit tell:exit arm:ready:3000', { max_restarts: 1 }],
  ['online', 'up', { type: 'heirReady' }, 'online', 'up', ''],
  ['starting', 'up', { type: 'heirFailed', reason: 'x' }, 'starting', 'up', ''],
];

describe('the table', () => {
  for (const [from, want, event, to, wantAfter, effects, spec] of PATHS) {
    test(`${from} (want ${want}) + ${event.type} -> ${to}${spec ? ` with ${Object.keys(spec).join()}` : ''}`, () => {
      const next = step(at(S[from], want), event, { ...SPEC, ...spec });
      assert.equal(`${next.state.name}${next.state.name === 'online' && next.state.heir ? ' heir' : ''}`, to);
      assert.equal(next.want, wantAfter);
      assert.equal(next.effects.map((e) => [e.do, ...('timer' in e ? [e.timer, e.ms] : 'news' in e ? [e.news] : [])].join(':')).join(' '), effects);
    });
  }

  test('news that cannot come is a bug, not silence', () => {
    for (const state of [S.stopped, S.starting, S.stopping, S.waiting, S.failed, S.replacing]) assert.throws(() => step(at(state), { type: 'reload', spec: NEXT }, SPEC), /event reload in state/);
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
