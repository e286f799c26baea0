import { isThenable } from './model.js';

/**
 * What one run of a script waits for. A script answers when it has run to its end and every call it made has come back,
 * callbacks and `.then` handlers included, because that is where scripts of this kind do their work. `finish` is called
 * once: with the first error at once, else when nothing is left.
 */
export class Pending {
  readonly #finish: (error?: unknown) => void;
  #open = 1;
  #over = false;

  constructor(finish: (error?: unknown) => void) { this.#finish = finish; }

  /** The script itself has come to its end. */
  end(): void { this.release(); }

  hold(): void { this.#open++; }

  release(): void {
    if (--this.#open === 0) this.#close();
  }

  fail(error: unknown): void { this.#close(error ?? new Error('the script threw nothing')); }

  /** A callback that the run waits for, until it is called for the first time. What it throws ends the run. */
  callback<A extends unknown[]>(fn: (...args: A) => unknown): (...args: A) => void {
    this.hold();
    let first = true;
    return (...args) => {
      try {
        const returned = fn(...args);
        if (isThenable(returned)) this.#wait(returned);
      } catch (e) {
        this.fail(e);
      } finally {
        if (first) { first = false; this.release(); }
      }
    };
  }

  /** A promise that the run waits for, with its handlers, also where the script does not await it. */
  promise<T>(work: Promise<T>): Promise<T> {
    this.hold();
    const watched = Watched.of(work, this);
    // Handlers run in the microtasks before; they may make the next call.
    const after = (): void => { setImmediate(() => this.release()); };
    work.then(after, after);
    return watched;
  }

  #wait(promise: PromiseLike<unknown>): void {
    this.hold();
    promise.then(() => this.release(), (e: unknown) => this.fail(e));
  }

  #close(error?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#finish(error);
  }
}

/** A promise that takes a rejection nobody handles to the run it belongs to: as an unhandled one it would end the host. */
class Watched<T> extends Promise<T> {
  #run: Pending | undefined;
  #handled = false;

  static of<T>(work: Promise<T>, run: Pending): Watched<T> {
    const watched = new Watched<T>((resolve, reject) => { work.then(resolve, reject); });
    watched.#watch(run);
    return watched;
  }

  override then<A = T, B = never>(good?: ((value: T) => A | PromiseLike<A>) | null, bad?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    this.#handled = true;
    const next = super.then(good, bad) as Watched<A | B>;
    if (this.#run !== undefined) next.#watch(this.#run);
    return next;
  }

  #watch(run: Pending): void {
    this.#run = run;
    super.then(undefined, (e: unknown) => {
      // Who awaits it in the same turn is in time; so long the run is not over.
      run.hold();
      setImmediate(() => { if (this.#handled) run.release(); else run.fail(e); });
    });
  }
}
