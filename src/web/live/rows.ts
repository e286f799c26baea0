import type { ProcessView } from '../../protocol/views.js';

/** What changed since it was last asked: each row is made text once, for all who look. */
export class Rows {
  #texts = new Map<number, string>();

  /** JSON of the event `processes` with what is new; undefined when nothing is. */
  changes(rows: readonly ProcessView[], at: number): string | undefined {
    const now = new Map(rows.map((r) => [r.id, JSON.stringify(r)] as const));
    const changed = [...now].flatMap(([id, text]) => (this.#texts.get(id) === text ? [] : [text]));
    const gone = [...this.#texts.keys()].filter((id) => !now.has(id));
    this.#texts = now;
    return changed.length === 0 && gone.length === 0 ? undefined : event(false, at, changed, gone);
  }

  /** The same with all of them. */
  whole(at: number): string { return event(true, at, [...this.#texts.values()], []); }
}

function event(full: boolean, at: number, rows: readonly string[], gone: readonly number[]): string {
  return `{"full":${full},"at":${at},"rows":[${rows.join(',')}],"gone":[${gone.join(',')}]}`;
}
