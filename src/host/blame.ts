import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Candidate } from './folder.js';

/** Which module an error comes from, and the line of it: `modules/hits.js:13`. */
export interface Blame { readonly file: string; readonly at: string }

/**
 * The innermost place of the stack that lies in a module: in its file, or anywhere in its package. Undefined: in none of them,
 * so it is nobody's fault that could be named.
 */
export function blame(error: unknown, modules: readonly Pick<Candidate, 'file' | 'path' | 'kind'>[]): Blame | undefined {
  for (const place of placesOf(error)) {
    const found = modules.find((m) => (m.kind === 'package' ? place.file.startsWith(m.path + path.sep) : place.file === m.path));
    if (found) return { file: found.file, at: `${found.kind === 'package' ? path.join(found.file, path.relative(found.path, place.file)) : found.file}:${place.line}` };
  }
  return undefined;
}

const FRAME = /^(?: *at (?:async )?(?:.*? \()??)?(file:\/\/.+?|\/.+?):(\d+)(?::\d+)?\)?$/gm;

/** Files and lines of a stack, the innermost first. A syntax error names its place before the message. */
function placesOf(error: unknown): { readonly file: string; readonly line: number }[] {
  // Whoever threw it may have put anything there.
  const stack: unknown = error instanceof Error ? error.stack : undefined;
  if (typeof stack !== 'string') return [];
  return [...stack.matchAll(FRAME)].map(([, file = '', line = '']) => ({ file: file.startsWith('file:') ? fileOf(file) : file, line: Number(line) }));
}

function fileOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url; // of no file here
  }
}
