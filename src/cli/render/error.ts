import { isMgrError } from '../../base/errors.js';
import { fromRecord } from '../../protocol/wire.js';
import type { ErrorRecord } from '../../protocol/views.js';

/**
 * What stderr says about anything thrown: the sentence, then what to do. A bug keeps its stack: it is to be reported.
 * Ends with a newline.
 */
export function renderError(e: unknown, dim: (s: string) => string = (s) => s): string {
  if (isMgrError(e)) return `mgr: ${e.message}\n${e.hint === undefined ? '' : dim(`  → ${e.hint}`) + '\n'}`;
  const stack = e instanceof Error ? e.stack ?? e.message : String(e);
  return `mgr: a fault inside mgr\n${stack}\n${dim('  → please report it with the lines above')}\n`;
}

/** The same for an error that came as a record inside an outcome. */
export function renderRecord(record: ErrorRecord, dim?: (s: string) => string): string {
  return renderError(fromRecord(record), dim);
}

export function exitOf(e: unknown): number {
  return isMgrError(e) ? e.exit : 1;
}
