import { MgrError, reasonOf } from '../base/errors.js';
import type { Place } from '../compat/prepare.js';
import type { AppSpec } from '../config/spec.js';
import { readJson, writeJson } from '../store/json-file.js';

/** The declaration of one process, with the id it had. */
export interface SavedApp extends AppSpec { readonly id?: number }

/**
 * dump.pm2: the list a person saved. Each entry is PM2's record of the process, so that PM2's own tools can read the
 * file, and our declaration whole under `mgr`, so that nothing is lost on the way back. What a PM2 client has written
 * there (`pm2 save` in our home) has the record only, and is declared anew from it.
 */
export class SavedApps {
  readonly file: string;

  readonly #place: Place;
  readonly #onBad: (text: string) => void;

  /** `onBad`: an entry that cannot be started, left out. */
  constructor(file: string, place: Place, onBad: (text: string) => void) {
    this.file = file;
    this.#place = place;
    this.#onBad = onBad;
  }

  async write(entries: readonly { readonly record: Readonly<Record<string, unknown>>; readonly spec: AppSpec }[]): Promise<void> {
    await writeJson(this.file, entries.map(({ record, spec }) => ({ ...record, mgr: spec })), { indent: 2 });
  }

  /**
   * The declarations saved last; undefined when nothing was ever saved. A PM2 client saw no secrets, so it wrote none: where
   * `known` has an app of that name they are taken from there, else they are missing.
   */
  async read(known: readonly AppSpec[] = []): Promise<SavedApp[] | undefined> {
    const { value } = await readJson(this.file);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw new MgrError('STATE_UNREADABLE', { file: this.file, reason: 'wanted a list of processes' });
    const records = value.filter((entry: unknown): entry is Readonly<Record<string, unknown>> => typeof entry === 'object' && entry !== null);
    const foreign = records.some((r) => r['mgr'] === undefined) ? (await import('../compat/prepare.js')).specOf : undefined;
    return records.flatMap((record) => {
      try {
        const spec = (record['mgr'] as AppSpec | undefined) ?? foreign?.({ ...record, mgr: known.find((one) => one.name === record['name']) ?? UNKNOWN }, this.#place);
        const id = record['pm_id'];
        return spec === undefined ? [] : typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? { ...spec, id } : spec;
      } catch (e) {
        this.#onBad(`${this.file}: \`${String(record['name'])}\` is left out: ${reasonOf(e)}`);
        return [];
      }
    });
  }
}

const UNKNOWN = { env: { inherited: {}, declared: {} } };
