/** Parts of a state for the tests of the screen. */
import { newState, withList } from '../../../src/cli/monit/model.js';
import type { State } from '../../../src/cli/monit/model.js';
import type { LogSource } from '../../../src/cli/monit/frame.js';
import type { BufferLine } from '../../../src/cli/monit/log-buffer.js';
import type { ProcessDetail, ProcessView } from '../../../src/protocol/views.js';
import { width } from '../../../src/cli/width.js';
import { daemonView, view } from '../rig.js';

export const NOW = 2_000_000;

export const MIXED: readonly ProcessView[] = [
  view({ id: 0, name: 'api' }),
  view({ id: 1, name: 'worker', status: 'errored', pid: 0, restarts: 16, note: '16 exits in a row' }),
  view({ id: 2, name: '服务器-web', cpu: 123.4, memory: 3 * 1024 ** 3 }),
  view({ id: 3, name: 'a-very-long-name-of-a-worker-that-has-much-to-say-about-itself', status: 'waiting restart', pid: 0 }),
  view({ id: 4, name: 'stopped \u001b[2J one', status: 'stopped', pid: 0 }),
  view({ id: 9, name: 'pm2-logrotate', module: 'pm2-logrotate' }),
];

export function state(processes: readonly ProcessView[] = MIXED, over: Partial<State> = {}): State {
  const fresh = newState({ columns: 80, rows: 24, colour: false, now: NOW, filter: '' });
  return { ...withList({ ...fresh, ...over }, processes, daemonView, NOW), ...over };
}

export function detail(over: Partial<ProcessDetail> = {}): ProcessDetail {
  return {
    ...view(over), spec: { exec_path: '/srv/api/app.js', args: ['--port', '3000'], cwd: '/srv/api' } as unknown as ProcessDetail['spec'], instance: 0, uniqueId: 'u', createdAt: 0, pidPath: '/p',
    outPath: '/logs/out.log', errPath: '/logs/err.log', nodeVersion: '22.1.0', exits: [], stderrTail: [], actions: [], metrics: {}, options: {}, ...over,
  };
}

export function lines(...texts: string[]): BufferLine[] {
  return texts.map((text, seq) => ({ seq, stream: 'out', text }));
}

export function source(of: readonly BufferLine[] = [], over: Partial<LogSource> = {}): LogSource {
  return { lines: of, skipped: 0, rate: 0, trouble: undefined, ...over };
}

/** What one sees of a row: without colours and moves. Throws where anything else is in it. */
export function seen(row: string): string {
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is looked for
  const text = row.replace(/\u001b\[[\d;]*[mG]/g, '');
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) throw new Error(`a control character in ${JSON.stringify(row)}`);
  return text;
}

export function cells(row: string): number {
  return width(seen(row));
}
