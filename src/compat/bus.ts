/** What happens here in PM2's topics and payloads (pm2-facts 3.4). Payloads are built only if somebody listens: see Bus.publishPm2. */
import type { ChildEffect } from './child.js';
import type { Pm2Record } from './record.js';

export interface Pm2Topic {
  readonly topic: string;
  readonly payload: () => unknown;
}

/** The short form of a process in payloads. */
export interface ProcessRef {
  readonly id: number;
  readonly name: string;
  readonly namespace: string;
}

/** `data`: text as it stands in the file, newline included. `at`: wall-clock ms, here and below. */
export function logTopic(stream: 'out' | 'err', p: ProcessRef, at: number, data: string | (() => string)): Pm2Topic {
  return { topic: `log:${stream}`, payload: () => ({ process: short(p), at, data: typeof data === 'string' ? data : data() }) };
}

export type Pm2Event = 'start' | 'online' | 'exit' | 'stop' | 'restart' | 'restart overlimit' | 'reload' | 'graceful reload' | 'delete';

/** `record` is asked for only when needed. The nested environment stays here, as in PM2. */
export function processEvent(event: Pm2Event, manually: boolean, at: number, record: () => Pm2Record): Pm2Topic {
  return {
    topic: 'process:event',
    payload: () => {
      const { env: _nested, ...bag } = record().pm2_env;
      // By then it may be on its way up again; what ended is told as ended.
      const process = event === 'exit' && bag['status'] !== 'errored' ? { ...bag, status: 'stopped' } : bag;
      return { event, manually, process, at };
    },
  };
}

/** An uncaught error of a program: `error` has message, stack, name. */
export function exceptionTopic(p: ProcessRef, at: number, error: Readonly<Record<string, unknown>>): Pm2Topic {
  return { topic: 'process:exception', payload: () => ({ at, data: error, process: short(p) }) };
}

/** What of a child's message goes to the bus; undefined: nothing. `ready` does, as PM2's raw message. */
export function childTopic(effect: ChildEffect, p: ProcessRef, at: number): Pm2Topic | undefined {
  if (effect.kind === 'ready') return { topic: 'process:msg', payload: () => ({ at, raw: 'ready', process: short(p) }) };
  if (effect.kind !== 'publish') return undefined;
  if ('raw' in effect) return { topic: effect.topic, payload: () => ({ at, raw: effect.raw, process: short(p) }) };
  return { topic: effect.topic, payload: () => ({ at, data: effect.data, process: short(p) }) };
}

/** A line of the daemon's own log. */
export function daemonLogTopic(at: number, text: string): Pm2Topic {
  return { topic: 'log:PM2', payload: () => ({ process: { pm_id: 'PM2', name: 'PM2', rev: null }, at, data: `${text}\n` }) };
}

/** The daemon ends. */
export function killTopic(msg: string): Pm2Topic {
  return { topic: 'pm2:kill', payload: () => ({ status: 'killed', msg }) };
}

function short(p: ProcessRef): Readonly<Record<string, unknown>> {
  return { pm_id: p.id, name: p.name, rev: null, namespace: p.namespace };
}
