import { transform } from 'sucrase';

/**
 * TypeScript without its types, for a Node that cannot take them out itself. Lines stay where they were; types are not
 * checked. Throws a SyntaxError that names the line.
 */
export function plainJavaScript(source: string, file: string): string {
  try {
    return transform(source, { transforms: ['typescript'], filePath: file, disableESTransforms: true, preserveDynamicImport: true }).code;
  } catch (e) {
    throw new SyntaxError(e instanceof Error ? e.message : String(e), { cause: e });
  }
}
