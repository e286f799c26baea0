/** The listening side of pub.sock. */
import { MgrError } from '../base/errors.js';
import { deferred } from '../base/deferred.js';
import type { EventName, Events, Subscription } from '../protocol/contract.js';
import { CLIENT_LIMITS, attach, dial, pack } from './transport.js';

export type BusEvent = { readonly [E in EventName]: { readonly event: E; readonly payload: Events[E] } }[EventName];

export interface BusListener {
  readonly onEvent: (e: BusEvent) => void;
  /** We read too slowly: so many lines (or events of another kind) are missing at this place. */
  readonly onDropped?: (count: number) => void;
  /** The daemon went away. Not called after `close`. */
  readonly onLost?: () => void;
}

export interface BusConnection { close(): void }

/** Resolves when the daemon has taken the subscription: nothing published after that is missed. Errors as in RpcClient.connect. */
export async function subscribe(path: string, subscription: Subscription, listener: BusListener): Promise<BusConnection> {
  const taken = deferred<void>();
  const bus = await open(path, {
    first: pack({ mgr: 1, subscribe: subscription }),
    // Until we are known as a subscriber PM2's topics come (a string first): not for us.
    onMessage: (head, payload) => {
      if (typeof head !== 'object' || head === null || !('event' in head)) return;
      if (head.event === 'subscribed') taken.resolve();
      else if (head.event === 'dropped') listener.onDropped?.((payload as { count: number }).count);
      else listener.onEvent({ event: head.event, payload } as BusEvent);
    },
    onLost: () => {
      taken.reject(new MgrError('CONNECTION_LOST'));
      listener.onLost?.();
    },
  });
  await taken.promise;
  return bus;
}

/** Every PM2 topic with its payload, as any PM2 client gets them. */
export async function subscribePm2(path: string, onTopic: (topic: string, payload: unknown) => void, onLost?: () => void): Promise<BusConnection> {
  return await open(path, {
    onMessage: (topic, payload) => { if (typeof topic === 'string') onTopic(topic, payload); },
    ...(onLost ? { onLost } : {}),
  });
}

interface Opening {
  readonly first?: Buffer;
  readonly onMessage: (head: unknown, payload: unknown) => void;
  readonly onLost?: () => void;
}

async function open(path: string, o: Opening): Promise<BusConnection> {
  const conn = await dial(path);
  let closed = false;
  attach(conn, 'sub', CLIENT_LIMITS).on('message', (head: unknown, payload: unknown) => {
    try {
      if (!closed) o.onMessage(head, payload);
    } catch (e) {
      // A listener's bug is its owner's, loudly; it must not look like a broken frame.
      process.nextTick(() => { throw e; });
    }
  });
  conn.once('close', () => { if (!closed) o.onLost?.(); });
  if (o.first) conn.write(o.first);
  return { close: () => { closed = true; conn.destroy(); } };
}
