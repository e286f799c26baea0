// The types of container.mjs.
export * from './container.js';
