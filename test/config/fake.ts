import path from 'node:path';
import type { Ctx } from '../../src/config/validate.js';
import type { Look, Probe } from '../../src/config/probe.js';

/** A machine made of a table: path -> text; a key that ends in `/` is a directory, `x:` before a path makes it executable. */
export function fakeProbe(files: Readonly<Record<string, string>>, asked: string[] = []): Probe {
  const entries = new Map<string, { text: string; dir: boolean; x: boolean }>();
  for (const [key, text] of Object.entries(files)) {
    const x = key.startsWith('x:');
    const full = x ? key.slice(2) : key;
    const dir = full.endsWith('/') && full !== '/';
    entries.set(dir ? full.slice(0, -1) : full, { text, dir, x: x || dir });
    for (let d = path.dirname(full); d !== path.dirname(d); d = path.dirname(d)) if (!entries.has(d)) entries.set(d, { text: '', dir: true, x: true });
  }
  const at = (file: string) => { asked.push(file); return entries.get(file); };
  return {
    look: (f): Look => { const e = at(f); return e ? { is: e.dir ? 'directory' : 'file' } : { is: 'nothing', why: 'does not exist', missing: true }; },
    executable: (f) => at(f)?.x ?? false,
    readable: (f) => { const e = at(f); return e !== undefined && e.text !== 'UNREADABLE'; },
    head: (f) => { const e = at(f); return e && !e.dir && e.text !== 'UNREADABLE' ? Buffer.from(e.text, 'latin1') : undefined; },
    text: (f) => { const e = at(f); return e && !e.dir ? e.text : undefined; },
  };
}

/** A context at /app with node, bash and python3 in PATH, unless told otherwise. */
export function fakeCtx(files: Readonly<Record<string, string>> = {}, over: Partial<Ctx> & { readonly commands?: readonly string[]; readonly asked?: string[] } = {}): Ctx {
  const commands = over.commands ?? ['node', 'bash', 'sh', 'python3'];
  const { commands: _, asked, ...rest } = over;
  const programs = Object.fromEntries(commands.map((c) => [`x:/bin/${c}`, '\0']));
  return {
    cwd: '/app', env: {}, user: { username: 'ann', uid: 1000 }, cpus: 4,
    runtime: { execPath: '/opt/node', version: '20.20.2', which: (c) => commands.includes(c) ? `/bin/${c}` : undefined },
    probe: fakeProbe({ '/app/app.js': '', ...programs, ...files }, asked),
    ...rest,
  };
}
