import { parseMultiset } from '../../base/multiset.js';
import { parseSpan } from '../../base/units.js';
import type { InstallOptions, ProcessSummary, Success, Verb } from '../api-types.js';
import { verb } from '../verb.js';
import { type Core, failOn, present, summaries, usage } from './core.js';

export type Setting = Success & { readonly value?: unknown };

export interface SettingsAndModules {
  /** Saves a setting `app:key` and restarts what uses it. */
  readonly set: Verb<[key: string, value: unknown], Success>;
  /** Several: "app:key1 v1 app:key2 'two words'". */
  readonly multiset: Verb<[pairs: string], Success>;
  /** A setting, a section, or with no key all, as `value`. */
  readonly get: Verb<[], Setting> & Verb<[key: string | undefined], Setting>;
  /** What is not there is no error. */
  readonly unset: Verb<[key: string], Success>;
  /** With a value: `set`. Without: `get`. */
  readonly conf: Verb<[], Setting> & Verb<[key: string | undefined], Setting> & Verb<[key: string | undefined, value: unknown], Setting>;
  /** Installs or updates a module (a name, `user/repo`, a git URL, a tarball, a folder) and runs it. Gives its processes. */
  readonly install: Verb<[module: string], ProcessSummary[]> & Verb<[module: string, options: InstallOptions | undefined], ProcessSummary[]>;
  /** Stops and removes a module, or `all`; settings stay. */
  readonly uninstall: Verb<[module: string], Success>;
  readonly deleteModule: Verb<[module: string], Success>;
  /** Starts the installed modules; the daemon does so by itself. Gives their processes. */
  readonly launchModules: Verb<[], ProcessSummary[]>;
}

const DONE: Success = { success: true };

export function settingsAndModules(core: Core): SettingsAndModules {
  const set = async (entries: readonly (readonly [string, string])[]): Promise<Success> => {
    await core.call('settings.set', { entries });
    return DONE;
  };
  const get = async (key?: string): Promise<Setting> => {
    const { found, value } = await core.call('settings.get', key === undefined || key === 'all' ? {} : { key });
    if (!found) throw usage(`no setting \`${key ?? ''}\``, 'mgr.conf(callback) gives all');
    return { success: true, value };
  };
  const uninstall = verb(async (module: string): Promise<Success> => {
    const names = module === 'all' ? (await core.call('module.list', {})).map((m) => m.name) : [module];
    failOn(await core.call('module.uninstall', { names }));
    return DONE;
  });
  return {
    set: verb((key: string, value: unknown) => set([[key, textOf(value)]])),
    multiset: verb(async (pairs: string) => set(parseMultiset(pairs))),
    get: verb(get) as SettingsAndModules['get'],
    unset: verb(async (key: string): Promise<Success> => {
      await core.call('settings.unset', { key });
      return DONE;
    }),
    conf: verb(async (key?: string, value?: unknown) => (key === undefined || value === undefined ? get(key) : set([[key, textOf(value)]]))) as SettingsAndModules['conf'],
    install: verb(async (module: string, options: InstallOptions = {}): Promise<ProcessSummary[]> => {
      const { installModule } = await import('../install.js');
      const { host, session } = core;
      const client = await session.client();
      const { processes } = await installModule(client, {
        installer: `${host.dist}/installer.cjs`,
        safeMs: safeMs(options.safe),
        request: { spec: module, home: session.home.dir, allowScripts: options.allowScripts === true, cwd: host.cwd(), env: present(host.env), userHome: host.userHome, username: host.username() },
        report: (event) => { if (event.type === 'warning') host.warn(event.text); },
      });
      const made = new Set(processes.map((p) => p.id));
      return summaries((await core.records()).filter((p) => made.has(p.pm_id)));
    }) as SettingsAndModules['install'],
    uninstall,
    deleteModule: uninstall,
    launchModules: verb(async () => {
      await core.call('module.list', {});
      return summaries((await core.records()).filter((p) => p.pm2_env['pmx_module'] === true));
    }),
  };
}

// PM2's `safe` is true for three seconds, or ms.
function safeMs(safe: InstallOptions['safe']): number {
  if (safe === undefined || safe === false) return 0;
  if (safe === true) return 3000;
  const ms = typeof safe === 'number' ? safe : parseSpan(safe);
  if (ms === undefined) throw usage(`install: safe: got ${safe}, wanted true, milliseconds, or a time such as 5s`);
  return ms;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value) ?? String(value));
