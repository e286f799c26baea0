import { MgrError } from '../base/errors.js';
import { count, isOn, pattern, span, text } from './values.js';
import type { LineLook } from './render/log-line.js';
import type { Cli, Input, OptionRow } from './world.js';

/** What `mgr logs` was asked for, checked. */
export interface LogWish {
  readonly lines: number;
  /** `--lines` was given: it then bounds `--since` too. */
  readonly bounded: boolean;
  readonly follow: boolean;
  readonly streams: readonly ('out' | 'err')[];
  readonly grep?: RegExp;
  /** Wall-clock ms. */
  readonly since?: number;
  readonly form: LineLook['form'];
  readonly highlight?: string;
  /** dayjs format of the time put before pushed lines. */
  readonly stampFormat?: string;
}

export const LOG_FLAGS: readonly OptionRow[] = [
  { flags: '--lines <n>', summary: 'lines of each file before the stream starts (default 15)' },
  { flags: '--nostream', summary: 'show and end' },
  { flags: '--out', summary: 'only stdout of the programs' },
  { flags: '--err', summary: 'only stderr of the programs' },
  { flags: '--grep <regex>', summary: 'only lines that match' },
  { flags: '--since <time>', summary: 'only lines younger than this (10m, 2h, 1d); lines without a date take the one before' },
  { flags: '--raw', summary: 'lines as they are, without id and name' },
  { flags: '--json', summary: 'one JSON object a line' },
  { flags: '--format', summary: 'timestamp= app= id= type= message=' },
  { flags: '--timestamp [format]', summary: 'time before each line (default YYYY-MM-DD-HH:mm:ss)' },
  { flags: '--highlight [text]', summary: 'make a text stand out' },
];

export function logWish(cli: Cli, { options }: Input): LogWish {
  const lines = count(options, 'lines', '--lines');
  const ago = span(options, 'since', '--since');
  const grep = pattern(options, 'grep', '--grep');
  const forms = (['raw', 'json', 'format'] as const).filter((f) => isOn(options, f));
  if (forms.length > 1) throw new MgrError('BAD_USAGE', { reason: `logs: got ${forms.map((f) => `--${f}`).join(' and ')}, wanted one form`, fix: 'choose one of --raw, --json, --format' });
  const only = isOn(options, 'out') === isOn(options, 'err') ? undefined : isOn(options, 'out') ? 'out' as const : 'err' as const;
  const highlight = text(options, 'highlight');
  const date = options['timestamp'] === true ? 'YYYY-MM-DD-HH:mm:ss' : text(options, 'timestamp');
  return {
    lines: lines ?? 15,
    bounded: lines !== undefined,
    follow: !isOn(options, 'nostream'),
    streams: only === undefined ? ['out', 'err'] : [only],
    form: forms[0] ?? 'prefix',
    ...(grep && { grep }),
    ...(ago !== undefined && { since: cli.world.now() - ago }),
    ...(highlight !== undefined && highlight !== '' && { highlight }),
    ...(date !== undefined && { stampFormat: date }),
  };
}
