import fs from 'node:fs';
import { procEntries } from './proc.js';

/** `node, pid 123`: who listens on a TCP port of this machine; undefined when that cannot be seen. Looks at every process: for the moment of a failure. */
export function holderOf(port: number): string | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of procEntries()) {
    for (const fd of entries(`/proc/${pid}/fd`)) {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        if (inode !== undefined && inodes.has(inode)) return `${fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim()}, pid ${pid}`;
      } catch { continue; /* closed or ended meanwhile */ }
    }
  }
  return undefined;
}

/** proc(5): local address as HEX:PORT, state 0A is LISTEN, the tenth field is the inode. */
function listeners(table: string, port: number): string[] {
  let text: string;
  try { text = fs.readFileSync(table, 'latin1'); } catch { return []; /* no Linux */ }
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text.split('\n').flatMap((line) => {
    const f = line.trim().split(/\s+/);
    return f[1]?.endsWith(end) && f[3] === '0A' && f[9] !== undefined ? [f[9]] : [];
  });
}

function entries(dir: string): string[] {
  try { return fs.readdirSync(dir); } catch { return []; /* ended, or another user's */ }
}
