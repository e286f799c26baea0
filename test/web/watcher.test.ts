import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type http from 'node:http';
import { test } from 'node:test';
import { HttpError } from '../../src/web/http-error.js';
import { Hub } from '../../src/web/live/hub.js';
import { view } from '../cli/rig.js';

/** An answer whose reader does not read, for as long as `reading` is false. */
class Answer extends EventEmitter {
  text = '';
  reading = true;
  writableLength = 0;
  destroyed = false;
  writableEnded = false;
  writeHead(): this { return this; }
  write(text: string): boolean {
    if (this.reading) this.text += text;
    else this.writableLength += text.length;
    return this.reading;
  }
  end(): void { this.writableEnded = true; this.emit('close'); }
  destroy(): void { this.destroyed = true; this.emit('close'); }
  events(): string[] { return [...this.text.matchAll(/^event: (\w+)$/gm)].map(([, e]) => e ?? ''); }
}

const add = (hub: Hub, answer: Answer, topics?: readonly string[]) => hub.add(answer as unknown as http.ServerResponse, topics, []);
const figures = { at: 1, cpu: 1, load: 1, memory: 1, swap: 0, disk: 1 };

test('who does not read misses what comes again, then is given up; the others do not notice', () => {
  const hub = new Hub();
  const [quick, slow] = [new Answer(), new Answer()];
  add(hub, quick, ['machine', 'processes']);
  const w = add(hub, slow);
  slow.reading = false;
  const big = { full: false, at: 1, rows: [view({ note: 'x'.repeat(300_000) })], gone: [] };
  for (let i = 0; i < 4; i++) { hub.publish('processes', big); hub.publish('machine', figures); }
  assert.ok(w.slow && !slow.destroyed);
  const waiting = slow.writableLength;
  hub.publish('machine', figures);
  hub.beat(1e9);
  assert.equal(slow.writableLength, waiting, 'figures of this second are not worth waiting for');
  for (let i = 0; i < 20; i++) hub.publish('processes', big);
  assert.ok(slow.destroyed);
  assert.ok(slow.writableLength < 5_000_000, String(slow.writableLength));
  assert.equal(hub.count, 1);
  assert.deepEqual([quick.events().filter((e) => e === 'machine').length, quick.events().filter((e) => e === 'processes').length], [5, 24]);
});

test('there is an end to how many listen', () => {
  const hub = new Hub();
  const answers = Array.from({ length: 64 }, () => new Answer());
  for (const a of answers) add(hub, a);
  assert.throws(() => add(hub, new Answer()), (e) => e instanceof HttpError && e.status === 503);
  answers[0]?.end();
  add(hub, new Answer());
  assert.throws(() => { answers[1]?.end(); add(hub, new Answer(), ['nonsense']); }, (e) => e instanceof HttpError && e.status === 400);
});
