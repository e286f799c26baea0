/** The question of lib/ask.ts on the screen. */
import { question } from '../lib/ask.js';
import { useState, type JSX } from '../lib/preact.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';

export function Asking(): JSX.Element | null {
  const q = question.value;
  return q === undefined ? null : <Open key={q.title} />;
}

function Open(): JSX.Element | null {
  const q = question.value;
  const [typed, setTyped] = useState('');
  if (q === undefined) return null;
  const ready = q.type === undefined || typed === q.type;
  const yes = (): void => { if (ready) q.answer(true); };
  return (
    <Dialog title={q.title} onClose={() => { q.answer(false); }} onSubmit={yes}
      footer={<><Button label="Cancel" onPress={() => { q.answer(false); }} /><Button submit label={q.deed} kind={q.danger === true ? 'danger' : 'primary'} disabled={!ready} /></>}>
      <p>{q.text}</p>
      {q.list !== undefined && <ul class="row wraps">{q.list.slice(0, 12).map((n) => <li key={n} class="tag">{n}</li>)}{q.list.length > 12 && <li class="dim small">and {q.list.length - 12} more</li>}</ul>}
      {q.type !== undefined && (
        <div class="field">
          <label for="ask-type">Type <code>{q.type}</code> to go on</label>
          <input id="ask-type" type="text" autocomplete="off" value={typed} onInput={(e) => { setTyped(e.currentTarget.value); }} />
        </div>
      )}
    </Dialog>
  );
}
