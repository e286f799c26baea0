import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fate, verdict } from '../../src/foreground/verdict.js';
import type { ExitRecord } from '../../src/protocol/views.js';

const last = (over: Partial<ExitRecord>): ExitRecord => ({ at: 0, pid: 1, ran: 1, then: '', ...over });
const ended = (over: Partial<ExitRecord>, state: Fate['state'] = 'stopped'): Fate => ({ state, asked: false, last: last(over) });
const up: Fate = { state: 'up', asked: false };
const signals = { SIGKILL: 9, SIGTERM: 15 };

test('how all ended becomes one status', () => {
  const table: [string, Fate[], ReturnType<typeof verdict>][] = [
    ['something is up', [ended({ code: 0 }), up], undefined],
    ['one, its own status', [ended({ code: 7 })], { code: 7, final: true }],
    ['one that ended well', [ended({ code: 0 })], { code: 0, final: true }],
    ['one that was killed', [ended({ signal: 'SIGKILL' })], { code: 137, final: true }],
    ['one that was given up with status 0', [ended({ code: 0 }, 'failed')], { code: 1, final: true }],
    ['one that was given up', [ended({ code: 3 }, 'failed')], { code: 3, final: true }],
    ['one that could not be started', [{ state: 'failed', asked: false }], { code: 1, final: true }],
    ['several that ended well', [ended({ code: 0 }), ended({ code: 0 })], { code: 0, final: true }],
    ['several, one badly', [ended({ code: 0 }), ended({ code: 1 })], { code: 2, final: true }],
    ['stopped by somebody, who may start it again', [{ state: 'stopped', asked: true, last: last({ code: 0 }) }], { code: 2, final: false }],
    ['all deleted', [], { code: 2, final: false }],
  ];
  for (const [what, fates, wanted] of table) assert.deepEqual(verdict(fates, signals), wanted, what);
});
