/** What the command line gives is a text; an object or a list in JSON is meant as such. */
export function json(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try { return JSON.parse(value) as unknown; } catch { return value; /* it only looked like it */ }
}
