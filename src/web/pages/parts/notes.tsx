/** The corner where outcomes are told. */
import { dismiss, notes } from '../lib/notes.js';
import { useEffect, useRef, type JSX } from '../lib/preact.js';
import { Button } from './button.js';
import { Icon } from './icons.js';

export function Notes(): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const shown = notes.value;
  // A popover, put on top again with each note: an open dialog lies in the top layer and would cover anything else.
  useEffect(() => {
    const at = box.current;
    if (at === null || !('showPopover' in at)) return;
    if (at.matches(':popover-open')) at.hidePopover();
    if (shown.length > 0) at.showPopover();
  }, [shown]);
  return (
    <div class="notes" ref={box} popover="manual" role="status" aria-live="polite">
      {shown.map((n) => (
        <div key={n.id} class={`note-box ${n.kind}`} role={n.kind === 'bad' ? 'alert' : undefined}>
          <Icon name={n.kind === 'ok' ? 'check' : 'alert'} />
          <span class="says">{n.text}</span>
          <Button icon="close" label="Dismiss" bare small kind="plain" onPress={() => { dismiss(n.id); }} />
          {n.hint !== undefined && <span class="hint">{n.hint}</span>}
        </div>
      ))}
    </div>
  );
}
