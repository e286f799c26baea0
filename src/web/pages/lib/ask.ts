/** Asks before something that cannot be taken back. */
import { signal } from './signals.js';

export interface Question {
  readonly title: string;
  readonly text: string;
  /** The word on the button: the deed itself, never "OK". */
  readonly deed: string;
  readonly danger?: boolean;
  /** Names of what it concerns. */
  readonly list?: readonly string[];
  /** To be typed before the button works. */
  readonly type?: string;
}

interface Open extends Question { readonly answer: (yes: boolean) => void }

export const question = signal<Open | undefined>(undefined);

/** True: go on. */
export async function ask(q: Question): Promise<boolean> {
  question.value?.answer(false);
  return new Promise((resolve) => {
    question.value = { ...q, answer: (yes) => { question.value = undefined; resolve(yes); } };
  });
}
