/** How many processes an app shall have. */
import { scale } from '../lib/deeds.js';
import { failed } from '../lib/notes.js';
import { useState, type JSX } from '../lib/preact.js';
import { views } from '../lib/processes.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';

export function ScaleDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }): JSX.Element {
  const [from] = useState(() => views.peek().filter((v) => v.name === name).length);
  const [text, setText] = useState(String(from));
  const [busy, setBusy] = useState(false);
  const to = Number(text);
  const fine = text.trim() !== '' && Number.isInteger(to) && to >= 0 && to <= 1000;
  const submit = (): void => {
    if (!fine || to === from) return;
    setBusy(true);
    scale(name, to, from).then((done) => { if (done) onClose(); }, failed).finally(() => { setBusy(false); });
  };
  return (
    <Dialog title={`Scale ${name}`} onClose={onClose} onSubmit={submit} footer={<><Button label="Cancel" onPress={onClose} /><Button submit kind="primary" label="Scale" busy={busy} disabled={!fine || to === from} /></>}>
      <div class="field">
        <label for="scale-to">Processes</label>
        <div class="row">
          <Button label="One less" bare icon="down" disabled={!fine || to === 0} onPress={() => { setText(String(to - 1)); }} />
          <input id="scale-to" type="number" min={0} max={1000} class="fit" value={text} aria-invalid={!fine} onInput={(e) => { setText(e.currentTarget.value); }} />
          <Button label="One more" bare icon="up" disabled={!fine} onPress={() => { setText(String(to + 1)); }} />
          <span class="dim small">now {from}</span>
        </div>
        {!fine && <span class="wrong">Wanted: a whole number from 0 to 1000</span>}
      </div>
      <p class="small soft">Processes of cluster mode share the app’s port. In fork mode each is a program of its own, told apart by its instance number.</p>
    </Dialog>
  );
}
