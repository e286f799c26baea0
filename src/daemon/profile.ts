import fs from 'node:fs';

/** Watches the daemon itself for `ms` and writes what Node's own tools open (.cpuprofile, .heapprofile). */
export async function profile(type: 'cpu' | 'mem', file: string, ms: number): Promise<void> {
  // Loaded when it is asked for: the inspector costs memory for good.
  const { Session } = process.getBuiltinModule('node:inspector/promises');
  const session = new Session();
  session.connect();
  try {
    const wait = new Promise<void>((resolve) => { setTimeout(resolve, ms); });
    if (type === 'cpu') {
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      await wait;
      fs.writeFileSync(file, JSON.stringify((await session.post('Profiler.stop')).profile), { mode: 0o600 });
    } else {
      await session.post('HeapProfiler.enable');
      await session.post('HeapProfiler.startSampling');
      await wait;
      fs.writeFileSync(file, JSON.stringify((await session.post('HeapProfiler.stopSampling')).profile), { mode: 0o600 });
    }
  } finally {
    session.disconnect();
  }
}
