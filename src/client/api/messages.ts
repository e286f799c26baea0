import { MgrError } from '../../base/errors.js';
import { fromRecord } from '../../protocol/wire.js';
import type { ActionPacket, Callback, LineSent, Packet, ProcessTarget, Verb } from '../api-types.js';
import { type BusSocket, EventBus } from '../event-bus.js';
import { verb } from '../verb.js';
import { type Core, asPm2, failOn, usage } from './core.js';

export type Sent = { success: true; data: Packet };

/** PM2's three arguments; a promise gives the bus, which has the third as `bus.socket`. */
export interface LaunchBus {
  (callback: (err: Error | null, bus: EventBus, socket: BusSocket) => void): void;
  (): Promise<EventBus>;
}

export interface Messages {
  /** PM2's topics: log:out, log:err, process:event, process:msg, process:exception, axm:*, pm2:kill, and what programs invent. */
  readonly launchBus: LaunchBus;
  /** The packet arrives as it is at the program's `process.on('message')`. */
  readonly sendDataToProcessId: Verb<[packet: Packet], Sent> & Verb<[id: number | string, packet: Packet], Sent>;
  /** To the standard input of a program in fork mode, ended by `separator` (a newline). */
  readonly sendLineToStdin: Verb<[id: number | string, line: string], LineSent> & Verb<[id: number | string, line: string, separator: string | null | undefined], LineSent>;
  /** Calls an action in the process of this id, or in all of this name that have it; answers come on the bus as axm:reply. */
  readonly msgProcess: Verb<[wish: { readonly id?: number | string; readonly name?: string; readonly msg: string; readonly opts?: unknown }], { process_count: number; success: true }>;
  /** Calls an action and waits for the answers, 10 s. */
  readonly trigger: Verb<[target: ProcessTarget, action: string], ActionPacket[]> & Verb<[target: ProcessTarget, action: string, params: unknown], ActionPacket[]>;
}

const unknownId = (id: unknown): { NOT_FOUND: string } => ({ NOT_FOUND: `Process with ID <${String(id)}> unknown.` });

export function messages(core: Core): Messages {
  const open = async (): Promise<EventBus> => {
    await core.session.client();
    const bus = await EventBus.open(core.session.home.pubSocket);
    core.buses.add(bus);
    return bus;
  };
  return {
    launchBus: ((callback?: (err: Error | null, ...rest: unknown[]) => void) => {
      if (typeof callback !== 'function') return open();
      verb(open)(((err: Error | null, bus: EventBus) => { if (err) callback(err); else callback(null, bus, bus.socket); }) as Callback<EventBus>);
      return undefined;
    }) as LaunchBus,
    sendDataToProcessId: verb(async (first: number | string | Packet, second?: Packet): Promise<Sent> => {
      const packet: Packet = typeof first === 'object' ? first : { ...second, id: first, topic: second?.topic ?? true, data: second?.data };
      if (packet.id === undefined || packet.data === undefined || !packet.topic) throw usage('ID, DATA or TOPIC field is missing');
      await core.call('process.send', { id: Number(packet.id), message: packet }).catch((e: unknown) => { throw asPm2(e, unknownId(packet.id)); });
      return { success: true, data: packet };
    }) as Messages['sendDataToProcessId'],
    sendLineToStdin: verb(async (id: number | string, text: string, separator?: string | null): Promise<LineSent> => {
      const line = `${text}${separator ?? '\n'}`;
      await core.call('process.stdin', { id: Number(id), line }).catch((e: unknown) => { throw asPm2(e, unknownId(id)); });
      return { pm_id: id, line };
    }) as Messages['sendLineToStdin'],
    msgProcess: verb(async (wish: object) => await (await core.session.client()).pm2Call('msgProcess', wish) as { process_count: number; success: true }) as Messages['msgProcess'],
    trigger: verb(async (target: ProcessTarget, action: string, params?: unknown): Promise<ActionPacket[]> => {
      const outcomes = await core.call('process.trigger', { targets: [target], action, ...(params === undefined ? {} : { params }) });
      try {
        failOn(outcomes);
      } catch (e) {
        throw asPm2(e, { NOT_FOUND: 'Unknown process' });
      }
      const replies = outcomes.flatMap((o) => (o.ok ? o.value : []));
      const failed = replies.flatMap((r) => (r.error ? [fromRecord(r.error)] : []));
      if (failed[0]) throw failed.length === 1 ? failed[0] : new AggregateError(failed, failed.map((e) => e.message).join('; '));
      if (replies.length === 0) throw new MgrError('NO_ACTION', { target, action });
      return replies.map(({ id, name, namespace, at, data }) => ({ at, data: data ?? { action_name: action }, process: { pm_id: id, name, namespace, rev: null } }));
    }) as Messages['trigger'],
  };
}
