/** Who looks at the page, and what he may do. */
import type { SessionView } from '../../api-types.js';
import { call, shut } from './api.js';
import { Refusal } from './refusal.js';
import { computed, signal } from './signals.js';

/** Undefined until the server has answered. */
export const session = signal<SessionView | undefined>(undefined);
/** Why the server did not let us in or did not answer. */
export const sessionTrouble = signal<Refusal | undefined>(undefined);

/** Deeds are shown to admins alone; the server refuses them to others anyway. */
export const admin = computed(() => session.value?.access === 'admin');

export async function loadSession(): Promise<void> {
  try {
    session.value = await call('GET /api/session');
    sessionTrouble.value = undefined;
    shut.value = false;
  } catch (e) {
    if (e instanceof Refusal) sessionTrouble.value = e;
    else throw e;
  }
}
