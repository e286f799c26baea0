import { spawn } from 'node:child_process';
import { reasonOf } from '../../base/errors.js';

export interface Ended { readonly ok: boolean; readonly code: number | undefined; readonly out: string; readonly err: string }

export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program has the terminal: it may ask (a password, a one-time code). What it says on stderr is kept too. */
  readonly terminal?: boolean;
  /** ms after which it is ended: a host that never answers. */
  readonly limit?: number;
}

/** Runs git or npm to its end. A program that is not there is `code` undefined and the reason in `err`. */
export function run(command: string, args: readonly string[], { cwd, env, terminal, limit }: RunOptions): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: [terminal === true ? 'inherit' : 'ignore', terminal === true ? 'inherit' : 'pipe', 'pipe'], ...(limit !== undefined && { timeout: limit }) });
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => { out += text; });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => { err += text; });
    child.once('error', (e) => resolve({ ok: false, code: undefined, out, err: reasonOf(e) }));
    child.once('close', (code, signal) => {
      const late = limit !== undefined && signal === 'SIGTERM' ? `error: no answer within ${limit / 1000} s\n` : '';
      resolve({ ok: code === 0, code: code ?? 1, out, err: late + err });
    });
  });
}

/** The line of stderr that says most. */
export function telling(ended: Ended): string {
  const lines = ended.err.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  return lines.find((line) => /^(?:fatal|error|remote: (?:error|fatal)|!|ERROR)/i.test(line)) ?? lines.at(-1) ?? `it ended with code ${ended.code ?? '?'}`;
}
