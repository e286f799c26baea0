import { paint } from '../output.js';
import { onTerminal } from '../safe-text.js';
import { cut, pad, printable, width } from '../width.js';

/** One line of one program, from the file or pushed. */
export interface LogLine {
  readonly id: number | string;
  readonly name: string;
  readonly stream: 'out' | 'err';
  /** As it stands in the file, without its newline. */
  readonly text: string;
  /** Wall-clock ms; undefined for a line of a file that carries no date. */
  readonly at?: number;
}

export interface LineLook {
  readonly form: 'prefix' | 'raw' | 'json' | 'format';
  readonly colour: boolean;
  /** dayjs-like date before the line: made by `date`. Undefined: none. */
  readonly date?: (at: number) => string;
  /** Text to make stand out. */
  readonly highlight?: string;
  /** On a terminal the prefixes of several programs stand in one column: as wide as the widest of these. */
  readonly labels?: readonly string[];
  /** The lines go to a terminal, which must not obey them. `raw` is what asks for them as they are. */
  readonly terminal?: boolean;
}

export const label = (id: number | string, name: string): string => (id === name ? name : `${id}|${printable(name)}`);

// On a terminal the lines of the programs matter more than a long name.
const LONGEST_LABEL = 24;

/** The maker of lines: built once, called for each line. A newline ends each. */
export function lineMaker(look: LineLook): (line: LogLine) => string {
  const p = paint(look.colour);
  const column = look.labels?.reduce((w, l) => Math.max(w, Math.min(width(l), LONGEST_LABEL)), 0);
  const prefixes = new Map<string, string>();
  const prefix = (l: LogLine): string => {
    const key = `${l.id}|${l.stream}|${l.name}`;
    let made = prefixes.get(key);
    if (made === undefined) {
      const own = label(l.id, l.name);
      const text = `${column === undefined ? own : pad(cut(own, LONGEST_LABEL), column)} | `;
      made = l.stream === 'err' ? p.red(text) : p.green(text);
      prefixes.set(key, made);
    }
    return made;
  };
  const { highlight } = look;
  const safe = look.terminal === true ? (t: string): string => onTerminal(t, look.colour) : (t: string): string => t;
  const shine = highlight && look.colour ? (t: string): string => t.replaceAll(highlight, (m) => p.inverse(m)) : (t: string): string => t;
  const dated = (l: LogLine): string => (look.date && l.at !== undefined ? `${look.date(l.at)}: ` : '');
  const forms: Record<LineLook['form'], (l: LogLine) => string> = {
    prefix: (l) => `${prefix(l)}${dated(l)}${shine(safe(l.text))}\n`,
    raw: (l) => `${dated(l)}${shine(l.text)}\n`,
    json: (l) => `${JSON.stringify({ message: l.text, ...(l.at !== undefined && { timestamp: new Date(l.at).toISOString() }), type: l.stream, process_id: l.id, app_name: l.name })}\n`,
    format: (l) => `${l.at === undefined ? '' : `timestamp=${stamp(l.at, 'YYYY-MM-DD-HH:mm:ssZZ')} `}app=${l.name} id=${l.id} type=${l.stream === 'err' ? 'error' : 'out'} message=${safe(l.text)}\n`,
  };
  return forms[look.form];
}

/** Local time by a pattern of `YYYY MM DD HH mm ss SSS Z ZZ`. */
export function stamp(at: number, pattern: string): string {
  const d = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  const offset = -d.getTimezoneOffset();
  const zone = (colon: string): string => `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${colon}${two(Math.abs(offset) % 60)}`;
  return pattern.replace(/YYYY|MM|DD|HH|mm|SSS|ss|ZZ|Z/g, (part) => {
    switch (part) {
      case 'YYYY': return String(d.getFullYear());
      case 'MM': return two(d.getMonth() + 1);
      case 'DD': return two(d.getDate());
      case 'HH': return two(d.getHours());
      case 'mm': return two(d.getMinutes());
      case 'ss': return two(d.getSeconds());
      case 'SSS': return String(d.getMilliseconds()).padStart(3, '0');
      case 'ZZ': return zone('');
      default: return zone(':');
    }
  });
}
