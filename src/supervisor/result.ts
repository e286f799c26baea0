import type { Target } from '../protocol/contract.js';
import type { ManagedProcess } from './process.js';

/** What a verb did to one target. */
export interface Result {
  readonly target: string;
  readonly processes: readonly ManagedProcess[];
  readonly error?: unknown;
  /** What should be said though it went well. */
  readonly said?: string;
}

/** Does it to what the target names; what goes wrong is in the result. `act` may give what should be said of it. */
export async function forTarget(target: Target, find: (target: Target) => ManagedProcess[], act: (processes: ManagedProcess[]) => Promise<string | undefined>): Promise<Result> {
  let processes: ManagedProcess[] = [];
  try {
    processes = find(target);
    const said = await act(processes);
    return { target: String(target), processes, ...(said === undefined ? {} : { said }) };
  } catch (error) {
    return { target: String(target), processes, error };
  }
}
