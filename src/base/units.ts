/** Sizes and durations as people write them. Each parser gives undefined for what it cannot read; the caller names the error. */

const SIZE: Readonly<Record<string, number>> = { '': 1, B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** "200M", "1.5G", "10KB", 1024 -> bytes (powers of 1024, as PM2 counts). */
export function parseSize(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  const m = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*$/i.exec(value);
  if (!m) return undefined;
  const unit = SIZE[(m[2] ?? '').toUpperCase()];
  return unit === undefined ? undefined : Math.floor(Number(m[1]) * unit);
}

const SPAN: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** "10m", "1h", "250ms", "1.5s"; a bare number is milliseconds -> milliseconds. */
export function parseSpan(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  const m = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)?\s*$/i.exec(value);
  if (!m) return undefined;
  const unit = SPAN[(m[2] ?? 'ms').toLowerCase()];
  return unit === undefined ? undefined : Number(m[1]) * unit;
}

/** 52428800 -> "50.0 MB", as the table shows it. */
export function showSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let i = 0;
  while (value >= 1024 && i < units.length - 1) { value /= 1024; i++; }
  return i === 0 ? `${Math.round(value)} B` : `${value.toFixed(1)} ${units[i] ?? ''}`;
}

/** 93784000 -> "26h" -> as PM2 shows it: the two-letter glance "0s", "12m", "3h", "2D". */
export function showSpan(ms: number): string {
  const sec = Math.max(0, Math.floor(ms / 1000));
  if (sec < 60) return `${sec}s`;
  if (sec < 3600) return `${Math.floor(sec / 60)}m`;
  if (sec < 86400) return `${Math.floor(sec / 3600)}h`;
  return `${Math.floor(sec / 86400)}D`;
}
