/** A state as word, colour and shape: nobody has to tell colours apart. */
import type { JSX } from '../lib/preact.js';

type Tone = 'ok' | 'warn' | 'bad' | 'idle';

const TONES: Readonly<Record<string, Tone>> = {
  online: 'ok', launching: 'warn', stopping: 'warn', 'waiting restart': 'warn', errored: 'bad', stopped: 'idle', 'one-launch-status': 'warn',
  // Jobs, drop-ins, hosts.
  done: 'ok', completed: 'ok', succeeded: 'ok', loaded: 'ok', active: 'ok', running: 'warn', claimed: 'warn', retrying: 'warn', waiting: 'idle', pending: 'idle', queued: 'idle', delayed: 'idle',
  paused: 'idle', cancelled: 'idle', canceled: 'idle', failed: 'bad', lost: 'bad', dead: 'bad', quarantined: 'bad', isolated: 'idle',
};

const SHAPES: Readonly<Record<Tone, JSX.Element>> = {
  ok: <circle cx="4" cy="4" r="4" />,
  warn: <path d="M4 0l4 8H0z" />,
  bad: <path d="M1.2 0L4 2.8 6.8 0 8 1.2 5.2 4 8 6.8 6.8 8 4 5.2 1.2 8 0 6.8 2.8 4 0 1.2z" />,
  idle: <circle cx="4" cy="4" r="3" fill="none" stroke="currentColor" stroke-width="2" />,
};

export function toneOf(word: string): Tone { return TONES[word] ?? 'idle'; }

export function State({ word }: { readonly word: string }): JSX.Element {
  const tone = toneOf(word);
  return <span class={`state ${tone}`}><svg viewBox="0 0 8 8" fill="currentColor" aria-hidden="true">{SHAPES[tone]}</svg>{word}</span>;
}
