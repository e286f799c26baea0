import path from 'node:path';
import { MgrError } from './errors.js';

// Names below <modules>/ that are ours, and names npm itself refuses as package names.
const TAKEN = new Set(['node_modules', 'favicon.ico', '__proto__', 'constructor', 'prototype']);
const PART = /^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$/;

/**
 * Gives the name back when it may become a path and a settings section; else throws MODULE_NAME.
 * npm's rule, old packages with capital letters included: at most 214 characters, an optional @scope.
 */
export function checkName(name: string): string {
  const bad = (reason: string): never => { throw new MgrError('MODULE_NAME', { name, reason }); };
  if (name === '') bad('it is empty');
  if (name.length > 214) bad('it is longer than 214 characters');
  const parts = name.startsWith('@') ? name.slice(1).split('/') : [name];
  if (parts.length !== (name.startsWith('@') ? 2 : 1)) bad('wanted @scope/name');
  for (const part of parts) {
    if (!PART.test(part)) bad(part.startsWith('.') ? 'a part of it begins with a dot' : 'it has characters a package name cannot have');
    if (TAKEN.has(part.toLowerCase())) bad(`\`${part}\` is reserved`);
  }
  return name;
}

/** `<modules>/<name>`; the name was checked. */
export const moduleDir = (modules: string, name: string): string => path.join(modules, ...name.split('/'));
/** `<modules>/<name>/node_modules/<name>`: where package.json lies. */
export const packageDir = (modules: string, name: string): string => path.join(moduleDir(modules, name), 'node_modules', ...name.split('/'));
/** A name as one path segment. */
export const flat = (name: string): string => name.replace('/', '+');
