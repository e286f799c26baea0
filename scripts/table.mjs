// node scripts/table.mjs [--check]: puts the table of app options, made from src/config/fields.ts, between its marks in the README.
// With --check nothing is written: exit status 1 when the README is behind.
import { build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';

const BEGIN = '<!-- options: made by scripts/table.mjs -->\n';
const END = '<!-- options end -->';
const root = path.dirname(path.dirname(new URL(import.meta.url).pathname));
const readme = path.join(root, 'README.md');

const { outputFiles } = await build({ entryPoints: [path.join(root, 'src/config/options.ts')], bundle: true, format: 'esm', platform: 'node', target: 'node20', write: false });
const { optionsTable } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);

const old = fs.readFileSync(readme, 'utf8');
const [from, to] = [old.indexOf(BEGIN), old.indexOf(END)];
if (from < 0 || to < from) throw new Error('README.md: the marks of the table are missing');
const now = `${old.slice(0, from + BEGIN.length)}\n${optionsTable()}\n${old.slice(to)}`;
if (now !== old) {
  if (process.argv.includes('--check')) {
    process.stderr.write('README.md: the table of options is behind: node scripts/table.mjs\n');
    process.exitCode = 1;
  } else fs.writeFileSync(readme, now);
}
