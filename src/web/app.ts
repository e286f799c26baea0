import type http from 'node:http';
import type { Clock } from '../base/clock.js';
import type { Home } from '../base/paths.js';
import { MgrError, errno, reasonOf } from '../base/errors.js';
import { holderOf } from '../base/port-holder.js';
import type { Around, Web } from './context.js';
import { DaemonLink } from './daemon-link.js';
import { Files } from './files.js';
import { Tickets } from './frames/tickets.js';
import { handlersOf } from './handlers/all.js';
import { Recorder } from './history/recorder.js';
import { Hub } from './live/hub.js';
import { Live } from './live/live.js';
import { Ticker } from './live/ticker.js';
import { DaemonMeter } from './machine/daemon-usage.js';
import { Machine } from './machine/machine.js';
import { Operations } from './operations.js';
import { type WebOptions, urlOf } from './options.js';
import { webServer } from './server.js';
import { webFile, writeWebFile } from './tokens.js';

export interface Running {
  readonly url: string;
  readonly web: Web;
  /** Answers under way are finished. */
  close(): Promise<void>;
}

/** The whole server, composed. Resolves when it listens. Throws PORT_IN_USE, NO_PERMISSION. */
export async function startWeb(o: { readonly home: Home; readonly options: WebOptions; readonly around: Around; readonly clock: Clock; readonly say: (text: string) => void; /** Folder of the built pages; default: `web` in `dist`. */ readonly pages?: string }): Promise<Running> {
  const { home, options, around, clock, say } = o;
  const tokens = webFile(home.web);
  const link = new DaemonLink(home, clock);
  const hub = new Hub();
  const machine = new Machine(clock, home.dir);
  const recorder = new Recorder(home.database, say);
  const daemon = new DaemonMeter(clock);
  const ticker = new Ticker({ link, hub, machine, daemon, recorder, clock, say });
  const live = new Live({ home, link, clock, hub, ticker });
  const operations = new Operations(clock, (operation) => hub.publish('operation', operation));
  const web: Web = { home, around, clock, link, hub, live, ticker, machine, daemon, recorder, operations, tickets: new Tickets(clock), startedAt: clock.wall(), say };
  let port = options.port;
  const guard = { admin: tokens.admin, read: tokens.read, host: options.host, names: options.names, port: () => port, metricsOpen: options.metricsOpen };
  const server = webServer({ web, handlers: handlersOf(web), files: new Files(o.pages ?? `${around.dist}/web`), guard, say });
  port = await listenAgain(server, options, tokens.url);
  const url = urlOf(options.host, port);
  writeWebFile(home.web, { ...tokens, url, pid: around.pid });
  await live.begin();
  return {
    url, web,
    close: async () => {
      live.end();
      recorder.close();
      await new Promise<void>((resolve) => { server.close(() => resolve()); server.closeIdleConnections(); });
    },
  };
}

/** Any free port is the one it had, when that can be had: a page that is open, and a link that was given away, find it again. */
async function listenAgain(server: http.Server, options: WebOptions, url: string | undefined): Promise<number> {
  const before = options.port === 0 && url !== undefined && URL.canParse(url) ? Number(new URL(url).port) : 0;
  if (before > 0) {
    try {
      return await listen(server, { ...options, port: before });
    } catch {
      // Somebody else has it now: another one is as good.
    }
  }
  return listen(server, options);
}

function listen(server: http.Server, { host, port }: WebOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (e: Error): void => {
      const taken = errno(e) === 'EADDRINUSE';
      const holder = taken ? holderOf(port) : undefined;
      const reason = taken ? `port ${port} is in use${holder === undefined ? '' : ` by ${holder}`}` : errno(e) === 'EACCES' ? `ports below 1024 are root's` : errno(e) === 'EADDRNOTAVAIL' ? `${host} is no address of this machine` : reasonOf(e);
      reject(new MgrError('BAD_USAGE', { reason: `cannot listen on ${host} port ${port}: ${reason}`, fix: 'mgr web --port <another>' }, e));
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      const at = server.address();
      resolve(typeof at === 'object' && at !== null ? at.port : port);
    });
  });
}
