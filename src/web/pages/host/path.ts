/** Paths of instances. */

/** As the host checks it; undefined: it is one. */
export function wrongPath(id: string): string | undefined {
  return /^[a-z0-9][a-z0-9-_/]*$/.test(id) && !id.includes('..') && !id.endsWith('/') && !id.includes('//') ? undefined : `Got “${id}”, wanted small letters, digits, - _ /, e.g. hits or shop/orders`;
}
