/** What the manager, the command line and the dashboard ask of a running host: actions, reached by `process.trigger`. */
import fs from 'node:fs';
import type { ActionHandler } from '../sdk/actions.js';
import type { Host } from './compose.js';
import type { Notes } from './notes.js';
import type { HostOptions } from './options.js';

export interface ApiAround {
  readonly host: Host;
  readonly notes: Notes;
  readonly options: HostOptions;
  readonly pid: number;
  /** Ends this process after the answer; the manager starts it anew. */
  readonly restart: () => void;
}

/** Name -> handler. Each answers a JSON record and throws what is wrong with what it was given. */
export function hostActions({ host, notes, options, pid, restart }: ApiAround): Readonly<Record<string, ActionHandler>> {
  const { resources, modules, server } = host;
  return {
    'host:info': () => ({ name: options.name, dir: options.dir, url: urlOf(options.host, server.port), env: options.env, pid, instance: options.instance, only: options.only ?? null }),
    'host:types': () => resources.types(),
    'host:resources': () => resources.list(),
    'host:modules': () => modules.rows,
    'host:get': (params) => resources.get(text(params, 'id')),
    'host:put': async (params) => done(await resources.put(text(params, 'id'), bag(params, 'config'))),
    'host:putFile': async (params) => done(await resources.putFile(text(params, 'id'), text(params, 'file'), text(params, 'text'))),
    'host:remove': async (params) => done(await resources.remove(text(params, 'id'))),
    // After an edit by hand; writes over the API are seen at once. Each process of the host is asked.
    'host:reload': async () => {
      await resources.reload();
      return resources.list();
    },
    // Of the pages that a type brings for the dashboard. Read here, with the rights of the host: who shows it may have more.
    'host:dashboardFile': (params) => ({ base64: contentOf(resources.dashboardFile(text(params, 'type'), text(params, 'name'))) }),
    'host:unquarantine': (params) => {
      const file = text(params, 'file');
      const released = notes.release(file);
      // Another process of this host may have released it already: whoever lacks it starts anew.
      const waits = modules.rows.some((r) => r.file === file && r.state === 'quarantined');
      if (waits) restart();
      return { file, released: released || waits };
    },
  };
}

export function urlOf(host: string, port: number): string { return `http://${host.includes(':') ? `[${host}]` : host}:${port}`; }

/** Bytes of such a file: it passes through the channel in one line. */
const LARGEST = 2 * 1024 * 1024;

function contentOf(file: string | undefined): string | null {
  return file === undefined || fs.statSync(file).size > LARGEST ? null : fs.readFileSync(file).toString('base64');
}

const done = (answer: unknown): unknown => answer ?? { ok: true };

function text(params: unknown, key: string): string {
  // One word on a command line is the one thing that is asked for.
  if (typeof params === 'string' && key !== 'text') return params;
  const value = member(params, key);
  if (typeof value !== 'string') throw new TypeError(`${key}: got ${JSON.stringify(value) ?? 'nothing'}, wanted a text`);
  return value;
}

function bag(params: unknown, key: string): Record<string, unknown> {
  const value = member(params, key);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${key}: got ${JSON.stringify(value) ?? 'nothing'}, wanted an object`);
  return value as Record<string, unknown>;
}

function member(params: unknown, key: string): unknown {
  return typeof params === 'object' && params !== null ? (params as Record<string, unknown>)[key] : undefined;
}
