/** The one file that knows dayjs. Bundles keep it in a file of its own (scripts/build.mjs): who has no dates in a format of his own never loads it. */
import dayjs from 'dayjs';
import customParseFormat from 'dayjs/plugin/customParseFormat.js';

dayjs.extend(customParseFormat);

/** A moment (ms since 1970) as local time in a dayjs format. */
export const inFormat = (at: number, format: string): string => dayjs(at).format(format);

/** And back; NaN for a text that is not in that format. */
export const readInFormat = (text: string, format: string): number => dayjs(text, format, true).valueOf();
