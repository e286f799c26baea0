/** Installed modules: a list, and one of them beside it. */
import type { ModuleInfo, Operation } from '../../api-types.js';
import { call } from '../lib/api.js';
import { useAsked } from '../lib/ask-server.js';
import { clock, many } from '../lib/format.js';
import { useLive } from '../lib/live.js';
import { useEffect, useState, type JSX } from '../lib/preact.js';
import { views } from '../lib/processes.js';
import { to } from '../lib/router.js';
import { admin } from '../lib/session.js';
import { Panel } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Empty, Trouble, Waiting } from '../parts/empty.js';
import { State } from '../parts/state.js';
import { InstallDialog } from './install-dialog.js';
import { Logo } from './logo.js';
import { ModuleView } from './module-view.js';
import { ended, operations, startOperations } from './operations.js';

export function ModulesPage({ name }: { readonly name: string | undefined }): JSX.Element {
  const [installing, setInstalling] = useState(false);
  const asked = useAsked('modules', async (signal) => call('GET /api/modules', { signal }));
  useEffect(startOperations, []);
  useEffect(() => { asked.again(); }, [ended.value]);
  useLive('module', () => { asked.again(); });
  const all = asked.value;
  const chosen = all?.find((m) => m.name === name) ?? (name === undefined && window.matchMedia('(min-width: 901px)').matches ? all?.[0] : undefined);
  return (
    <>
      <div class="head">
        <h1>Modules</h1>{all !== undefined && <span class="sub">{many(all.length, 'installed', 'installed')}</span>}
        {admin.value && <div class="right"><Button icon="plus" kind="primary" label="Install a module" onPress={() => { setInstalling(true); }} /></div>}
      </div>
      <Running />
      {all === undefined && (asked.error === undefined ? <Waiting what="Asking for the modules…" /> : <Trouble error={asked.error} retry={asked.again} />)}
      {all?.length === 0 && <Panel label="Modules"><Empty icon="modules" title="No module is installed" text="A module is a program from npm, git or a folder that mgr installs, configures and keeps up: log rotation, exporters, watchers of databases." command="mgr install pm2-logrotate" /></Panel>}
      {all !== undefined && all.length > 0 && (
        <div class="split">
          <nav class="panel pick-list" aria-label="Installed modules">
            <ul>{all.map((m) => <li key={m.name}><Entry module={m} chosen={m.name === chosen?.name} /></li>)}</ul>
          </nav>
          {chosen === undefined ? <Panel label="Module"><Empty slim icon="modules" title={name === undefined ? 'Choose a module' : `No module ${name} is installed`} /></Panel> : <ModuleView key={chosen.name} module={chosen} again={asked.again} />}
        </div>
      )}
      {installing && <InstallDialog onClose={() => { setInstalling(false); }} />}
    </>
  );
}

function Entry({ module: m, chosen }: { readonly module: ModuleInfo; readonly chosen: boolean }): JSX.Element {
  const states = views.value.filter((v) => v.module === m.name).map((v) => v.status);
  const word = states.find((s) => s !== 'online') ?? states[0] ?? 'stopped';
  return (
    <a data-row href={to(['modules', m.name])} aria-current={chosen ? 'true' : undefined}>
      <Logo name={m.name} widget={m.widget} />
      <span class="grow stack none"><span class="clip strong">{m.name}</span><span class="clip dim small">{m.version}{m.linked ? ' · linked' : ''}</span></span>
      <State word={word} />
    </a>
  );
}

/** What goes on just now, and what failed last. */
function Running(): JSX.Element | null {
  const shown = operations.value.filter((o, i) => o.state === 'running' || (i === 0 && o.state === 'failed'));
  if (shown.length === 0) return null;
  return <>{shown.map((o) => <Progress key={o.id} op={o} />)}</>;
}

const DOING: Readonly<Record<Operation['kind'], string>> = { install: 'Installing', update: 'Updating', rollback: 'Rolling back', uninstall: 'Removing' };

function Progress({ op }: { readonly op: Operation }): JSX.Element {
  const running = op.state === 'running';
  return (
    <Panel bad={op.state === 'failed'} title={<div class="row"><h2>{DOING[op.kind]} {op.target}{running ? '…' : ' failed'}</h2>{running && <span class="spin" />}</div>} label={`${DOING[op.kind]} ${op.target}`}>
      <div class="stack tight" role="status" aria-live="polite">
        {op.lines.length > 0 && <div class="steps">{op.lines.slice(-12).map((l, i) => <div key={i} class={l.kind === 'warning' ? 'bad' : undefined}><span class="dim">{clock(l.at)} </span>{l.text}</div>)}</div>}
        {op.error !== undefined && <><p class="bad strong">{op.error.message}</p>{op.error.hint !== undefined && <p class="soft">{op.error.hint}</p>}</>}
      </div>
    </Panel>
  );
}
