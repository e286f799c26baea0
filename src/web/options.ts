import { MgrError } from '../base/errors.js';

/** Where PM2's web API was, so bookmarks, tunnels and scrape configurations fit; nobody else has it. */
export const PORT = 9615;
export const HOST = '127.0.0.1';

export interface WebOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
  /** Further names in Host that are ours: of a proxy before us. */
  readonly names: readonly string[];
  readonly metricsOpen: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** From the variables that `mgr web` sets. Throws BAD_OPTION. */
export function webOptions(env: Env): WebOptions {
  return {
    port: portOf('MGR_WEB_PORT', env['MGR_WEB_PORT'] ?? String(PORT)), host: env['MGR_WEB_HOST'] || HOST,
    names: (env['MGR_WEB_NAMES'] ?? '').split(',').map((n) => n.trim().toLowerCase()).filter((n) => n !== ''), metricsOpen: env['MGR_WEB_METRICS_OPEN'] === 'true',
  };
}

/** And back again. */
export function varsOf(o: WebOptions): Record<string, string> {
  return { MGR_WEB_PORT: String(o.port), MGR_WEB_HOST: o.host, ...(o.names.length > 0 && { MGR_WEB_NAMES: o.names.join(',') }), ...(o.metricsOpen && { MGR_WEB_METRICS_OPEN: 'true' }) };
}

export function portOf(path: string, given: string): number {
  if (!/^\d{1,5}$/.test(given) || Number(given) > 65_535) throw new MgrError('BAD_OPTION', { path, got: JSON.stringify(given), wanted: 'a port, 0 to 65535' });
  return Number(given);
}

/** The address to open, for a server on this host and port. */
export function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
