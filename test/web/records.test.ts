import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionsOf, metricsOf, numberOf, widgetOf } from '../../src/web/metrics-of.js';
import { disks, memory, networks } from '../../src/web/machine/proc.js';
import { Rows } from '../../src/web/live/rows.js';
import { subscriptionOf } from '../../src/web/live/log-stream.js';
import { lineReader } from '../../src/web/log-text.js';
import { matcher } from '../../src/web/handlers/logs.js';
import { expose, metricName } from '../../src/web/prometheus.js';
import { view } from '../cli/rig.js';

test('numbers of metrics, as programs write them', () => {
  const of = (value: unknown, unit?: string) => numberOf(metricsOf({ m: { value, unit } })[0] ?? { name: '', value: null, historic: true });
  assert.deepEqual([of(3), of('0.42ms'), of(' 12 '), of('-1.5e3 req/s'), of(true), of('12', 'B')], [{ value: 3 }, { value: 0.42, unit: 'ms' }, { value: 12 }, { value: -1500, unit: 'req/s' }, { value: 1 }, { value: 12, unit: 'B' }]);
  assert.deepEqual([of('N/A'), of(null), of(undefined), of({ a: 1 }), of('1 2'), of(Number.NaN)], Array.from({ length: 6 }, () => undefined));
  assert.deepEqual(metricsOf({ a: { value: { x: 1 }, historic: false } }), [{ name: 'a', value: '{"x":1}', historic: false }]);
});

test('actions and looks, whatever a program put in them', () => {
  assert.deepEqual(actionsOf([{ action_name: 'gc', action_type: 'custom', opts: { comment: 'c', params: '<n>' } }, { action_name: 'tail', action_type: 'scoped', opts: null }, { nonsense: 1 }]),
    [{ name: 'gc', scoped: false, comment: 'c', params: '<n>' }, { name: 'tail', scoped: true }]);
  const looks = (widget: unknown) => widgetOf({ widget }, 'box');
  assert.deepEqual(looks({ type: 'generic', logo: 'img/logo.png', theme: ['#111111', 'rgb(1, 2, 3)', 'red', 'url(//evil)', '#11;background:url(x)', 7], pid: 5 }), { type: 'generic', logo: '/api/modules/box/logo', theme: ['#111111', 'rgb(1, 2, 3)', 'red'], pid: 5 });
  for (const logo of ['https://evil.example/x.png', '//evil.example/x.png', 'javascript:alert(1)', 'data:text/html,<script>']) assert.equal(looks({ logo })?.logo, undefined, logo);
  assert.equal(looks({ logo: 'data:image/png;base64,AAAA' })?.logo, 'data:image/png;base64,AAAA');
  assert.equal(looks('x'), undefined);
});

test('lines of a log without what the file adds to them', () => {
  const at = Date.parse('2026-03-01T10:00:00');
  assert.deepEqual(lineReader({ type: 'raw', date: 'YYYY-MM-DDTHH:mm:ss' })('2026-03-01T10:00:00: hello: you'), { at, text: 'hello: you' });
  assert.deepEqual(lineReader({ type: 'raw', date: '' })('hello: you'), { text: 'hello: you' });
  assert.deepEqual(lineReader({ type: 'raw', date: '' })('2026-03-01T10:00:00Z hello'), { at: Date.UTC(2026, 2, 1, 10), text: '2026-03-01T10:00:00Z hello' });
  assert.deepEqual(lineReader({ type: 'json', date: '' })('{"message":"hi","timestamp":"2026-03-01T10:00:00.000Z","type":"out"}'), { text: 'hi', at: Date.UTC(2026, 2, 1, 10) });
  assert.deepEqual(lineReader({ type: 'json', date: '' })('{"own":1}'), { text: '{"own":1}' });
  assert.deepEqual([matcher('err')('An ERROR'), matcher('Err')('An error'), matcher('.*')('abc')], [true, false, false]);
});

test('whose log lines are sent', () => {
  assert.deepEqual(subscriptionOf(['all', 'api']), { events: ['log'] });
  assert.deepEqual(subscriptionOf(['api', '3', '/^w/']), { events: ['log'], ids: [3], names: ['api', '3'], namespaces: ['api', '3'], patterns: ['^w'] });
});

test('only what changed is sent, and who comes late gets all', () => {
  const rows = new Rows();
  const read = (text: string | undefined) => (text === undefined ? undefined : JSON.parse(text) as { full: boolean; rows: { id: number }[]; gone: number[] });
  assert.deepEqual(read(rows.changes([view({ id: 1 }), view({ id: 2 })], 5))?.rows.map((r) => r.id), [1, 2]);
  assert.equal(rows.changes([view({ id: 1 }), view({ id: 2 })], 6), undefined);
  assert.deepEqual(read(rows.changes([view({ id: 2, cpu: 9 })], 7)), { full: false, at: 7, rows: [view({ id: 2, cpu: 9 })], gone: [1] });
  assert.deepEqual(read(rows.whole(8)), { full: true, at: 8, rows: [view({ id: 2, cpu: 9 })], gone: [] });
});

test('figures of Linux', () => {
  const stats = '   8       0 sda 10 0 100 0 20 0 200 0 0 0 0\n   8       1 sda1 10 0 100 0 20 0 200 0 0 0 0\n   7 0 loop0 1 0 9 0 1 0 9 0 0 0 0';
  assert.deepEqual(disks(stats, (n) => n === 'sda'), { diskRead: 51_200, diskWrite: 102_400 });
  const dev = 'Inter-| Receive\n face |bytes packets\n    lo: 900 1 0 0 0 0 0 0 900 1 0\n  eth0: 100 1 0 0 0 0 0 0 50 1 0\n veth1:7 1 0 0 0 0 0 0 8 1 0';
  assert.deepEqual([networks(dev, (n) => n === 'eth0'), networks(dev, () => false)], [{ netIn: 100, netOut: 50 }, { netIn: 107, netOut: 58 }]);
  assert.deepEqual(memory('MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 600 kB\nSwapTotal: 50 kB\nSwapFree: 20 kB\n'), { total: 1_024_000, used: 409_600, swapTotal: 51_200, swapUsed: 30_720 });
});

test('names that a scraper takes', async () => {
  assert.deepEqual(['Event Loop Latency p95', 'HTTP', ' Größe (MB) ', '###'].map(metricName), ['event_loop_latency_p95', 'http', 'gr_e_mb', 'unnamed']);
  const text = await expose([
    { name: 'mgr_x_total', help: 'h', labels: ['name'], values: [{ labels: { name: 'a"\n\\b' }, value: 2 }] }, { name: 'mgr_none', help: 'h', labels: [], values: [] },
  ]);
  assert.equal(text, '# HELP mgr_x_total h\n# TYPE mgr_x_total counter\nmgr_x_total{name="a\\"\\n\\\\b"} 2\n');
  assert.match(await expose([{ name: 'mgr_custom_sum_total', help: 'h', labels: [], values: [{ labels: {}, value: -1 }] }]), /TYPE mgr_custom_sum_total gauge\nmgr_custom_sum_total -1/, 'whatever a program calls a total');
});
