import { VERSION } from '../../base/version.js';
import type { Some, Web } from '../context.js';
import { scrape } from '../scrape.js';
import { openapi } from '../openapi.js';
import { words } from './times.js';
import { HttpError } from '../http-error.js';

export function serverHandlers(web: Web): Some<'session' | 'health' | 'metrics' | 'openapi' | 'events'> {
  return {
    session: (_call, { access }) => ({
      access: access === 'admin' ? 'admin' : 'read', version: VERSION, daemon: web.link.state,
      history: { usable: web.recorder.usable, ...(web.recorder.reason !== undefined && { reason: web.recorder.reason }) },
    }),
    health: () => {
      if (web.link.state === 'gone') throw new HttpError(503, 'DAEMON_DOWN', 'the daemon does not answer');
      return `ok\n`;
    },
    metrics: () => scrape(web),
    openapi: () => JSON.stringify(openapi()),
    events: ({ query }, { res }) => {
      const logs = words(query.logs) ?? [];
      const metrics = words(query.metrics) ?? [];
      const topics = words(query.topics);
      // Who names targets wants to hear of them.
      const w = web.hub.add(res, topics && [...topics, ...(logs.length > 0 ? ['log'] : []), ...(metrics.length > 0 ? ['metrics'] : [])], metrics);
      web.live.addLogs(w, logs);
    },
  };
}
