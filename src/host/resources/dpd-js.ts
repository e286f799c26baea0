import type { Offer } from './client.js';

/** The client for browsers: `dpd.todos.get({…})`, as promise or with a callback `(result, error)`. Needs nothing but fetch. */
export function browserClient(offers: readonly Offer[]): string {
  return `${HEAD}(${JSON.stringify(offers).replace(/</g, '\\u003c')});\n`;
}

const HEAD = `// Made by the host from its resources; it changes with them.
(function (offers) {
  'use strict';
  var root = typeof window !== 'undefined' ? window : globalThis;
  var here = typeof document !== 'undefined' && document.currentScript ? new URL(document.currentScript.src).origin : '';
  var base = typeof root.dpdUrl === 'string' ? root.dpdUrl.replace(/\\/$/, '') : here;

  function ask(path, method, hasBody, args) {
    var fn = typeof args[args.length - 1] === 'function' ? args.pop() : undefined;
    while (typeof args[0] === 'string' || typeof args[0] === 'number') {
      path += String(args.shift()).split('/').filter(Boolean).map(function (part) { return '/' + encodeURIComponent(part); }).join('');
    }
    args = args.filter(function (a) { return a !== undefined && a !== null; });
    var body = hasBody ? args.pop() : undefined;
    var query = args[0] && Object.keys(args[0]).length ? '?' + encodeURIComponent(JSON.stringify(args[0])) : '';
    var work = fetch(base + path + query, {
      method: method, credentials: 'same-origin',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    }).then(function (res) {
      return res.text().then(function (text) {
        var isJson = (res.headers.get('content-type') || '').indexOf('json') >= 0;
        var value = text === '' ? undefined : isJson ? JSON.parse(text) : text;
        if (res.ok) return value;
        var error = new Error((value && value.message) || 'status ' + res.status);
        throw Object.assign(error, typeof value === 'object' ? value : {}, { status: res.status });
      });
    });
    if (!fn) return work;
    work.then(function (value) { setTimeout(fn, 0, value); }, function (error) { setTimeout(fn, 0, undefined, error); });
  }

  var dpd = root.dpd = root.dpd || {};
  offers.forEach(function (offer) {
    function verb(method, hasBody, fixed) {
      return function () {
        var args = Array.prototype.slice.call(arguments);
        return ask(offer.path, method, hasBody, fixed === undefined ? args : [fixed].concat(args));
      };
    }
    var one = { get: verb('GET', false), post: verb('POST', true), put: verb('PUT', true), del: verb('DELETE', false), exec: verb('POST', true) };
    offer.get.forEach(function (name) { one[name] = one[name] || verb('GET', false, name); });
    offer.exec.forEach(function (name) { one[name] = one[name] || verb('POST', true, name); });
    dpd[offer.name] = one;
    dpd[offer.path.slice(1)] = one;
  });
})`;
