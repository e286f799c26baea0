import { MgrError } from '../../base/errors.js';

export type Step = 'patch' | 'minor' | 'major';

/** The version after this one, by the rules of semver: what was a pre-release becomes the version it was before. Throws BAD_USAGE. */
export function nextVersion(version: string, step: Step): string {
  const m = /^(\d+)\.(\d+)\.(\d+)(-[\w.-]+)?(?:\+[\w.-]+)?$/.exec(version);
  if (!m) throw new MgrError('BAD_USAGE', { reason: `the version in package.json is \`${version}\``, fix: 'wanted: three numbers, e.g. 1.0.0' });
  const [major, minor, patch, pre] = [Number(m[1]), Number(m[2]), Number(m[3]), m[4] !== undefined];
  switch (step) {
    case 'major': return pre && minor === 0 && patch === 0 ? `${major}.0.0` : `${major + 1}.0.0`;
    case 'minor': return pre && patch === 0 ? `${major}.${minor}.0` : `${major}.${minor + 1}.0`;
    case 'patch': return `${major}.${minor}.${pre ? patch : patch + 1}`;
  }
}

/** package.json, or a lock file of it, with another version of the package itself; everything else stays byte for byte where that is possible. */
export function withVersion(text: string, from: string, to: string): string {
  const before = JSON.parse(text.replace(/^\uFEFF/, '')) as Record<string, unknown>;
  const packages = objectOf(before['packages']);
  const root = objectOf(packages?.['']);
  const wanted = { ...before, version: to, ...(root !== undefined && { packages: { ...packages, '': { ...root, version: to } } }) };
  const quoted = new RegExp(`("version"\\s*:\\s*)"${from.replace(/[.+]/g, '\\$&')}"`);
  // A lock file has it twice: at the top, and of the root package.
  for (let edited = text.replace(quoted, `$1"${to}"`), n = 0; n < 2; n++, edited = edited.replace(quoted, `$1"${to}"`)) {
    if (same(edited, wanted)) return edited;
  }
  const indent = /^[{[]\r?\n([ \t]+)/.exec(text)?.[1] ?? 2;
  return `${JSON.stringify(wanted, undefined, indent)}${text.endsWith('\n') ? '\n' : ''}`;
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> | undefined => (typeof value === 'object' && value !== null ? { ...value } : undefined);

function same(text: string, wanted: unknown): boolean {
  return JSON.stringify(JSON.parse(text.replace(/^\uFEFF/, ''))) === JSON.stringify(wanted);
}
