import fs from 'node:fs';
import path from 'node:path';
import { errno, reasonOf } from '../base/errors.js';

/** What stands at a path, links followed; for nothing usable, why in words. */
export type Look = { readonly is: 'file' | 'directory' | 'other' } | { readonly is: 'nothing'; readonly why: string; readonly missing: boolean };

/** The questions validation puts to the file system; injected, so that a test needs none. */
export interface Probe {
  look(file: string): Look;
  /** For a directory: may be entered. */
  executable(file: string): boolean;
  readable(file: string): boolean;
  /** The first 512 bytes; undefined when it cannot be read. */
  head(file: string): Buffer | undefined;
  /** Undefined when it cannot be read: absent and forbidden are the same to the askers. */
  text(file: string): string | undefined;
}

const WHY: Readonly<Record<string, string>> = { ENOENT: 'does not exist', EACCES: 'permission denied', ENOTDIR: 'a part of the path is not a directory', ELOOP: 'the links go round in a circle', ENAMETOOLONG: 'the path is too long' };

export const systemProbe: Probe = {
  look(file) {
    try {
      const s = fs.statSync(file);
      return { is: s.isFile() ? 'file' : s.isDirectory() ? 'directory' : 'other' };
    } catch (e) {
      const code = errno(e) ?? '';
      return { is: 'nothing', why: WHY[code] ?? reasonOf(e), missing: code === 'ENOENT' || code === 'ENOTDIR' };
    }
  },
  executable: (file) => allowed(file, fs.constants.X_OK),
  readable: (file) => allowed(file, fs.constants.R_OK),
  head(file) {
    try {
      const fd = fs.openSync(file, 'r');
      try {
        const buffer = Buffer.alloc(512);
        return buffer.subarray(0, fs.readSync(fd, buffer, 0, 512, 0));
      } finally {
        fs.closeSync(fd);
      }
    } catch {
      // As promised above: what cannot be read has no head.
      return undefined;
    }
  },
  text(file) {
    try {
      return fs.readFileSync(file, 'utf8');
    } catch {
      // As promised above.
      return undefined;
    }
  },
};

function allowed(file: string, mode: number): boolean {
  try {
    fs.accessSync(file, mode);
    return true;
  } catch {
    // access() answers by throwing.
    return false;
  }
}

/** Remembers every answer, so that 100 apps of one file cost the questions of one. For the time of one call only. */
export function remembering(probe: Probe): Probe {
  return {
    look: remember((f) => probe.look(f)),
    executable: remember((f) => probe.executable(f)),
    readable: remember((f) => probe.readable(f)),
    head: remember((f) => probe.head(f)),
    text: remember((f) => probe.text(f)),
  };
}

export function remember<T>(ask: (key: string) => T): (key: string) => T {
  const known = new Map<string, { readonly answer: T }>();
  return (key) => {
    const old = known.get(key);
    if (old) return old.answer;
    const answer = ask(key);
    known.set(key, { answer });
    return answer;
  };
}

/** Finds commands in a PATH: the absolute path of the first executable file of that name. */
export function finder(searchPath: string | undefined, probe: Probe = systemProbe): (command: string) => string | undefined {
  const dirs = (searchPath ?? '/usr/local/bin:/usr/bin:/bin').split(path.delimiter).filter((d) => path.isAbsolute(d));
  return (command) => command === '' || command.includes('/') ? undefined
    : dirs.map((d) => path.join(d, command)).find((f) => probe.executable(f) && probe.look(f).is === 'file');
}
