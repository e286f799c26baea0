import path from 'node:path';
import { MgrError } from '../base/errors.js';
import { type Declared, readPermissions } from '../config/permissions.js';

export interface Entry {
  readonly version: string;
  /** The apps as an ecosystem file would declare them; script as written, name and cwd set. */
  readonly declared: readonly Readonly<Record<string, unknown>>[];
  /** `config`: what the settings get where they have nothing yet. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Names under `dependencies`. */
  readonly dependencies: readonly string[];
  /** `mgr.permissions` and `mgr.sandbox`; undefined: it declares none. */
  readonly permissions?: Declared;
}

interface Place {
  /** As typed, for messages. */
  readonly spec: string;
  /** The checked package name. */
  readonly name: string;
  /** Where package.json lies now; becomes cwd of every app. */
  readonly dir: string;
  /** Is there a file at this path below `dir`? */
  readonly isFile: (relative: string) => boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a package.json declares to run: `apps`, else `pm2`, else the first `bin`, else `main`, else index.js.
 * Names are ours, not the author's (PM2 gives all apps of a module one name, so that none can be addressed alone):
 * the first app is called like the module, a further one `<module>:<its own name, else its script's>`.
 * Throws MODULE_BAD.
 */
export function readEntry(pkg: unknown, at: Place): Entry {
  if (!isObject(pkg)) throw bad(at, 'its package.json holds no object');
  const apps = declaredApps(pkg, at) ?? [{ script: mainScript(pkg, at) }];
  const taken = new Set<string>();
  return {
    version: typeof pkg['version'] === 'string' ? pkg['version'] : '0.0.0',
    declared: apps.map((app, i) => {
      // The aliases of script and what would change the name again are settled here.
      const rest = Object.fromEntries(Object.entries(app).filter(([key]) => !['exec', 'cmd', 'command', 'name_prefix', 'append_env_to_name'].includes(key)));
      const script = checkScript(app, i, at);
      return { ...rest, script, name: nameOf(app, script, i, at.name, taken), cwd: at.dir };
    }),
    // A module with a schema finds its defaults itself. Written down here, they would stand over its environment for ever.
    defaults: isObject(pkg['config']) && !(isObject(pkg['mgr']) && pkg['mgr']['schema'] !== undefined) ? pkg['config'] : {},
    dependencies: isObject(pkg['dependencies']) ? Object.keys(pkg['dependencies']) : [],
    ...permissionsOf(pkg['mgr'], at),
  };
}

function permissionsOf(mgr: unknown, at: Place): { readonly permissions?: Declared } {
  const permissions = readPermissions(mgr);
  if (permissions === undefined) return {};
  if (!('field' in permissions)) return { permissions };
  const { field, got, wanted, near } = permissions;
  throw new MgrError('MODULE_BAD', { spec: at.spec, reason: `\`${field}\` in its package.json: got ${got}, wanted ${wanted}`, hint: near === undefined ? 'nothing was changed' : `did you mean "${near}"?` });
}

function declaredApps(pkg: Fields, at: Place): readonly Fields[] | undefined {
  for (const key of ['apps', 'pm2']) {
    const found = pkg[key];
    if (found === undefined || found === null) continue;
    const inner = isObject(found) && found['apps'] !== undefined ? found['apps'] : found;
    const list: readonly unknown[] = Array.isArray(inner) ? inner : [inner];
    list.forEach((app, i) => { if (!isObject(app)) throw bad(at, `\`${key}[${i}]\` in package.json: got ${JSON.stringify(app)}, wanted an object`); });
    if (list.length > 0) return list as readonly Fields[];
  }
  return undefined;
}

function mainScript(pkg: Fields, at: Place): string {
  const bin: unknown = isObject(pkg['bin']) ? Object.values(pkg['bin'])[0] : pkg['bin'];
  if (typeof bin === 'string' && bin !== '') return bin;
  const main = typeof pkg['main'] === 'string' && pkg['main'] !== '' ? pkg['main'] : undefined;
  const wanted = main ?? 'index.js';
  const file = [wanted, `${wanted}.js`, `${wanted}.cjs`, path.join(wanted, 'index.js')].find((candidate) => at.isFile(candidate));
  if (file !== undefined) return file;
  throw bad(at, main === undefined ? 'no entry point: its package.json has no `apps`, `pm2`, `bin` or `main`, and there is no index.js' : `no entry point: \`main\` is ${main}, which does not exist`);
}

function checkScript(app: Fields, i: number, at: Place): string {
  // The spellings an ecosystem file may use for it (config/fields.ts).
  const script = [app['script'], app['exec'], app['cmd'], app['command']].find((s) => typeof s === 'string' && s !== '');
  if (typeof script !== 'string') throw bad(at, `no entry point: app ${i + 1} in its package.json has no \`script\``);
  // A bare word may be a command of PATH; what is written as a file of the package must be one.
  const asFile = /^[^\s]*(?:\/|\.[A-Za-z0-9]+$)[^\s]*$/.test(script) && !path.isAbsolute(script);
  if (asFile && !at.isFile(script)) throw bad(at, `no entry point: script ${script} does not exist in the package`);
  return at.isFile(script) && !script.startsWith('.') ? `./${script}` : script;
}

function nameOf(app: Fields, script: string, i: number, module: string, taken: Set<string>): string {
  const own = typeof app['name'] === 'string' && app['name'] !== '' && app['name'] !== module ? app['name'] : path.basename(script, path.extname(script));
  let name = i === 0 ? module : `${module}:${own}`;
  if (taken.has(name)) name = `${name}-${i + 1}`;
  taken.add(name);
  return name;
}

const bad = (at: Place, reason: string): MgrError => new MgrError('MODULE_BAD', { spec: at.spec, reason });

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
