/** The line of a dying program that says why: "Error: listen EADDRINUSE: …", "ModuleNotFoundError: …"; else its last. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const named = lines.findLast((l) => /^\s*(uncaught )?\w*(error|exception|panic)\w*\b( \[\w+\])?:/i.test(l));
  return (named ?? lines.findLast((l) => l.trim() !== ''))?.trim();
}
