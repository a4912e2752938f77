/**
 * Replaces node:domain in the functions' bundles by a stand-in that does nothing. functions-framework makes a domain for
 * each request, and from the first domain on, Node's async hooks watch every promise of the process: a log took three
 * times as long. lib/http/app.ts answers errors that a function throws, and lib/http/serve.ts handles uncaught exceptions.
 */
export const create = () => ({
  on: (): void => undefined,
  run: (act: () => void): void => act(),
});
