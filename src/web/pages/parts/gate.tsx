/** No valid token: what to do about it. */
import { loadSession, sessionTrouble } from '../lib/session.js';
import { shut } from '../lib/api.js';
import { useState, type JSX } from '../lib/preact.js';
import { Button } from './button.js';
import { Command } from './empty.js';
import { Icon } from './icons.js';

export function Gate({ wrong }: { readonly wrong: boolean }): JSX.Element {
  const [token, setToken] = useState('');
  const trouble = sessionTrouble.value;
  const closed = shut.value || wrong;
  // The start link sets the cookie: nothing of the token stays in the page.
  const enter = (): void => { if (token.trim() !== '') location.assign(`/?token=${encodeURIComponent(token.trim())}`); };
  return (
    <div class="gate">
      <section class="panel" aria-labelledby="gate-title">
        <div class="row"><Icon name="lock" size={20} /><h1 id="gate-title">{wrong ? 'This token is not valid' : closed ? 'This page needs a token' : 'The server does not answer'}</h1></div>
        {closed
          ? <p class="soft">The link that <code>mgr web</code> prints carries one. Tokens end when they are replaced: if your link stopped working, ask for the present one.</p>
          : <p class="soft">{trouble?.message}. {trouble?.hint}</p>}
        <div class="empty-line"><Command text="mgr web" /></div>
        {closed
          ? (
            <form onSubmit={(e) => { e.preventDefault(); enter(); }}>
              <input type="password" aria-label="Token" placeholder="Token" autocomplete="off" value={token} onInput={(e) => { setToken(e.currentTarget.value); }} />
              <Button submit kind="primary" label="Open" icon="key" />
            </form>
          )
          : <div><Button icon="restart" label="Try again" onPress={loadSession} /></div>}
      </section>
    </div>
  );
}
