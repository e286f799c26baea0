import type { Home } from '../base/paths.js';
import type { Subscription } from '../protocol/contract.js';
import { type BusConnection, type BusEvent, subscribe } from '../rpc/bus-client.js';

export interface Follow {
  readonly on: (e: BusEvent) => void;
  /** Called once, when the daemon goes away. */
  readonly lost: () => void;
  /** We read too slowly: so many lines are missing at this place. */
  readonly dropped?: (lines: number) => void;
}

/** Follows what the daemon publishes. Resolves when it has taken the subscription. */
export function follow(home: Home, subscription: Subscription, { on, lost, dropped }: Follow): Promise<BusConnection> {
  return subscribe(home.pubSocket, subscription, { onEvent: on, onLost: lost, ...(dropped && { onDropped: dropped }) });
}
