import { holderOf } from '../base/port-holder.js';

/** The line of a dying program that says why: "Error: listen EADDRINUSE: …", "ModuleNotFoundError: …"; else its last. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const named = lines.findLast((l) => /^\s*(uncaught )?\w*(error|exception|panic)\w*\b( \[\w+\])?:/i.test(l));
  const line = (named ?? lines.findLast((l) => l.trim() !== ''))?.trim();
  return line === undefined ? undefined : withHolder(line);
}

/** Of a port in use, who has it; anything else as it is. */
export function withHolder(line: string): string {
  if (!/EADDRINUSE|address already in use|is in use/i.test(line)) return line;
  const port = [...line.matchAll(/(?::|\bport )(\d{1,5})\b/g)].at(-1)?.[1];
  const holder = port === undefined ? undefined : holderOf(Number(port));
  return holder === undefined ? line : `${line} (held by ${holder})`;
}
