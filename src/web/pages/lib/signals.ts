/** Values that know who reads them: a row of a table is drawn again when it changes, not the table. */
export { batch, computed, effect, signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
export type { ReadonlySignal, Signal } from '@preact/signals';
