import { reasonOf } from '../../base/errors.js';

interface Step { readonly what: string; undo(): Promise<void> }

/** What was done, to be undone backwards when a later step fails. */
export class Steps {
  readonly #done: Step[] = [];

  /** Does a step; `undo` takes it back. A step that fails undid itself. */
  async do<T>(what: string, act: () => Promise<T>, undo: () => Promise<void>): Promise<T> {
    const value = await act();
    this.#done.push({ what, undo });
    return value;
  }

  /** From here on nothing is taken back: others have seen it. */
  keep(): void {
    this.#done.length = 0;
  }

  /** Undoes everything, the last first. One sentence for each that could not be. */
  async undo(): Promise<string[]> {
    const left: string[] = [];
    for (const step of this.#done.splice(0).toReversed()) {
      try {
        await step.undo();
      } catch (e) {
        left.push(`${step.what} could not be undone: ${reasonOf(e)}`);
      }
    }
    return left;
  }
}
