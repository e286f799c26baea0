/** How far back the charts look. */
import { range, RANGES } from '../lib/past.js';
import type { JSX } from '../lib/preact.js';
import { Segments } from './bits.js';

export function RangePicker(): JSX.Element { return <Segments label="Time range of the charts" all={RANGES} at={range.value} onPick={(r) => { range.value = r; }} />; }
