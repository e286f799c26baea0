/** Log lines as they are shown: what the files hold, then what the stream brings, bounded. Pure but for the numbering. */
import type { LogLine } from '../../api-types.js';

export interface Shown extends LogLine { /** Of this page: what a list is keyed by. */ readonly seq: number }
export interface Lines { readonly lines: readonly Shown[]; /** There are older ones. */ readonly more: boolean; /** So many were missed by the stream. */ readonly dropped: number }

/** More would make the page slow; older ones are a press away. */
export const MOST = 2000;
export const NONE: Lines = { lines: [], more: false, dropped: 0 };

// Numbers rise from the oldest line to the newest; older ones that come later go below those before.
let last = 0;
let low = 0;
const numbered = (lines: readonly LogLine[]): Shown[] => lines.map((l) => ({ ...l, seq: ++last }));

/** What the server found, before what came in meanwhile (`early`), no line twice. */
export function found(lines: readonly LogLine[], more: boolean, early: readonly LogLine[]): Lines {
  const tail = lines.slice(-200).map(same);
  const fresh = early.filter((l) => { const at = tail.indexOf(same(l)); if (at >= 0) tail.splice(at, 1); return at < 0; });
  return { lines: numbered([...lines, ...fresh]).slice(-MOST), more, dropped: 0 };
}

export function older(now: Lines, lines: readonly LogLine[], more: boolean): Lines {
  low -= lines.length;
  const first = low;
  return { ...now, lines: [...lines.map((l, i) => ({ ...l, seq: first + i })), ...now.lines].slice(0, MOST * 2), more };
}

/** The same lines with more before them, where nothing else tells which are which. */
export function longer(lines: readonly LogLine[], more: boolean): Lines { return { lines: numbered(lines).slice(-MOST * 2), more, dropped: 0 }; }

/** With what just came. */
export function grown(now: Lines, lines: readonly LogLine[], dropped: number): Lines {
  if (lines.length === 0 && dropped === 0) return now;
  const all = [...now.lines, ...numbered(lines)];
  // What somebody brought up from the past stays, as far as it goes.
  const keep = Math.min(MOST * 2, Math.max(MOST, now.lines.length));
  return { lines: all.slice(-keep), more: now.more || all.length > keep, dropped: now.dropped + dropped };
}

export interface Sieve { readonly grep: string; readonly stream: 'all' | 'out' | 'err'; readonly name: string | undefined }

/** The server's rule, for lines that come from the stream: small letters match capitals. */
export function fits(l: LogLine, s: Sieve): boolean {
  if (s.stream !== 'all' && l.stream !== s.stream) return false;
  if (s.name !== undefined && l.name !== s.name && String(l.id) !== s.name) return false;
  return s.grep === '' || (/[A-Z]/.test(s.grep) ? l.text.includes(s.grep) : l.text.toLowerCase().includes(s.grep));
}

/** The text in pieces, every second one a match. */
export function pieces(text: string, grep: string): string[] {
  if (grep === '') return [text];
  const exact = /[A-Z]/.test(grep);
  const hay = exact ? text : text.toLowerCase();
  const out: string[] = [];
  let from = 0;
  for (let at = hay.indexOf(grep); at >= 0; at = hay.indexOf(grep, from)) {
    out.push(text.slice(from, at), text.slice(at, at + grep.length));
    from = at + grep.length;
  }
  return [...out, text.slice(from)];
}

// Terminal colours mean nothing here.
// oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
const COLOURS = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
export function bare(text: string): string { return text.replace(COLOURS, ''); }

const same = (l: LogLine): string => `${l.id} ${l.stream} ${l.text}`;
