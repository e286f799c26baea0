/**
 * The dashboard in the browser: one page, no address outside of the machine it came from. The server tells the news over one
 * stream (lib/live.ts), pages read the rest from /api and follow the hash (lib/router.ts).
 */
import { App } from './app.js';
import { startKeys } from './lib/keys.js';
import { startClock } from './lib/now.js';
import { render } from './lib/preact.js';
import { startTheme } from './lib/theme.js';

startTheme();
startClock();
startKeys();
const root = document.querySelector('#app');
if (root !== null) render(<App />, root);
