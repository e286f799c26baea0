/** The frame around each page: navigation, state of the connection, theme, help. */
import { helpOpen } from '../lib/keys.js';
import { link } from '../lib/live.js';
import type { ComponentChildren, JSX } from '../lib/preact.js';
import { daemonState, views } from '../lib/processes.js';
import { to } from '../lib/router.js';
import { admin, session } from '../lib/session.js';
import { nextTheme, theme } from '../lib/theme.js';
import { Strip } from './bits.js';
import { Button } from './button.js';
import { Icon, type IconName } from './icons.js';

const PAGES: readonly (readonly [place: string, name: string, icon: IconName])[] = [
  ['processes', 'Processes', 'processes'], ['modules', 'Modules', 'modules'], ['host', 'Host', 'host'], ['jobs', 'Jobs', 'jobs'], ['logs', 'Logs', 'logs'], ['machine', 'Machine', 'machine'],
];

export function Shell({ at, children }: { readonly at: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.querySelector<HTMLElement>('main')?.focus(); }}>To the content</a>
      <aside class="side">
        <Brand />
        <nav aria-label="Pages">
          {PAGES.map(([place, name, icon]) => (
            <a key={place} href={to([place])} aria-current={at === place ? 'page' : undefined} title={name}>
              <Icon name={icon} size={17} /><span class="name">{name}</span>{place === 'processes' && <Tally />}
            </a>
          ))}
        </nav>
        <div class="foot"><Connection /><Tools /></div>
      </aside>
      <main id="main" tabIndex={-1}>
        <div class="phone-tools"><Brand /><Connection /><Tools /></div>
        {daemonState.value === 'gone' && <Strip kind="bad"><p>The daemon does not answer. Programs run on without it; it is usually back within a second.</p></Strip>}
        {session.value?.history.usable === false && <Strip kind="warn"><p>No history is kept: {session.value.history.reason ?? 'the database is not usable'}. Charts show the present only.</p></Strip>}
        {children}
      </main>
    </div>
  );
}

function Brand(): JSX.Element { return <a class="brand" href={to(['processes'])} aria-label="mgr: processes"><Icon name="logo" size={20} /><span class="name">mgr</span></a>; }

/** Errored ones count first: they are what somebody should look at. */
function Tally(): JSX.Element | null {
  const errored = views.value.filter((v) => v.status === 'errored').length;
  if (errored > 0) return <span class="tally bad" title={`${errored} errored`}>{errored}<span class="unseen"> errored</span></span>;
  const online = views.value.filter((v) => v.status === 'online').length;
  return online > 0 ? <span class="tally quiet" title={`${online} online`}>{online}</span> : null;
}

const LINK = { live: 'Live', opening: 'Connecting…', lost: 'Reconnecting…' } as const;

function Connection(): JSX.Element {
  const state = link.value;
  return <div class={`link-state ${state}`} role="status" title={state === 'live' ? 'The server tells each change at once' : 'What is shown may be old'}><span class="pip" /><span class="name">{LINK[state]}</span></div>;
}

function Tools(): JSX.Element {
  const icons = { auto: 'auto', light: 'sun', dark: 'moon' } as const;
  const names = { auto: 'as the machine has it', light: 'light', dark: 'dark' } as const;
  return (
    <div class="tools">
      <Button icon={icons[theme.value]} label={`Colours: ${names[theme.value]}. Change (t)`} bare kind="plain" onPress={nextTheme} />
      <Button icon="help" label="Keyboard (?)" bare kind="plain" onPress={() => { helpOpen.value = true; }} />
      {session.value !== undefined && !admin.value && <span class="tag" title="Your token may look, not act">read-only</span>}
    </div>
  );
}
