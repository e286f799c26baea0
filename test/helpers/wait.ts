/** Waits for a fact, looking every few ms; never sleeps for luck. Throws with `what` after `ms`. */
export async function waitFor<T>(what: string, look: () => T | Promise<T>, ms = 20_000): Promise<NonNullable<T> & Exclude<T, false>> {
  const end = performance.now() + ms;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<T> & Exclude<T, false>;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((r) => setTimeout(r, 10));
  }
}
