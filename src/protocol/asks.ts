import type { MethodName } from './contract.js';

/** Methods that change nothing: asking twice does no harm, and a daemon that is ending may still answer. */
export const ASKS: ReadonlySet<string> = new Set<MethodName>(['hello', 'process.list', 'process.describe', 'process.metrics', 'process.jlist', 'process.env', 'process.explain', 'process.plan', 'logs.files', 'settings.get', 'settings.form', 'module.list']);
