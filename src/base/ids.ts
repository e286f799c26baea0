/** Numbers and names that must not be mixed up. They are minted in one place each: ids by the supervisor, runs by a process. */
declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** Number of a managed process, PM2's `pm_id`. Never given twice in the life of a home. */
export type ProcId = Brand<number, 'ProcId'>;
/** How many times a managed process was spawned; news that carry an old run number are dropped. */
export type Run = Brand<number, 'Run'>;

export const procId = (n: number): ProcId => n as ProcId;
export const run = (n: number): Run => n as Run;
