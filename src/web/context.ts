import type http from 'node:http';
import type { Clock } from '../base/clock.js';
import type { Home } from '../base/paths.js';
import type { AnswerOf, Call, RouteName } from './api.js';
import type { Tickets } from './frames/tickets.js';
import type { DaemonLink } from './daemon-link.js';
import type { Recorder } from './history/recorder.js';
import type { Hub } from './live/hub.js';
import type { Live } from './live/live.js';
import type { Ticker } from './live/ticker.js';
import type { DaemonMeter } from './machine/daemon-usage.js';
import type { Machine } from './machine/machine.js';
import type { Operations } from './operations.js';

/** What the program is given of its surroundings. */
export interface Around {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userHome: string;
  readonly username: string;
  readonly uid: number;
  readonly cpus: number;
  readonly execPath: string;
  /** Without `v`. */
  readonly nodeVersion: string;
  readonly pid: number;
  /** The folder of the bundles. */
  readonly dist: string;
  readonly rss: () => number;
}

/** Everything handlers work with. */
export interface Web {
  readonly home: Home;
  readonly around: Around;
  readonly clock: Clock;
  readonly link: DaemonLink;
  readonly hub: Hub;
  readonly live: Live;
  readonly ticker: Ticker;
  readonly machine: Machine;
  readonly daemon: DaemonMeter;
  readonly recorder: Recorder;
  readonly operations: Operations;
  readonly tickets: Tickets;
  readonly startedAt: number;
  readonly say: (text: string) => void;
}

/** Of one request. */
export interface Asked {
  readonly access: 'admin' | 'read' | 'nobody';
  readonly req: http.IncomingMessage;
  readonly res: http.ServerResponse;
  /** Aborts when who asked went away. */
  readonly signal: AbortSignal;
}

/** Route -> what answers it. One that is forgotten does not compile. */
export type Handlers = { readonly [N in RouteName]: (call: Call<N>, asked: Asked) => Promise<AnswerOf<N>> | AnswerOf<N> };
export type Some<N extends RouteName> = Pick<Handlers, N>;
