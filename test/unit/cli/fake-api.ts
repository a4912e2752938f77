import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type Cli, createCli, type Handler, type Received, serve, type TestServer } from './support.ts';

/**
 * Bundles `toolforge-build` before the tests of a file, and lets these tests run it against servers that stand in for the
 * API, one at a time.
 */
export const useFakeApi = () => {
  let cli: Cli;
  let server: TestServer | undefined;
  const close = async (): Promise<void> => {
    await server?.close();
    server = undefined;
  };
  beforeAll(() => {
    cli = createCli();
  });
  afterAll(() => cli.close());
  afterEach(close);
  return {
    /** Runs `toolforge-build` to its end. */
    run: (...words: Parameters<Cli['run']>) => cli.run(...words),
    /** Starts the next server, and closes the one before. @returns the environment with the server's address */
    against: async (handler: Handler): Promise<Record<string, string>> => {
      await close();
      server = await serve(handler);
      return { TOOL_TOOLFORGE_API_URL: server.url };
    },
    /** Returns the requests that the present server has received. */
    requests: (): Received[] => server?.requests ?? [],
  };
};
