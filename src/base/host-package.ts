/** Whether a package is meant to be loaded by a module host, rather than to run as a program of its own. */

type Fields = Readonly<Record<string, unknown>>;

/**
 * Why it is, for people; undefined: nothing says so. What needs a host by its source alone (`source`: text of
 * its entry point, if that is known) is a program all the same when it declares `apps`, `pm2` or `bin`.
 */
export function hostSign(name: string, pkg: Fields, source = ''): string | undefined {
  const { mgr, keywords } = pkg;
  if (isBag(mgr) && mgr['host'] === true) return '`mgr.host` in its package.json';
  if (/^(?:@[^/]+\/)?dpd-/.test(name)) return 'its name begins with dpd-';
  if (Array.isArray(keywords) && keywords.includes('dpdmodule')) return 'its keyword is dpdmodule';
  if (isProgram(pkg)) return undefined;
  const wants = /\brequire\s*\(\s*['"](deployd\/lib\/[\w/-]+|mgr\/host)['"]|\bfrom\s*['"](mgr\/host)['"]/.exec(source);
  return wants === null ? undefined : `it needs ${wants[1] ?? wants[2] ?? ''}`;
}

/** It declares something that can be started. */
export function isProgram(pkg: Fields): boolean { return ['apps', 'pm2', 'bin'].some((key) => pkg[key] !== undefined); }

function isBag(v: unknown): v is Fields { return typeof v === 'object' && v !== null && !Array.isArray(v); }
