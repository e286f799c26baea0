import { deferred } from '../base/deferred.js';
import type { World } from './world.js';

/** Ctrl-C as a value: a command that waits ends its wait and returns, so that its status is its own. */
export interface Interrupt {
  readonly hit: boolean;
  readonly promise: Promise<'ended'>;
  /** Ends the wait for another reason: an error is thrown to whoever awaits `promise`. */
  fail(error: unknown): void;
  release(): void;
}

export function interruption(world: World): Interrupt {
  const ended = deferred<'ended'>();
  let hit = false;
  const release = world.onInterrupt(() => { hit = true; ended.resolve('ended'); });
  // Whoever awaits gets the error; when nobody does any more there is nobody to tell.
  ended.promise.catch(() => undefined);
  return {
    get hit() { return hit; },
    promise: ended.promise,
    fail(error) { hit = true; ended.reject(error); },
    release,
  };
}
