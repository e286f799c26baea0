import { MgrError } from '../base/errors.js';
import type { AppSpec } from '../config/spec.js';
import { readJson, writeJson } from '../store/json-file.js';

/**
 * dump.pm2: the list a person saved. Each entry is PM2's record of the process, so that PM2's own tools can read the
 * file, and our declaration whole under `mgr`, so that nothing is lost on the way back.
 */
export class SavedApps {
  readonly file: string;

  constructor(file: string) { this.file = file; }

  async write(entries: readonly { readonly record: Readonly<Record<string, unknown>>; readonly spec: AppSpec }[]): Promise<void> {
    await writeJson(this.file, entries.map(({ record, spec }) => ({ ...record, mgr: spec })), { indent: 2 });
  }

  /** The declarations saved last; undefined when nothing was ever saved. */
  async read(): Promise<AppSpec[] | undefined> {
    const { value } = await readJson(this.file);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw new MgrError('STATE_UNREADABLE', { file: this.file, reason: 'wanted a list of processes' });
    return value.flatMap((entry: unknown) => (typeof entry === 'object' && entry !== null && 'mgr' in entry ? [entry.mgr as AppSpec] : []));
  }
}
