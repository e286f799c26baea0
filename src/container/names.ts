/**
 * One name, four forms. The words of a name are found once, here; every form is made of them:
 *
 * | written       | name            | config path   | env            | flag              |
 * | ------------- | --------------- | ------------- | -------------- | ----------------- |
 * | `MyModule`    | `my-module`     | `myModule`    | `MY_MODULE`    | `--my-module`     |
 * | `S3Storage`   | `s3-storage`    | `s3Storage`   | `S3_STORAGE`   | `--s3-storage`    |
 * | `UserV2`      | `user-v2`       | `userV2`      | `USER_V2`      | `--user-v2`       |
 * | `HTTPServer`  | `http-server`   | `httpServer`  | `HTTP_SERVER`  | `--http-server`   |
 * | `CONFIG`      | `config`        | `config`      | `CONFIG`       | `--config`        |
 * | `max_size`    | `max-size`      | `maxSize`     | `MAX_SIZE`     | `--max-size`      |
 *
 * A word ends before a character that is no letter and no digit, between a small and a capital letter, between a digit and
 * a letter, and before the last capital of a row that a small letter follows. Fields keep the key they were declared with.
 */
export function words(text: string): string[] {
  return text
    .replace(/([\p{Ll}])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/(\p{N})(\p{L})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((w) => w !== '')
    .map((w) => w.toLowerCase());
}

/** `HTTPServer` -> `http-server`: names of modules and flags. Empty when there is no letter and no digit. */
export const kebab = (text: string): string => words(text).join('-');

/** `http-server` -> `httpServer`: the key of a module in the configuration. */
export const camel = (text: string): string => words(text).map((w, i) => (i === 0 ? w : capital(w))).join('');

/** `http-server` -> `HttpServer`: the tail of a static setting, `lifecycleInit` -> `LifecycleInit`. */
export const pascal = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `http-server` -> `HTTP_SERVER`: environment variables. */
export const constant = (text: string): string => words(text).join('_').toUpperCase();

/** All forms of one name. */
export interface NameForms { readonly name: string; readonly path: string; readonly env: string; readonly flag: string }

/** `S3Storage` -> `{name: 's3-storage', path: 's3Storage', env: 'S3_STORAGE', flag: '--s3-storage'}`. */
export function nameForms(text: string): NameForms {
  return { name: kebab(text), path: camel(text), env: constant(text), flag: `--${kebab(text)}` };
}

function capital(word: string): string { return word.charAt(0).toUpperCase() + word.slice(1); }
