/** `look`: worth a glance, and no fault. */
export type State = 'ok' | 'look' | 'wrong';

/** One line of `mgr doctor`. */
export interface Finding {
  readonly about: string;
  readonly state: State;
  readonly text: string;
  /** What to do about it. */
  readonly fix?: string;
}
