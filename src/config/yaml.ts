import { reasonOf } from '../base/errors.js';
import { BadText } from './bad-text.js';

/** One YAML document; `<<` merges are understood, since PM2's parser knows them. Throws BadText. */
export async function parseYaml(text: string): Promise<unknown> {
  const yaml = await import('yaml');
  try {
    return yaml.parse(text, { merge: true, logLevel: 'error' });
  } catch (e) {
    const pos = e instanceof yaml.YAMLParseError ? e.linePos?.[0] : undefined;
    throw new BadText(reasonOf(e).replace(/ at line \d+, column \d+:?$/, ''), pos?.line, pos?.col);
  }
}
