/** From the address to the page. */
import { HostPage } from './host/host-page.js';
import { JobsPage } from './jobs/jobs-page.js';
import { shut } from './lib/api.js';
import { startLive } from './lib/live.js';
import { useEffect, useErrorBoundary, type JSX } from './lib/preact.js';
import { startProcesses } from './lib/processes.js';
import { place, to } from './lib/router.js';
import { loadSession, session, sessionTrouble } from './lib/session.js';
import { LogsPage } from './logs/logs-page.js';
import { MachinePage } from './machine/machine-page.js';
import { ModulesPage } from './modules/modules-page.js';
import { Asking } from './parts/asking.js';
import { Button } from './parts/button.js';
import { Empty, Waiting } from './parts/empty.js';
import { Gate } from './parts/gate.js';
import { Help } from './parts/help.js';
import { Notes } from './parts/notes.js';
import { Shell } from './parts/shell.js';
import { ProcessPage } from './process/process-page.js';
import { ProcessesPage } from './processes/processes-page.js';

const TITLES: Readonly<Record<string, string>> = { processes: 'Processes', process: 'Process', modules: 'Modules', host: 'Host', jobs: 'Jobs', logs: 'Logs', machine: 'Machine' };

/** Where the server leads who came with a token that is none. */
const WRONG = 'wrong-token';

export function App(): JSX.Element {
  useEffect(() => { void loadSession(); }, []);
  const known = session.value !== undefined;
  useEffect(() => {
    if (!known) return;
    startProcesses();
    startLive();
  }, [known]);
  const [first = 'processes', second] = place.value.parts;
  useEffect(() => { document.title = [second !== undefined && first !== 'processes' ? second : undefined, TITLES[first] ?? 'Not found', 'mgr'].filter(Boolean).join(' · '); }, [first, second]);
  if (shut.value || first === WRONG) return <><Gate wrong={first === WRONG} /><Notes /></>;
  if (!known) return sessionTrouble.value === undefined ? <Waiting what="Asking the server…" /> : <Gate wrong={false} />;
  return (
    <>
      <Shell at={first === 'process' ? 'processes' : first}><Guarded key={first} first={first} second={second} /></Shell>
      <Asking /><Help /><Notes />
    </>
  );
}

/** A fault of one page leaves the others usable. */
function Guarded({ first, second }: { readonly first: string; readonly second: string | undefined }): JSX.Element {
  const [fault, reset] = useErrorBoundary();
  if (fault !== undefined) return <Empty icon="alert" title="This page met a fault" text={String(fault)}><Button icon="restart" label="Show it again" onPress={reset} /></Empty>;
  return <Page first={first} second={second} />;
}

function Page({ first, second }: { readonly first: string; readonly second: string | undefined }): JSX.Element {
  switch (first) {
    case 'processes': return <ProcessesPage />;
    case 'process': return <ProcessPage key={second} target={second ?? ''} />;
    case 'modules': return <ModulesPage name={second} />;
    case 'host': return <HostPage name={second} />;
    case 'jobs': return <JobsPage />;
    case 'logs': return <LogsPage />;
    case 'machine': return <MachinePage />;
    default: return <Empty icon="search" title="There is no such page"><a class="btn" href={to(['processes'])}>To the processes</a></Empty>;
  }
}
