import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCron } from '../../src/config/croner.js';

test('named hours keep to the clock on the wall over both changes of it', async () => {
  const cron = await loadCron();
  const rows: readonly (readonly [pattern: string, zone: string, from: string, times: readonly string[]])[] = [
    // Berlin: 02:00-03:00 is skipped on 28 March 2027 and comes twice on 31 October.
    ['30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00Z', ['2027-03-28T01:00', '2027-03-29T00:30']],
    ['30 2 * * *', 'Europe/Berlin', '2027-10-30T12:00Z', ['2027-10-31T00:30', '2027-11-01T01:30']],
    ['0,30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00Z', ['2027-03-28T01:00', '2027-03-29T00:00']],
    ['*/30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00Z', ['2027-03-28T01:00', '2027-03-29T00:00']],
    ['*/30 2 * * *', 'Europe/Berlin', '2027-10-30T12:00Z', ['2027-10-31T00:00', '2027-10-31T00:30', '2027-11-01T01:00']],
    ['0 /30 2 * * *', 'Europe/Berlin', '2027-10-30T12:00Z', ['2027-10-31T00:00', '2027-10-31T00:30', '2027-11-01T01:00']],
    ['15 2 * * *', 'Australia/Lord_Howe', '2027-10-01T18:00Z', ['2027-10-02T15:30', '2027-10-03T15:15']], // half an hour is skipped
    // All hours: real time.
    ['*/30 * * * *', 'Europe/Berlin', '2027-10-30T23:40Z', ['2027-10-31T00:00', '2027-10-31T00:30', '2027-10-31T01:00', '2027-10-31T01:30']],
    ['0 9 * * 1-5', 'America/New_York', '2026-11-20T20:00Z', ['2026-11-23T14:00', '2026-11-24T14:00']],
  ];
  for (const [pattern, zone, from, times] of rows) {
    const next = cron(pattern, { zone, once: true });
    let at = Date.parse(from);
    const got = times.map(() => { at = next(at) ?? 0; return new Date(at).toISOString().slice(0, 16); });
    assert.deepEqual(got, times, pattern);
  }
});
