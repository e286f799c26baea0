/** Entry of `mgr`: the only file here that knows the process. It sets the exit status; everything else returns. */
import path from 'node:path';
import { isClosedPipe, runCli } from './run.js';
import { sink } from './sink.js';
import { systemWorld } from './system.js';

void main();

async function main(): Promise<void> {
  let status = 1;
  try {
    status = await runCli(systemWorld({ stdout: sink(1), stderr: sink(2), dist: path.dirname(__filename) }));
  } catch (e) {
    if (!isClosedPipe(e)) throw e;
    status = 0;
  }
  // Every write was synchronous, so nothing is lost; waiting for the loop to run dry would cost time.
  process.exit(status);
}
