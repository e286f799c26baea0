/** The texts of a new module that is a container of `mgr/container`; marks as in source.ts. */

export const INDEX = `«»import { ModuleManager } from 'mgr/container';
«»import { runContainer } from 'mgr/module';
«»import { ConsoleVoice } from './console-voice.js';
«»import { Greeter } from './greeter.js';

// Its settings are those of the module: mgr conf NAME, mgr set NAME:every 1000
await runContainer(new ModuleManager({ name: 'NAME' }).register(Greeter).register(ConsoleVoice));
`;

export const GREETER = `«»import { action, counter } from 'mgr/module';
«import type { Ctx } from 'mgr/container';»
«import type { Voice } from './console-voice.js';»

/** Greets the world at intervals. Its configuration is assigned to its fields, since it has no \`init\`. */
export class Greeter {
  static moduleInfo = {
    // New settings are taken while running; without it, the program is restarted for them.
    reload: true,
    schema: {
      every: { type: 'number', default: 5000, validator: { $range: { min: 10 } }, unit: 'ms', description: 'time between two greetings' },
      greeting: { default: 'Hello', description: 'the word before the name' },
      // Another module: whichever provides a voice.
      voice: { type: 'Voice', required: true },
    },
  };

«  declare every: number;
  declare greeting: string;
  declare voice: Voice;
»  // Shown by: mgr describe NAME
  greetings = counter({ name: 'greetings' });
  timer«: NodeJS.Timeout | undefined»;

  start()«: void» {
    // mgr trigger NAME greet Ann
    action('greet', { params: '<whom>', comment: 'greets somebody' }, (whom) => this.greet(String(whom ?? 'nobody')));
    this.timer = setInterval(() => { this.voice.say(this.greet('world')); }, this.every);
  }

  /** The fields have their new values; what it throws makes all as it was. */
  reload()«: void» {
    clearInterval(this.timer);
    this.timer = setInterval(() => { this.voice.say(this.greet('world')); }, this.every);
  }

  stop({ reason }«: Ctx»)«: void» {
    clearInterval(this.timer);
    this.voice.say(\`Good bye (\${reason})\`);
  }

  greet(whom«: string»)«: string» {
    this.greetings.inc();
    return \`\${this.greeting}, \${whom}!\`;
  }
}
`;

export const VOICE = `«/** What greets: another class that provides it can take the place of this one. */
export interface Voice { say(text: string): void }

»export class ConsoleVoice {
  static moduleProvides = 'Voice';

  say(text«: string»)«: void» {
    console.log(text);
  }
}
`;

export const TEST = `«»import assert from 'node:assert/strict';
«»import { spawn } from 'node:child_process';
«»import { once } from 'node:events';
«»import { test } from 'node:test';
«»import { fileURLToPath } from 'node:url';
«»import { ModuleManager } from 'mgr/container';
«»import { Greeter } from '../DIRgreeter.js';

// A container that is given its configuration takes nothing from the process: each test has its own.
test('greets by the voice it is given, with the settings it is given', async () => {
  const said = [];
  const voice = { say(text) { said.push(text); if (said.length === 2) void manager.stop('enough'); } };
  const manager = new ModuleManager().register(Greeter).registerInstance(voice, { name: 'voice' });
  await manager.run({ overrides: { greeter: { every: 10, greeting: 'Hi' } } });
  assert.deepEqual(said, ['Hi, world!', 'Hi, world!', 'Good bye (enough)']);
});

test('a setting that cannot be is refused', async () => {
  const manager = new ModuleManager().register(Greeter).registerInstance({ say() {} }, { name: 'voice' });
  await assert.rejects(manager.configure({ overrides: { every: 1 } }), /greeter\\.every: got 1/);
});

// Without a manager the configuration is that of the schemas, and of variables such as VAR_EVERY.
test('runs, and ends when it is asked to', async (t) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../DIRindex.js', import.meta.url))], { env: { ...process.env, VAR_EVERY: '20' }, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [first] = await once(child.stdout, 'data');
  assert.match(String(first), /^Hello, world!\\n/);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
});
`;
