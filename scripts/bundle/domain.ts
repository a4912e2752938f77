/**
 * In place of node:domain in the functions' bundles. functions-framework makes a domain for each request, and from the
 * first one on Node's async hooks watch every promise of the process: a log took three times as long. What a function
 * throws is answered by lib/http/app.ts; what nobody catches ends the process (lib/http/serve.ts).
 */
export const create = () => ({
  on: (): void => undefined,
  run: (act: () => void): void => act(),
});
