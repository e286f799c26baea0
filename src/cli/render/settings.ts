/**
 * A single value as it is; a section (or, without a key, everything) as `$ mgr set a:b c` lines, which can be typed again.
 */
export function renderSettings(key: string | undefined, value: unknown): string {
  if (!isSection(value)) return value === undefined ? '' : `${scalar(value)}\n`;
  return linesOf(key === undefined ? [] : key.split(/[:.]/), value).map((l) => `${l}\n`).join('');
}

function linesOf(path: readonly string[], section: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(section).flatMap(([k, v]) => {
    const at = [...path, k];
    return isSection(v) ? linesOf(at, v) : [`$ mgr set ${at.map(segment).join(':')} ${word(scalar(v))}`];
  });
}

// A segment that holds a separator is protected by double quotes (pm2-facts 5.4), which the shell must leave alone.
function segment(part: string): string {
  return /[.:\s]/.test(part) ? `'"${part}"'` : part;
}

function word(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

function scalar(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
