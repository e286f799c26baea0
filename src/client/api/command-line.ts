/** What PM2's API has for its own command line: it prints, or asks the terminal. The command line does it here, too. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { systemClock } from '../../base/clock.js';
import type { ProcessDescription, ProcessTarget, Success, Verb } from '../api-types.js';
import { verb } from '../verb.js';
import { type Core, usage } from './core.js';

export type Done = Success & { readonly output: string };
export interface ServeOptions { readonly spa?: boolean; readonly name?: string; readonly basicAuthUsername?: string; readonly basicAuthPassword?: string; readonly [key: string]: unknown }

export interface CommandLine {
  /** Serves the files of a folder; gives its process. */
  readonly serve: Verb<[path: string], ProcessDescription[]> & Verb<[path: string, port: number | string | undefined], ProcessDescription[]>
    & Verb<[path: string, port: number | string | undefined, options: ServeOptions | undefined], ProcessDescription[]> & Verb<[path: string, port: number | string | undefined, options: ServeOptions | undefined, commander: unknown], ProcessDescription[]>;
  /** `deploy(file, [environment, command…])`: prints what happens. */
  readonly deploy: Verb<[file: string, words: readonly string[]], Done>;
  /** Starts the daemon at boot. `output` has what was written. */
  readonly startup: Verb<[platform: string | undefined], Done> & Verb<[platform: string | undefined, options: { readonly user?: string; readonly hp?: string } | undefined], Done>;
  readonly uninstallStartup: Verb<[platform: string | undefined], Done> & Verb<[platform: string | undefined, options: { readonly user?: string; readonly hp?: string } | undefined], Done>;
  /** Prints the last lines of the logs and then what comes, until the program ends. Options as of `mgr logs`. */
  readonly streamLogs: (target?: ProcessTarget, lines?: number, raw?: boolean, timestamp?: string | boolean, exclusive?: 'err' | 'out' | boolean, highlight?: string) => void;
  /** Prints the last lines of the logs. */
  readonly printLogs: (target?: ProcessTarget, lines?: number, raw?: boolean, timestamp?: string | boolean, exclusive?: 'err' | 'out' | boolean) => void;
  /** This terminal's lines to the program's standard input, its logs to the terminal. */
  readonly attach: Verb<[id: ProcessTarget], void> & Verb<[id: ProcessTarget, separator: string | undefined], void>;
  readonly monit: () => void;
  readonly dashboard: () => void;
  /** Writes a module to begin with into a new folder. */
  readonly generateModuleSample: Verb<[name: string], Done>;
  /** The tarball of a module's folder. */
  readonly package: Verb<[folder: string], Done>;
  readonly publish: Verb<[folder: string], Done> & Verb<[folder: string, options: object | undefined], Done>;
  /** Profiles the daemon; `cpu` or `mem`, 10 s. Gives the file. */
  readonly profile: Verb<[type: 'cpu' | 'mem'], { file: string }> & Verb<[type: 'cpu' | 'mem', ms: number | undefined], { file: string }>;
}

export function commandLine(core: Core): CommandLine {
  const { host } = core;
  /** Runs a command; its output is ours, or is given. */
  const run = (words: readonly string[], show: boolean): Promise<Done> => new Promise((resolve, reject) => {
    const child = spawn(host.execPath, [path.join(host.dist, '../bin/mgr.js'), ...words], {
      cwd: host.cwd(), env: { ...host.env, MGR_HOME: core.session.homeDir }, stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout?.setEncoding('utf8').on('data', (d: string) => { output += d; });
    child.stderr?.setEncoding('utf8').on('data', (d: string) => { errors += d; });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve({ success: true, output });
      else reject(new Error(errors.trim() || output.trim() || `mgr ${words.join(' ')}: ${signal ?? `exit ${code}`}`));
    });
  });
  const flags = (options: Readonly<Record<string, string | number | boolean | undefined>>): string[] => Object.entries(options)
    .flatMap(([name, value]) => (value === undefined || value === false ? [] : value === true ? [`--${name}`] : [`--${name}`, String(value)]));
  const logs = (target: ProcessTarget | undefined, more: readonly string[], exclusive: unknown, raw: unknown, timestamp: unknown): void => {
    const words = ['logs', ...(target === undefined ? [] : [String(target)]), ...more, ...flags({ raw: raw === true, timestamp: typeof timestamp === 'string' ? timestamp : timestamp === true, err: exclusive === 'err', out: exclusive === 'out' })];
    run(words, true).catch((e: unknown) => host.warn(String(e)));
  };
  const screen = (...given: unknown[]): void => {
    const callback = given.find((g): g is (e: Error) => void => typeof g === 'function');
    if (callback) callback(new Error('monit cannot be called with a callback: it is a screen'));
    else run(['monit'], true).catch((e: unknown) => host.warn(String(e)));
  };
  return {
    serve: verb(async (folder: string, port?: number | string, options: ServeOptions = {}) => {
      const name = options.name ?? `static-page-server-${String(port ?? 8080)}`;
      await run(['serve', folder, ...(port === undefined ? [] : [String(port)]), ...flags({ name, spa: options.spa === true, 'basic-auth-username': options.basicAuthUsername, 'basic-auth-password': options.basicAuthPassword })], false);
      return (await core.records()).filter((p) => p.name === name);
    }) as CommandLine['serve'],
    deploy: verb((file: string, words: readonly string[]) => run(['deploy', file, ...words], true)),
    startup: verb((platform?: string, o: { user?: string; hp?: string } = {}) => run(['startup', ...(platform === undefined ? [] : [platform]), ...flags({ user: o.user, hp: o.hp })], false)) as CommandLine['startup'],
    uninstallStartup: verb((platform?: string, o: { user?: string; hp?: string } = {}) => run(['unstartup', ...(platform === undefined ? [] : [platform]), ...flags({ user: o.user, hp: o.hp })], false)) as CommandLine['uninstallStartup'],
    streamLogs: (target, lines, raw, timestamp, exclusive, highlight) => { logs(target, flags({ lines, highlight }), exclusive, raw, timestamp); },
    printLogs: (target, lines, raw, timestamp, exclusive) => { logs(target, flags({ lines, nostream: true }), exclusive, raw, timestamp); },
    attach: verb(async (id: ProcessTarget, separator?: string) => { await run(['attach', String(id), ...(separator === undefined ? [] : [separator])], true); }) as CommandLine['attach'],
    monit: screen,
    dashboard: screen,
    generateModuleSample: verb((name: string) => run(['module:generate', name], false)),
    package: verb((folder: string) => run(['package', folder], false)),
    publish: verb((folder: string) => run(['publish', folder], false)) as CommandLine['publish'],
    profile: verb(async (type: 'cpu' | 'mem', ms = 10_000) => {
      if (type !== 'cpu' && type !== 'mem') throw usage(`profile: got ${String(type)}, wanted cpu or mem`);
      const file = path.join(host.cwd(), `${new Date(systemClock.wall()).toISOString().slice(8, 19).replaceAll(':', '-').replace('T', '-')}.${type === 'cpu' ? 'cpuprofile' : 'heapprofile'}`);
      return await (await core.session.client()).pm2Call(type === 'cpu' ? 'profileCPU' : 'profileMEM', { pwd: file, timeout: ms }, { deadline: 0 }) as { file: string };
    }) as CommandLine['profile'],
  };
}
