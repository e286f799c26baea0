import type { ResourceType } from './model.js';

/** Which resources belong to which server, for modules that hold nothing but the server (shims.ts). */
interface Entry { readonly client: () => unknown; readonly types: () => Record<string, ResourceType> }

const known = new WeakMap<object, Entry>();
let last: Entry | undefined;

export function enlist(server: object, entry: Entry): void {
  known.set(server, entry);
  last = entry;
}

/** Undefined where the server has no resources of ours. */
export function clientOfServer(server: object): unknown { return known.get(server)?.client(); }

/** Of the one server this process has. */
export function typesOfServer(): Record<string, ResourceType> { return last?.types() ?? {}; }
