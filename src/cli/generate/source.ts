import * as container from './container-source.js';

/** The texts of a new module's program. One source for both languages: `«…»` stands in TypeScript only; `«»`: not an import of ours. */

const WORK = `/** The work of this module, for you to replace. It knows nothing of the manager, so that a test can call it. */
export function greet(greeting«: string», whom«: string»)«: string» {
  return \`\${greeting}, \${whom}!\`;
}
`;

const INDEX = `«»import { action, counter, histogram, initModule, onConfig, onStop, ready } from 'mgr/module';
«»import { greet } from './work.js';
«
/** What \`config\` in package.json declares. */
interface Settings { every: number; greeting: string }
»
// \`config\` of package.json, and over it what was set: mgr set NAME:every 1000
const config = initModule«<Settings>»();

// Shown by: mgr describe NAME
const greetings = counter({ name: 'greetings' });
const time = histogram({ name: 'time', unit: 'ms', measurement: 'p95' });

function work()«: void» {
  const begun = performance.now();
  console.log(greet(config.greeting, 'world'));
  greetings.inc();
  time.update(performance.now() - begun);
}

let timer = setInterval(work, config.every);

// With this, new settings are taken while running; without it, the module is restarted for them.
onConfig(() => {
  if (!(config.every >= 10)) throw new RangeError(\`every: got \${config.every}, wanted at least 10 ms\`);
  clearInterval(timer);
  timer = setInterval(work, config.every);
});

// mgr trigger NAME greet Ann
action('greet', { params: '<whom>', comment: 'greets somebody' }, (whom) => greet(config.greeting, String(whom ?? 'nobody')));

onStop(() => { clearInterval(timer); });

ready();
`;

const TEST = `«»import assert from 'node:assert/strict';
«»import { spawn } from 'node:child_process';
«»import { once } from 'node:events';
«»import { test } from 'node:test';
«»import { fileURLToPath } from 'node:url';
«»import { greet } from '../DIRwork.js';

test('greets', () => {
  assert.equal(greet('Hello', 'Ann'), 'Hello, Ann!');
});

// Without a manager the configuration is that of package.json, and of variables such as VAR_EVERY.
test('runs, and ends when it is asked to', async (t) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../DIRindex.js', import.meta.url))], { env: { ...process.env, VAR_EVERY: '20' }, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [first] = await once(child.stdout, 'data');
  assert.match(String(first), /^Hello, world!\\n/);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
});
`;

const typed = (text: string): string => text.replaceAll(/«([^»]*)»/g, '$1');
const plain = (text: string): string => text.replaceAll(/«[^»]*»/g, '');

interface Kind { readonly test: string; /** By name, without an ending. */ readonly program: Readonly<Record<string, string>> }

const PLAIN: Kind = { test: TEST, program: { index: INDEX, work: WORK } };
const CONTAINER: Kind = { test: container.TEST, program: { index: container.INDEX, greeter: container.GREETER, 'console-voice': container.VOICE } };

/** Path -> text, for a module of this name. `variable`: its name as variables begin. */
export function sources({ name, variable, ts, contained }: { readonly name: string; readonly variable: string; readonly ts: boolean; readonly contained: boolean }): Record<string, string> {
  const { program, test } = contained ? CONTAINER : PLAIN;
  const of = (text: string): string => text.replaceAll('NAME', name);
  const js = (text: string): string => of(plain(text)).replace(/\n{2,}/g, '\n\n');
  const tested = Object.keys(program).filter((n) => n !== 'index')[0] ?? '';
  const files: Record<string, string> = { [`test/${tested}.test.js`]: of(plain(test)).replaceAll('DIR', ts ? 'dist/' : '').replaceAll('VAR', variable) };
  for (const [part, text] of Object.entries(program)) {
    if (ts) files[`src/${part}.ts`] = of(typed(text));
    // dist as the compiler would write it: Node runs no TypeScript below node_modules, so this is what is published and run.
    files[ts ? `dist/${part}.js` : `${part}.js`] = js(text);
  }
  return files;
}
