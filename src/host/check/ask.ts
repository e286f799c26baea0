import type { Host } from '../compose.js';
import type { ModuleRow } from '../views.js';

/** What two equal requests gave for each resource, and how the modules fared. */
export interface Asked {
  readonly modules: readonly ModuleRow[];
  readonly answers: readonly { readonly id: string; readonly type: string; readonly first: string; readonly second: string }[];
}

/** Longest wait for one answer, ms. */
const LIMIT = 3000;

/** Asks every resource twice for the same, over HTTP as anybody would. */
export async function askTwice({ server, resources, modules }: Host, base: string): Promise<Asked> {
  const answers = [];
  for (const { id, type, path, state } of await resources.list()) {
    if (state !== 'online') continue;
    const first = await ask(base + path);
    answers.push({ id, type, first, second: await ask(base + path) });
  }
  server.closeAllConnections();
  return { modules: modules.rows, answers };
}

/**
 * Types whose answer differs only because their instance remembered something: with an instance that stays the second answer
 * is another one, with a new instance for each request it is not.
 */
export function remembering(kept: Asked, anew: Asked): { readonly type: string; readonly id: string; readonly first: string; readonly second: string }[] {
  return kept.answers.filter((k) => {
    const a = anew.answers.find((o) => o.id === k.id);
    return a !== undefined && k.first !== k.second && a.first === a.second;
  });
}

async function ask(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT), headers: { connection: 'close' } });
    return `${response.status} ${await response.text()}`;
  } catch (e) {
    return `no answer: ${e instanceof Error ? e.name : String(e)}`;
  }
}
