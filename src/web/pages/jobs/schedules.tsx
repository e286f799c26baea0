/** Schedules: when they run next, paused or not. */
import type { ScheduleView } from '../../api-types-host.js';
import { call } from '../lib/api.js';
import { useAsked } from '../lib/ask-server.js';
import { ago, span, stamp } from '../lib/format.js';
import { useLive } from '../lib/live.js';
import { say } from '../lib/notes.js';
import { second } from '../lib/now.js';
import { useEffect, type JSX } from '../lib/preact.js';
import { to } from '../lib/router.js';
import { admin } from '../lib/session.js';
import { Panel } from '../parts/bits.js';
import { Button } from '../parts/button.js';
import { Empty, Trouble, Waiting } from '../parts/empty.js';
import { State } from '../parts/state.js';

export function Schedules(): JSX.Element {
  const asked = useAsked('schedules', async (signal) => call('GET /api/jobs/schedules', { signal }));
  useLive('jobs', () => { asked.again(); });
  useEffect(() => {
    const timer = window.setInterval(asked.again, 5000);
    return () => { window.clearInterval(timer); };
  }, [asked.again]);
  const all = asked.value;
  return (
    <Panel flush label="Schedules">
      {all === undefined && (asked.error === undefined ? <Waiting what="Asking for the schedules…" /> : <Trouble error={asked.error} retry={asked.again} />)}
      {all?.length === 0 && <Empty icon="jobs" title="No schedule is set" text="jobs.schedule('clean-up', '0 3 * * *', handler) in a drop-in, a module or an app makes one. It runs once at its time, though there are many instances." />}
      {all !== undefined && all.length > 0 && (
        <table class="table cards" aria-label="Schedules">
          <thead><tr><th>Schedule</th><th>When</th><th>State</th><th>Next</th><th>Last</th>{admin.value && <th><span class="unseen">Deeds</span></th>}</tr></thead>
          <tbody>{all.map((s) => (
            <tr key={s.name}>
              <td class="first"><a class="strong" data-row href={to(['jobs'], { name: s.name })}>{s.name}</a></td>
              <td data-of="When"><span class="mono">{s.cron ?? `every ${span(s.every)}`}</span>{s.cron !== undefined && s.tz !== undefined && <span class="dim small"> {s.tz}</span>}</td>
              <td><State word={s.paused ? 'paused' : 'active'} /></td>
              <td class="nowrap" data-of="Next" title={stamp(s.nextAt)}>{s.paused || s.nextAt === undefined ? '–' : ago(s.nextAt, second.value)}</td>
              <td class="nowrap" data-of="Last" title={stamp(s.lastAt)}>{ago(s.lastAt, second.value)}</td>
              {admin.value && <td class="deed-cell"><Deeds schedule={s} again={asked.again} /></td>}
            </tr>
          ))}</tbody>
        </table>
      )}
    </Panel>
  );
}

function Deeds({ schedule: s, again }: { readonly schedule: ScheduleView; readonly again: () => void }): JSX.Element {
  const params = { name: s.name };
  const turn = async (): Promise<void> => {
    if (s.paused) await call('POST /api/jobs/schedules/{name}/resume', { params });
    else await call('POST /api/jobs/schedules/{name}/pause', { params });
    say(s.paused ? `${s.name} runs at its times again` : `${s.name} is paused`);
    again();
  };
  const run = async (): Promise<void> => { await call('POST /api/jobs/schedules/{name}/run', { params }); say(`${s.name} is due now`); again(); };
  return (
    <div class="deeds">
      <Button small icon={s.paused ? 'play' : 'pause'} label={s.paused ? 'Resume' : 'Pause'} onPress={turn} />
      <Button small icon="bolt" label={`Run ${s.name} now`} bare kind="plain" onPress={run} />
    </div>
  );
}
