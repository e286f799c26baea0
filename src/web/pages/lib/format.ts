/** Numbers and times as text. A number and its unit are never torn apart at the end of a line. */

const SIZES = ['B', 'KB', 'MB', 'GB', 'TB'];

/** Bytes: `48.2 MB`. Powers of 1024, as the command line has it. */
export function bytes(n: number | undefined): string {
  if (n === undefined || !Number.isFinite(n)) return '–';
  let value = Math.abs(n);
  let at = 0;
  while (value >= 1024 && at < SIZES.length - 1) { value /= 1024; at++; }
  return `${n < 0 ? '-' : ''}${at === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)}\u00a0${SIZES[at] ?? ''}`;
}

/** Percent of one core. */
export function percent(n: number | undefined): string {
  if (n === undefined || !Number.isFinite(n)) return '–';
  return `${n >= 100 ? n.toFixed(0) : n.toFixed(1)}\u00a0%`;
}

/** A plain number, grouped by thousands; fractions only where they say something. */
export function count(n: number | undefined): string {
  if (n === undefined || !Number.isFinite(n)) return '–';
  return Number.isInteger(n) || Math.abs(n) >= 1000 ? Math.round(n).toLocaleString('en-US') : String(Number(n.toPrecision(3)));
}

/** ms as the two largest parts: `3d 4h`, `12m 5s`, `340 ms`. */
export function span(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return '–';
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s}s`;
  const m = Math.floor(s / 60);
  if (m < 60) return s % 60 === 0 ? `${m}m` : `${m}m ${s % 60}s`;
  const h = Math.floor(m / 60);
  if (h < 24) return m % 60 === 0 ? `${h}h` : `${h}h ${m % 60}m`;
  const d = Math.floor(h / 24);
  return h % 24 === 0 ? `${d}d` : `${d}d ${h % 24}h`;
}

/** How long ago: `12 s ago`. */
export function ago(at: number | undefined, now: number): string {
  if (at === undefined) return '–';
  const ms = now - at;
  if (ms < 0) return `in ${span(-ms)}`;
  return ms < 2000 ? 'just now' : `${span(ms)} ago`;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Local time of day, `14:03:07`. */
export function clock(at: number): string {
  const d = new Date(at);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** Local date and time, `2026-11-21 14:03:07`. */
export function stamp(at: number | undefined): string {
  if (at === undefined) return '–';
  const d = new Date(at);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${clock(at)}`;
}

/** Today the time, else the date: where there is little room. */
export function short(at: number, now: number): string {
  const text = stamp(at);
  return text.slice(0, 10) === stamp(now).slice(0, 10) ? text.slice(11) : text.slice(0, 10);
}

/** Any JSON value as a person would write it. */
export function plain(value: unknown): string {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
}

/** As a sentence begins. */
export function capital(text: string): string { return text.charAt(0).toUpperCase() + text.slice(1); }

/** `1 process`, `3 processes`. */
export function many(n: number, one: string, more = `${one}s`): string { return `${count(n)} ${n === 1 ? one : more}`; }
