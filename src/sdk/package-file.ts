import fs from 'node:fs';
import path from 'node:path';
import { asError, errno } from '../base/thrown.js';

/** What the module's package.json tells. */
export interface PackageFacts {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly description: string | undefined;
  /** Its folder; undefined: none was found. */
  readonly dir: string | undefined;
  /** `config`: the defaults. */
  readonly config: Readonly<Record<string, unknown>>;
}

const NONE: PackageFacts = { name: undefined, version: undefined, description: undefined, dir: undefined, config: {} };

/**
 * The package.json of the main script: beside it or in the nearest folder above, that has a name (`dist/package.json`
 * with a `type` only is passed by). Throws when it cannot be read as JSON; none at all is no error.
 */
export function readPackage(script: string | undefined): PackageFacts {
  if (script === undefined) return NONE;
  for (let dir = path.dirname(real(script)); ; dir = path.dirname(dir)) {
    const found = at(dir);
    if (typeof found?.['name'] === 'string') {
      const { name, version, description, config } = found;
      return { name, dir, version: text(version), description: text(description), config: isBag(config) ? config : {} };
    }
    if (dir === path.dirname(dir)) return NONE;
  }
}

function at(dir: string): Readonly<Record<string, unknown>> | undefined {
  const file = path.join(dir, 'package.json');
  let content: string;
  try {
    content = fs.readFileSync(file, 'utf8');
  } catch (e) {
    if (errno(e) === 'ENOENT' || errno(e) === 'ENOTDIR') return undefined;
    throw e;
  }
  try {
    const value: unknown = JSON.parse(content.replace(/^\uFEFF/, ''));
    return isBag(value) ? value : undefined;
  } catch (e) {
    throw new Error(`${file} is not JSON: ${asError(e).message}`, { cause: e });
  }
}

function real(file: string): string {
  try { return fs.realpathSync(file); } catch { return path.resolve(file); /* given without its extension */ }
}

const text = (v: unknown): string | undefined => (typeof v === 'string' ? v : undefined);
export const isBag = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === 'object' && v !== null && !Array.isArray(v);
