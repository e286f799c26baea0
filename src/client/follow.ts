import type { Home } from '../base/paths.js';
import type { Subscription } from '../protocol/contract.js';
import { type BusConnection, type BusEvent, subscribe } from '../rpc/bus-client.js';

/** Follows what the daemon publishes. Resolves when it has taken the subscription; `lost` is called once when it goes away. */
export function follow(home: Home, subscription: Subscription, on: (e: BusEvent) => void, lost: () => void): Promise<BusConnection> {
  return subscribe(home.pubSocket, subscription, { onEvent: on, onLost: lost });
}
