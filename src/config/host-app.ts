import path from 'node:path';
import type { Declared } from './declare.js';
import type { AppSpec } from './spec.js';

/** The file of a module host among our programs. */
export const HOST_SCRIPT = 'host.cjs';

/**
 * Of node_modules what is a package: names that do not end in `.js`, `.cjs`, `.mjs`, and what is in those that do. There may
 * be thousands of folders, none of which is to be watched.
 */
const PACKAGES = ['node_modules/*[!s]', 'node_modules/*[!j]s', 'node_modules/*[!.cm]js', 'node_modules/*[!.][cm]js', 'node_modules/*js/?*'];

export interface HostWish {
  readonly name: string;
  /** Absolute. */
  readonly dir: string;
  readonly port?: string;
  readonly address?: string;
  readonly dev?: boolean;
  readonly strict?: boolean;
  readonly instances?: number;
  /** Sites whose pages may call the resources, with commas between them. */
  readonly cors?: string;
  /** Load this module alone. */
  readonly only?: string;
  /** Folder of our programs. */
  readonly dist: string;
}

/** A module host as an app like any other. */
export function hostApp(w: HostWish): Declared {
  const args = ['--dir', w.dir, ...option('--port', w.port), ...option('--host', w.address), ...option('--only', w.only), ...option('--cors', w.cors), ...(w.dev === true ? ['--dev'] : []), ...(w.strict === true ? ['--strict'] : [])];
  return {
    name: w.name, script: path.join(w.dist, HOST_SCRIPT), cwd: w.dir, args,
    // Up when it listens. One that hangs while it loads is ended by its watchdog after 10 s.
    wait_ready: true, listen_timeout: 60_000, kill_timeout: 8000, exp_backoff_restart_delay: 100,
    ...(w.instances === undefined ? { exec_mode: 'fork' } : { instances: w.instances, exec_mode: 'cluster' }),
    ...(w.dev === true ? { watch: ['modules', 'node_modules/*.{js,cjs,mjs}', 'mgr.json', 'package.json'], ignore_watch: ['.*', '*.tmp', ...PACKAGES], watch_delay: 250 } : {}),
  };
}

/** Folder of the host that an app is; undefined: it is none. */
export function hostDir(spec: Pick<AppSpec, 'exec_path' | 'args'>): string | undefined {
  return path.basename(spec.exec_path) === HOST_SCRIPT && spec.args[0] === '--dir' ? spec.args[1] : undefined;
}

const option = (flag: string, value: string | undefined): string[] => (value === undefined ? [] : [flag, value]);

/** Of these outcomes of loading a host tells how many modules had them, as metrics of its process. */
export const HOST_STATES = ['loaded', 'errored', 'quarantined', 'isolated'] as const;
/** `Modules loaded` */
export function hostGauge(state: (typeof HOST_STATES)[number]): string { return `Modules ${state}`; }
