/** What any program can be told: a line to its standard input, a signal. */
import { call } from '../lib/api.js';
import { failed, say } from '../lib/notes.js';
import { useState, type JSX } from '../lib/preact.js';
import { Panel } from '../parts/bits.js';
import { Button } from '../parts/button.js';

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGSTOP', 'SIGKILL'];

export function Talk({ target, name }: { readonly target: string; readonly name: string }): JSX.Element {
  const [line, setLine] = useState('');
  const [signal, setSignal] = useState('SIGUSR2');
  const send = async (): Promise<void> => {
    await call('POST /api/processes/{target}/send', { params: { target }, body: { line } });
    setLine('');
    say(`${name} was sent the line; its log shows what it makes of it`);
  };
  const strike = async (): Promise<void> => {
    await call('POST /api/processes/{target}/signal', { params: { target }, body: { signal } });
    say(`${name} was sent ${signal}`);
  };
  return (
    <Panel title="Without actions" flush>
      <div class="action">
        <div><h2>Standard input</h2><p class="soft small">A line, as if it were typed</p></div>
        <form class="row" onSubmit={(e) => { e.preventDefault(); send().catch(failed); }}>
          <input type="text" class="mono grow" aria-label="Line for its standard input" value={line} autocomplete="off" spellcheck={false} onInput={(e) => { setLine(e.currentTarget.value); }} />
          <Button submit label="Send line" />
        </form>
      </div>
      <div class="action">
        <div><h2>Signal</h2><p class="soft small">What it does is the program’s business</p></div>
        <div class="row">
          <select class="fit" aria-label="Signal" value={signal} onChange={(e) => { setSignal(e.currentTarget.value); }}>{SIGNALS.map((s) => <option key={s} value={s}>{s}</option>)}</select>
          <Button label="Send signal" onPress={strike} />
        </div>
      </div>
    </Panel>
  );
}
