/** Documents as rows: what the store and those who write inside a transaction of their own have in common. */
import { randomHex } from '../base/random.js';
import { json } from './condition.js';
import { migrate, type Database } from './database.js';
import { isTaken } from './faults.js';
import { refuse } from './refuse.js';
import { isObject, type Json, type JsonObject } from './value.js';

/** A document as it comes back: what was put in, as JSON keeps it, and its `id`. */
export type Document = { readonly id: string; readonly [key: string]: Json };

const STEPS = [`CREATE TABLE doc_stores (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE doc_items (seq INTEGER PRIMARY KEY, store INTEGER NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL);
CREATE UNIQUE INDEX doc_ids ON doc_items (store, id);
CREATE INDEX doc_order ON doc_items (store, seq)`];
const LARGEST = 16 * 1024 * 1024;

export function prepareDocuments(db: Database): void { migrate(db, 'documents', STEPS); }

/** 16 hex digits. */
export function newId(): string { return randomHex(8); }

/** Of the namespace; undefined: nothing was ever put into it. */
export function keyOf(db: Database, namespace: string): number | undefined {
  const key = db.get('SELECT key FROM doc_stores WHERE name = ?', [namespace])?.['key'];
  return typeof key === 'number' ? key : undefined;
}

export function newKey(db: Database, namespace: string): number {
  db.run('INSERT INTO doc_stores (name) VALUES (?)', [namespace]);
  return keyOf(db, namespace) ?? 0;
}

/** What was given as a document with an id. Throws BAD_OPTION. */
export function fresh(given: unknown, at: string): Document {
  const doc = json(given, at);
  if (!isObject(doc)) refuse(at, given, 'an object');
  const { _id, id = _id ?? newId(), ...rest } = doc;
  if (typeof id !== 'string' || id === '' || id.includes('\0')) refuse(`${at}.id`, id, 'a text that is not empty');
  return { id, ...rest };
}

/** Throws BAD_OPTION when the id is taken. */
export function put(db: Database, key: number, namespace: string, doc: Document): void {
  try {
    db.run('INSERT INTO doc_items (store, id, body) VALUES (?, ?, ?)', [key, doc.id, bodyOf(doc, 'object')]);
  } catch (e) {
    if (isTaken(e)) refuse('object.id', doc.id, `an id that no document in ${namespace} has`);
    throw e;
  }
}

/** Throws BAD_OPTION for one that is too large. */
export function bodyOf(doc: JsonObject, at: string): string {
  const body = JSON.stringify(doc);
  if (body.length > LARGEST) refuse(at, `${(body.length / 1024 / 1024).toFixed(1)} MB`, `a document of at most ${LARGEST / 1024 / 1024} MB`);
  return body;
}

export function nameOf(given: unknown, at: string): string {
  if (typeof given !== 'string' || given === '' || given.length > 200 || given.includes('\0')) refuse(at, given, 'a name of 1 to 200 characters');
  return given;
}
