/** The one place where the pages ask the clock. */
import { signal } from './signals.js';

/** Wall-clock ms. */
export function now(): number { return Date.now(); }

/** Wall-clock ms, once a second: what shows an age reads this. */
export const second = signal(now());

let timer: number | undefined;

/** A hidden page needs no clock. */
export function startClock(): void {
  const tick = (): void => { second.value = now(); };
  const follow = (): void => {
    window.clearInterval(timer);
    timer = undefined;
    if (document.hidden) return;
    tick();
    timer = window.setInterval(tick, 1000);
  };
  document.addEventListener('visibilitychange', follow);
  follow();
}
