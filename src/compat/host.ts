import os from 'node:os';

interface Metric { readonly value: number; readonly type: 'metric'; readonly unit: string; readonly historic: true }

let before = { busy: 0, all: 0 };

/** What PM2's `list` writes below its table: of the host, under PM2's names. The processor's share is since the last call. */
export function systemData(): Readonly<Record<string, Metric>> {
  const now = processor();
  const [busy, all] = [now.busy - before.busy, now.all - before.all];
  before = now;
  const [total, free] = [os.totalmem(), os.freemem()];
  return {
    'CPU Usage': metric(all > 0 ? round(100 * busy / all) : 0, '%'),
    'RAM Usage': metric(round(100 * (total - free) / total), '%'),
    'RAM Total': metric(total, 'b'),
    'RAM Available': metric(free, 'b'),
    'RAM Active': metric(total - free, 'b'),
  };
}

function processor(): { readonly busy: number; readonly all: number } {
  let [busy, all] = [0, 0];
  for (const { times } of os.cpus()) {
    const sum = times.user + times.nice + times.sys + times.irq + times.idle;
    all += sum;
    busy += sum - times.idle;
  }
  return { busy, all };
}

const round = (n: number): number => Math.round(n * 10) / 10;
const metric = (value: number, unit: string): Metric => ({ value, type: 'metric', unit, historic: true });
