import type { ProcessDescription } from './api-types.js';
import type { RpcClient } from '../rpc/client.js';

/**
 * `list` asked often costs a small round trip: the daemon names its answer by a tag and sends it again only when
 * something changed. Callers may change what they get, so each gets a copy; that is cheaper than parsing again.
 */
export class ListCache {
  #tag: string | undefined;
  #records: readonly ProcessDescription[] = [];

  async get(client: RpcClient): Promise<ProcessDescription[]> {
    const { tag, text } = await client.call('process.jlist', this.#tag === undefined ? {} : { have: this.#tag });
    if (text !== undefined) {
      this.#records = JSON.parse(text) as ProcessDescription[];
      this.#tag = tag;
    }
    return copy(this.#records) as ProcessDescription[];
  }
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  const made = { ...value } as Record<string, unknown>;
  for (const key in made) {
    const inner = made[key];
    if (typeof inner === 'object' && inner !== null) made[key] = copy(inner);
  }
  return made;
}
