import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuardOptions, type Knock, admit, checkHost, cookieFor, cookieName } from '../../src/web/guard.js';
import { HttpError } from '../../src/web/http-error.js';

const ADMIN = 'a'.repeat(48);
const READ = 'b'.repeat(48);
const LOCAL: GuardOptions = { admin: ADMIN, read: READ, host: '127.0.0.1', names: [], port: () => 9615, metricsOpen: false };
const knock = (headers: Record<string, string>, method = 'GET'): Knock => ({ method, headers: { host: '127.0.0.1:9615', ...headers } });
const status = (work: () => unknown): number => { try { work(); return 200; } catch (e) { if (e instanceof HttpError) return e.status; throw e; } };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const cookie = (token: string) => ({ cookie: `x=1; ${cookieName(9615)}=${cookieFor(token)}; y=2` });
const own = { origin: 'http://127.0.0.1:9615', 'sec-fetch-site': 'same-origin' };

test('Host: only names that nobody else can make point at us', () => {
  const at = (host: string, o = LOCAL): number => status(() => checkHost(knock({ host }), o));
  for (const good of ['127.0.0.1:9615', 'localhost:9615', 'LOCALHOST', '[::1]:9615', '127.0.0.1:80', '127.4.5.6']) assert.equal(at(good), 200, good);
  for (const bad of ['evil.example', 'evil.example:9615', '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.5:9615', '', 'a@127.0.0.1', '127.0.0.1:9615:1', '127.0.0.1/x']) assert.equal(at(bad), 403, bad);
  const open = { ...LOCAL, host: '0.0.0.0', names: ['mgr.example.org'] };
  for (const good of ['10.0.0.5:9615', '[fe80::1]:9615', 'mgr.example.org', 'localhost']) assert.equal(at(good, open), 200, good);
  assert.equal(at('evil.example', open), 403);
});

test('who gets in: token, rights and Origin', () => {
  const rows: readonly [what: string, k: Knock, access: 'open' | 'scrape' | 'read' | 'admin', wanted: number][] = [
    ['no token', knock({}), 'read', 401],
    ['no token needed', knock({}), 'open', 200],
    ['a wrong token', knock(bearer('c'.repeat(48))), 'read', 401],
    ['half a token', knock(bearer(ADMIN.slice(0, 24))), 'read', 401],
    ['another scheme', knock({ authorization: `Basic ${ADMIN}` }), 'read', 401],
    ['the token as cookie', knock({ cookie: `${cookieName(9615)}=${ADMIN}` }), 'read', 401],
    ['the cookie as token', knock(bearer(cookieFor(ADMIN))), 'read', 401],
    ['the cookie of another port', knock({ cookie: `${cookieName(1)}=${cookieFor(ADMIN)}` }), 'read', 401],
    ['a wrong token beside a good cookie', knock({ ...cookie(ADMIN), ...bearer('nope') }), 'read', 401],
    ['admin looks', knock(bearer(ADMIN)), 'read', 200],
    ['admin acts', knock(bearer(ADMIN), 'POST'), 'admin', 200],
    ['reader looks', knock(bearer(READ)), 'read', 200],
    ['reader acts', knock(bearer(READ), 'POST'), 'admin', 403],
    ['cookie looks', knock(cookie(ADMIN)), 'read', 200],
    ['cookie acts from our page', knock({ ...cookie(ADMIN), ...own }, 'POST'), 'admin', 200],
    ['cookie of a reader acts', knock({ ...cookie(READ), ...own }, 'POST'), 'admin', 403],
    ['cookie acts without Origin', knock(cookie(ADMIN), 'POST'), 'admin', 403],
    ['cookie acts from a foreign page', knock({ ...cookie(ADMIN), origin: 'http://evil.example' }, 'POST'), 'admin', 403],
    ['cookie acts from another port here', knock({ ...cookie(ADMIN), origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' }, 'POST'), 'admin', 403],
    ['cookie looks from another port here', knock({ ...cookie(ADMIN), 'sec-fetch-site': 'same-site' }), 'read', 403],
    ['Origin null', knock({ ...cookie(ADMIN), origin: 'null' }, 'POST'), 'admin', 403],
    ['token from a foreign page', knock({ ...bearer(ADMIN), origin: 'http://evil.example' }, 'POST'), 'admin', 403],
    ['behind TLS', knock({ ...cookie(ADMIN), origin: 'https://127.0.0.1:9615' }, 'POST'), 'admin', 200],
    ['metrics without', knock({}), 'scrape', 401],
    ['metrics of a reader', knock(bearer(READ)), 'scrape', 200],
  ];
  for (const [what, k, access, wanted] of rows) assert.equal(status(() => admit(k, access, LOCAL)), wanted, what);
  assert.equal(status(() => admit(knock({}), 'scrape', { ...LOCAL, metricsOpen: true })), 200, '--metrics-open');
  assert.equal(status(() => admit(knock({}), 'read', { ...LOCAL, metricsOpen: true })), 401, '--metrics-open opens nothing else');
});
