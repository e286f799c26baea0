import path from 'node:path';
import type { AppSpec, ListenAt } from '../../config/spec.js';

/** Descriptors below are stdin, stdout and stderr: systemd's convention (sd_listen_fds(3)) begins here. */
const FIRST = 3;
/** A Node program may close its server and listen again this often (child/inherit.ts). */
const SPARES = 2;

/** What the convention tells a program besides LISTEN_PID. */
export function listenEnv(listen: readonly ListenAt[] | undefined): Record<string, string> {
  if (listen === undefined || listen.length === 0) return {};
  // Names are separated by colons, so they hold none.
  const names = listen.map((at) => ('path' in at ? path.basename(at.path) : String(at.port)).replaceAll(':', '_'));
  return { LISTEN_FDS: String(listen.length), LISTEN_FDNAMES: names.join(':') };
}

/** Which descriptors a Node program has of each socket. */
export function lentOf(listen: readonly ListenAt[] | undefined): object[] {
  const n = listen?.length ?? 0;
  return (listen ?? []).map((at, i) => ({
    ...('path' in at ? { path: at.path } : { port: at.port, ...(at.host === undefined ? {} : { host: at.host }) }),
    fds: Array.from({ length: 1 + SPARES }, (_, k) => FIRST + i + k * n),
  }));
}

/** The descriptor after those of the sockets. */
export function fdAfter(spec: Pick<AppSpec, 'listen'>, node: boolean): number {
  return FIRST + (spec.listen?.length ?? 0) * (node ? 1 + SPARES : 1);
}
