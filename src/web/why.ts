import { showSpan } from '../base/units.js';
import type { ExitRecord, ProcessDetail } from '../protocol/views.js';

/** Why a process is in the state it is in: one sentence for a person. `now`: wall-clock ms. */
export function whyOf(d: ProcessDetail, now: number): string {
  const last = d.exits.at(-1);
  const note = d.note === undefined ? '' : d.note;
  const ended = last === undefined ? undefined : `${endOf(last)} ${showSpan(Math.max(0, now - last.at))} ago after ${showSpan(last.ran)}: ${last.then}`;
  if (d.status === 'online') {
    const up = d.startedAt === undefined ? 'it runs' : `it has run for ${showSpan(Math.max(0, now - d.startedAt))}`;
    return [up, note, ended === undefined ? '' : `before that it ended ${ended}`].filter((t) => t !== '').join('; ');
  }
  // What followed the last end often says it already: it was given up, and why.
  if (note !== '') return ended === undefined ? note : last?.then.includes(note) === true ? `it ended ${ended}` : `${note}; it ended ${ended}`;
  if (d.status === 'launching') return 'it is being started and not ready yet';
  if (d.status === 'stopping') return `it was asked to stop and has up to ${showSpan(d.spec.kill_timeout)}`;
  return ended === undefined ? 'it was never started' : `it ended ${ended}`;
}

function endOf(e: ExitRecord): string {
  if (e.signal !== undefined) return `by ${e.signal}`;
  if (e.why !== undefined) return `since ${e.why}`;
  return e.code === undefined ? 'unseen' : `with code ${e.code}`;
}
