/** `?`: what each key does. */
import { helpOpen, JUMPS } from '../lib/keys.js';
import type { JSX } from '../lib/preact.js';
import { Dialog } from './dialog.js';

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['?'], 'This list'], [['/'], 'Jump to the filter or search of the page'], [['j'], 'Next row'], [['k'], 'Row before'], [['Enter'], 'Open the row'],
  [['t'], 'Light, dark or as the machine has it'], [['Esc'], 'Close a dialog or menu, clear the filter'],
];

export function Help(): JSX.Element | null {
  if (!helpOpen.value) return null;
  const keys = [...KEYS, ...JUMPS.map(([key, name]) => [['g', key], `Go to ${name}`] as const)];
  return (
    <Dialog title="Keyboard" onClose={() => { helpOpen.value = false; }}>
      <dl class="keys">{keys.map(([k, what]) => [<dt key={k.join('')}>{k.map((one) => <kbd key={one}>{one}</kbd>)}</dt>, <dd key={what}>{what}</dd>])}</dl>
    </Dialog>
  );
}
