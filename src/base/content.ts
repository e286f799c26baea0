/** What names the content of a fetched package: hashes of its tarball, and where exactly it came from. */
interface Content { readonly integrity?: string | undefined; readonly resolved?: string | undefined }

/** Is it another content, as far as both tell? A commit is one; a tarball's address is none. */
export function differentContent(a: Content, b: Content): boolean {
  const commits = [a.resolved, b.resolved].filter((r) => r?.includes('#') === true);
  return commits.length === 2 ? commits[0] !== commits[1] : differentHashes(a.integrity, b.integrity);
}

/** One list may hold several algorithms (sha1 of old packages beside sha512): what both know must agree. */
export function differentHashes(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const of = (text: string): Map<string, string> => new Map(text.split(/\s+/).map((hash) => [hash.slice(0, hash.indexOf('-')), hash]));
  const theirs = of(b);
  return [...of(a)].some(([algorithm, hash]) => theirs.has(algorithm) && theirs.get(algorithm) !== hash);
}
