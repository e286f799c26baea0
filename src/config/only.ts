import { MgrError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import { readDeclared, type Declared } from './declare.js';
import type { Options } from './fields.js';
import { placeOf } from './place.js';
import type { Probe } from './probe.js';
import { defaultName } from './script.js';

interface Around { readonly cwd: string; readonly probe: Probe; readonly file?: string }

/** The name an app will have. */
export function appName(o: Options, around: Around, envName?: string): string {
  const own = o.name ?? defaultName(o.script ?? '', around.cwd, around.probe);
  const name = o.name_prefix === undefined ? own : `${o.name_prefix}:${own}`;
  return o.append_env_to_name === true && envName !== undefined ? `${name}-${envName}` : name;
}

/** Names of declared apps, for commands that take a file but start nothing (stop, delete). Throws BAD_OPTION as toSpecs does. */
export function namesOf(apps: readonly Declared[], around: Around, envName?: string): string[] {
  return apps.map((app) => appName(readDeclared(app, { at: placeOf(app) ?? '', ...(around.file === undefined ? {} : { file: around.file }) }).options, around, envName));
}

/** `--only a,b`: the apps of these names (comma or blank between). A name that is not there is an error: BAD_USAGE. */
export function onlyApps(apps: readonly Declared[], only: string, around: Around): Declared[] {
  const wanted = new Set(only.split(/[\s,]+/).filter((n) => n !== ''));
  if (wanted.size === 0) throw new MgrError('BAD_USAGE', { reason: '--only: got no name', fix: 'wanted: names of apps in the file, e.g. --only api,worker' });
  const names = namesOf(apps, around);
  for (const name of wanted) {
    if (names.includes(name)) continue;
    const near = nearest(name, names);
    throw new MgrError('BAD_USAGE', { reason: `--only: there is no app \`${name}\`${around.file === undefined ? '' : ` in ${around.file}`}`, fix: near === undefined ? `it has: ${names.join(', ')}` : `did you mean \`${near}\`?` });
  }
  return apps.filter((_, i) => wanted.has(names[i] ?? ''));
}
