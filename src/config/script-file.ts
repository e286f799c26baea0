import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { errno, reasonOf } from '../base/errors.js';
import { BadText } from './bad-text.js';

/** Runs a JavaScript or TypeScript config file and gives its default export, else its exports. Read afresh each time. Throws BadText. */
export async function runConfig(file: string): Promise<unknown> {
  try {
    const value = await load(file);
    const inner = typeof value === 'object' && value !== null && 'default' in value ? value.default : value;
    return await inner;
  } catch (e) {
    const [, line, column] = new RegExp(`${escape(file)}[^:\\s]*:(\\d+)(?::(\\d+))?`).exec(e instanceof Error ? e.stack ?? '' : '') ?? [];
    const reason = errno(e) === 'ERR_UNKNOWN_FILE_EXTENSION' ? 'this Node does not read TypeScript (22.18 and newer do): rename it to .config.js' : `${e instanceof Error ? `${e.name}: ` : ''}${reasonOf(e)}`;
    throw new BadText(reason, line === undefined ? undefined : Number(line), column === undefined ? undefined : Number(column));
  }
}

async function load(file: string): Promise<unknown> {
  const extension = path.extname(file);
  if (extension === '.cjs' || (extension === '.js' && !isModulePackage(file))) {
    const require = createRequire(file);
    forget(require.cache[file], require.cache, new Set());
    try {
      return require(file);
    } catch (e) {
      // A .js file may be a module by its syntax alone.
      if (errno(e) !== 'ERR_REQUIRE_ESM' && errno(e) !== 'ERR_REQUIRE_ASYNC_MODULE' && !(e instanceof SyntaxError && /import|export|await/.test(e.message))) throw e;
    }
  }
  // A module cannot be forgotten; another address is another module.
  return import(`${pathToFileURL(file).href}?${fs.statSync(file).mtimeMs}`);
}

// The file and what it loaded itself; installed packages stay.
function forget(module: NodeJS.Module | undefined, cache: NodeJS.Dict<NodeJS.Module>, seen: Set<string>): void {
  if (!module || seen.has(module.filename) || module.filename.includes(`${path.sep}node_modules${path.sep}`)) return;
  seen.add(module.filename);
  for (const child of module.children) forget(child, cache, seen);
  delete cache[module.filename];
}

function isModulePackage(file: string): boolean {
  for (let dir = path.dirname(file); ; dir = path.dirname(dir)) {
    const manifest = path.join(dir, 'package.json');
    if (fs.existsSync(manifest)) return /"type"\s*:\s*"module"/.test(fs.readFileSync(manifest, 'utf8'));
    if (dir === path.dirname(dir)) return false;
  }
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
