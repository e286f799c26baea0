import fs from 'node:fs';

/** ` by node (pid 123)`: who listens on a TCP port; empty when that cannot be seen. */
export function holderOf(port: number): string {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port)));
  if (inodes.size === 0) return '';
  for (const pid of entries('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of entries(`/proc/${pid}/fd`)) {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        if (inode !== undefined && inodes.has(inode)) return ` by ${fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
      } catch { continue; /* closed or ended meanwhile */ }
    }
  }
  return '';
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
