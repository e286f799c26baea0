/** Remote actions of a program: what they are given and what they answer. */
import type { ActionReply, ActionView } from '../../api-types.js';
import { call } from '../lib/api.js';
import { clock, plain } from '../lib/format.js';
import { useState, type JSX } from '../lib/preact.js';
import { Refusal } from '../lib/refusal.js';
import { admin } from '../lib/session.js';
import { Panel } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Empty } from '../parts/empty.js';

export function ActionsTab({ target, name, actions, running }: { readonly target: string; readonly name: string; readonly actions: readonly ActionView[]; readonly running: boolean }): JSX.Element {
  if (actions.length === 0) {
    return <Panel label="Actions"><Empty slim icon="bolt" title={running ? `${name} offers no actions` : `${name} does not run`} text="A program offers some with action(name, handler) of mgr/module, or with tx2 and @pm2/io. In a terminal:" command={`mgr trigger ${name} <action>`} /></Panel>;
  }
  return <Panel title="Actions" flush><div class="actions">{actions.map((a) => <Action key={a.name} target={target} action={a} />)}</div></Panel>;
}

interface Outcome { readonly at: number; readonly replies: readonly ActionReply[] }

function Action({ target, action }: { readonly target: string; readonly action: ActionView }): JSX.Element {
  const [text, setText] = useState('');
  const [outcome, setOutcome] = useState<Outcome | Refusal | undefined>();
  const run = async (): Promise<void> => {
    const params = text.trim() === '' ? undefined : readParams(text.trim());
    try {
      const replies = await call('POST /api/processes/{target}/trigger', { params: { target }, body: { action: action.name, ...(params !== undefined && { params }) } });
      setOutcome({ at: replies[0]?.at ?? 0, replies });
    } catch (e) { if (e instanceof Refusal) setOutcome(e); else throw e; }
  };
  const [busy, setBusy] = useState(false);
  const submit = (): void => { setBusy(true); void run().finally(() => { setBusy(false); }); };
  return (
    <section class="action" aria-label={`Action ${action.name}`}>
      <div class="grow"><h2 class="mono">{action.name}{action.scoped && <span class="tag">answers in parts</span>}</h2>{action.comment !== undefined && <p class="soft small">{action.comment}</p>}</div>
      <div class="stack tight">
        {admin.value && (
          <form class="row wraps" onSubmit={(e) => { e.preventDefault(); submit(); }}>
            <input type="text" class="mono grow" aria-label={`Parameters of ${action.name}`} placeholder={action.params ?? 'Parameters: text or JSON, or nothing'} value={text} spellcheck={false} autocomplete="off" onInput={(e) => { setText(e.currentTarget.value); }} />
            <Button submit icon="bolt" label="Run" busy={busy} />
          </form>
        )}
        {outcome instanceof Refusal && <div role="alert"><p class="bad strong">{outcome.message}</p>{outcome.hint !== undefined && <p class="soft small">{outcome.hint}</p>}</div>}
        {outcome !== undefined && !(outcome instanceof Refusal) && (
          <div class="stack tight" role="status">
            {outcome.replies.map((r) => <div key={r.id}><h3>{r.name} {r.id} <span class="dim">{clock(r.at)}</span></h3><pre class={`steps ${r.error === undefined ? '' : 'bad'}`}>{r.error === undefined ? pretty(r.data?.return) : r.error.message}</pre></div>)}
          </div>
        )}
      </div>
    </section>
  );
}

/** JSON where it is JSON, else the text as it is. */
export function readParams(text: string): unknown {
  try { return JSON.parse(text); } catch { return text; }
}

function pretty(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : value === undefined || value === null ? 'done, without an answer' : plain(value);
}
