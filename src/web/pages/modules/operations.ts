/** Installs, updates, rollbacks and removals, as the server tells them. */
import type { Operation } from '../../api-types.js';
import { call } from '../lib/api.js';
import { listen } from '../lib/live.js';
import { failed, say } from '../lib/notes.js';
import { signal } from '../lib/signals.js';

/** The latest first. */
export const operations = signal<readonly Operation[]>([]);
/** Counts up with each end: what is shown of modules may be old. */
export const ended = signal(0);

const WORDS: Readonly<Record<Operation['kind'], string>> = { install: 'installed', update: 'updated', rollback: 'rolled back', uninstall: 'removed' };
let started = false;

/** Listens from now on; what went on before is asked for. */
export function startOperations(): void {
  if (started) return;
  started = true;
  listen('operation', take);
  call('GET /api/operations').then((all) => { operations.value = [...all].sort((a, b) => b.startedAt - a.startedAt); }, failed);
}

/** Starts one; its end is told by the stream. */
export async function operate(begin: Promise<Operation>): Promise<void> { take(await begin); }

function take(op: Operation): void {
  const before = operations.peek().find((o) => o.id === op.id);
  // The answer of the call may come after the stream told the end.
  if (before !== undefined && before.state !== 'running' && op.state === 'running') return;
  operations.value = [op, ...operations.peek().filter((o) => o.id !== op.id)].slice(0, 30);
  if (op.state === 'running' || before?.state === op.state) return;
  ended.value++;
  if (op.state === 'done') say(`${op.module ?? op.target} ${WORDS[op.kind]}`);
  else say(op.error?.message ?? `${op.target}: it failed`, 'bad', op.error?.hint);
}
