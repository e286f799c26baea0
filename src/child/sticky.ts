/** A program that invents names must not fill memory. */
const MOST = 200;
const ACTION = 'axm:action';
const OPTIONS = 'axm:option:configuration';

type Bag = Readonly<Record<string, unknown>>;

/**
 * What a program tells once and every daemon that comes must know: its actions, each the last time it was told, and its
 * options, merged as a daemon does.
 */
export class Sticky {
  readonly #actions = new Map<unknown, Bag>();
  #options: Bag | undefined;

  note(message: unknown): void {
    const { type, data } = (typeof message === 'object' && message !== null ? message : {}) as { readonly type?: unknown; readonly data?: Bag | null };
    if ((type !== OPTIONS && type !== ACTION) || typeof data !== 'object' || data === null) return;
    // As it is now: the object is the program's.
    const told = JSON.parse(JSON.stringify(data)) as Bag;
    if (type === OPTIONS) this.#options = { ...this.#options, ...told };
    else if (this.#actions.has(told['action_name']) || this.#actions.size < MOST) this.#actions.set(told['action_name'], told);
  }

  /** To be told again, before anything that waits: that is newer. */
  get messages(): unknown[] {
    return [...[...this.#actions.values()].map((data) => ({ type: ACTION, data })), ...(this.#options ? [{ type: OPTIONS, data: this.#options }] : [])];
  }
}
