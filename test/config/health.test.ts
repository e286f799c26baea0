import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDeclared } from '../../src/config/declare.js';
import { health } from '../../src/config/health.js';

const REST = { interval: 10_000, timeout: 3000, retries: 3, start_period: 0 };

test('what a health check may be', () => {
  for (const [given, read] of [
    ['http://localhost:3000/health', { http: 'http://localhost:3000/health', ...REST }],
    ['tcp://db:5432', { tcp: 'db:5432', ...REST }],
    ['tcp:5432', { tcp: '127.0.0.1:5432', ...REST }],
    ['curl -f localhost', { exec: 'curl -f localhost', ...REST }],
    [{ http: 3000 }, { http: 'http://127.0.0.1:3000/', ...REST }],
    [{ http: ':3000/h' }, { http: 'http://127.0.0.1:3000/h', ...REST }],
    [{ http: { port: '3000', path: 'h' }, interval: '5s', retries: '2' }, { http: 'http://127.0.0.1:3000/h', ...REST, interval: 5000, retries: 2 }],
    [{ http: { port: 1, host: 'x', protocol: 'https' } }, { http: 'https://x:1/', ...REST }],
    [{ tcp: 5432, timeout: 500, start_period: '1m' }, { tcp: '127.0.0.1:5432', ...REST, timeout: 500, start_period: 60_000 }],
    [{ tcp: '[::1]:80' }, { tcp: '[::1]:80', ...REST }],
    [{ exec: 'true', http: undefined }, { exec: 'true', ...REST }],
  ] as const) assert.deepEqual(health.parse(given), read, JSON.stringify(given));
});

test('what is wrong is named by its part', () => {
  for (const [given, message] of [
    [{}, /health_check: got \{\}, wanted exactly one of `http`, `tcp`, `exec`/],
    [{ http: 1, tcp: 2 }, /health_check: got "`http` and `tcp`", wanted exactly one of/],
    [{ http: 'ftp://x' }, /health_check\.http: got "ftp:\/\/x", wanted a URL/],
    [{ http: { path: '/h' } }, /health_check\.http\.port: got nothing, wanted a port: 1 to 65535/],
    [{ http: { port: 1, url: 'x' } }, /health_check\.http\.url: got "x", wanted one of port, path, host, protocol/],
    [{ tcp: 'db' }, /health_check\.tcp: got "db", wanted a port, or host:port/],
    [{ tcp: 70_000 }, /health_check\.tcp: got 70000/],
    [{ exec: '' }, /health_check\.exec: got "", wanted a shell line/],
    [{ tcp: 1, interval: 'soon' }, /health_check\.interval: got "soon", wanted milliseconds/],
    [{ tcp: 1, interval: 0 }, /health_check\.interval: got 0/],
    [{ tcp: 1, retries: 0 }, /health_check\.retries: got 0, wanted a whole number of 1 or more/],
    [{ tcp: 1, intervall: 1 }, /health_check\.intervall: got 1, wanted one of http, tcp, exec, interval/],
    [true, /health_check: got true, wanted an object with one of/],
  ] as const) assert.throws(() => readDeclared({ health_check: given }, {}), message, JSON.stringify(given));
});
