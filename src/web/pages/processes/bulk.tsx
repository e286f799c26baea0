/** What is to be done with the selected rows. */
import { perform, type Verb } from '../lib/deeds.js';
import { many } from '../lib/format.js';
import type { JSX } from '../lib/preact.js';
import { row } from '../lib/processes.js';
import type { Signal } from '../lib/signals.js';
import { Button } from '../parts/button.js';
import { aimOf } from './table.js';

export function Bulk({ picked }: { readonly picked: Signal<ReadonlySet<number>> }): JSX.Element | null {
  const list = [...picked.value].flatMap((id) => { const r = row(id); return r === undefined ? [] : [r.value.view]; });
  if (list.length === 0) return null;
  const run = (verb: Verb) => async (): Promise<void> => { if (await perform(verb, list.map(aimOf))) picked.value = new Set(); };
  return (
    <div class="bulk" role="toolbar" aria-label="Selected processes">
      <span class="strong num">{many(list.length, 'selected', 'selected')}</span>
      <Button small icon="play" label="Start" onPress={run('start')} />
      <Button small icon="restart" label="Restart" onPress={run('restart')} />
      <Button small icon="reload" label="Reload" onPress={run('reload')} />
      <Button small icon="stop" label="Stop" onPress={run('stop')} />
      <Button small icon="trash" label="Delete" onPress={run('delete')} />
      <Button small icon="close" label="Clear the selection" bare kind="plain" onPress={() => { picked.value = new Set(); }} />
    </div>
  );
}
