/** The lines of all apps in one river. */
import type { JSX } from '../lib/preact.js';
import { views } from '../lib/processes.js';
import { place, setQuery } from '../lib/router.js';
import { useComputed } from '../lib/signals.js';
import { Empty } from '../parts/empty.js';
import { LogViewer } from './viewer.js';

export function LogsPage(): JSX.Element {
  const { q = '', app } = place.value.query;
  // Only when the set of names changes, not with each number.
  const apps = useComputed(() => [...new Set(views.value.map((v) => v.name))].sort().join('\n'));
  const modules = useComputed(() => [...new Set(views.value.filter((v) => v.module !== undefined).map((v) => v.name))].sort().join(','));
  const names = apps.value === '' ? [] : apps.value.split('\n');
  return (
    <div class="stack tall">
      <div class="head"><h1>Logs</h1><span class="sub">{app ?? 'all apps and modules'}</span></div>
      {names.length === 0 && q === ''
        ? <section class="panel"><Empty icon="logs" title="Nobody writes yet" text="Each line of each program is kept in a file of its own and shown here." command="mgr start app.js" /></section>
        : (
          <LogViewer key={app ?? ''} target={app} named wish={app ?? (modules.value === '' ? 'all' : `all,${modules.value}`)} grep={q} onGrep={(text) => { setQuery({ q: text }); }}
            tools={(
              <select class="fit" aria-label="App" value={app ?? ''} onChange={(e) => { setQuery({ app: e.currentTarget.value }); }}>
                <option value="">All apps</option>{names.map((n) => <option key={n} value={n}>{n}</option>)}
              </select>
            )} />
        )}
    </div>
  );
}
