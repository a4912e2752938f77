/**
 * Replaces node:domain in the functions' bundles by a stand-in that does nothing. functions-framework makes a domain
 * for each request, and from the first domain on, Node's async hooks watch every promise of the process: sending a log
 * takes three times as long. Errors that a function throws are handled in lib/http/app.ts, and uncaught exceptions in
 * lib/http/serve.ts.
 */
export const create = () => ({
  on: (): void => undefined,
  run: (act: () => void): void => act(),
});
