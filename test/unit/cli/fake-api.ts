import type { ServerOptions } from 'node:https';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type Cli, contract, createCli, type Handler, type Received, serve, type TestServer } from './support.ts';

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
    /**
     * Starts the next server, by https if `tls` has its certificate, and closes the one before.
     * @returns the environment with the server's address
     */
    against: async (handler: Handler, tls?: ServerOptions): Promise<Record<string, string>> => {
      await close();
      server = await serve(handler, tls);
      return { TOOL_TOOLFORGE_API_URL: server.url };
    },
    /** Returns the requests that the present server has received. */
    requests: (): Received[] => server?.requests ?? [],
  };
};

/**
 * Bundles `toolforge-build` before the tests of a file, and lets these tests run it against one server with the recorded
 * responses of builds-api.
 */
export const useRecordedApi = () => {
  let cli: Cli;
  let server: TestServer;
  const environment = (): Record<string, string> => ({ TOOL_TOOLFORGE_API_URL: server.url });
  const run = (args: string[], env: Record<string, string> = {}) => cli.run(args, { ...environment(), ...env });
  beforeAll(async () => {
    cli = createCli();
    server = await serve(contract);
  });
  afterAll(async () => {
    cli.close();
    await server.close();
  });
  return {
    /** Runs `toolforge-build` to its end. @param env variables beside the server's address, or in its place */
    run,
    /** Runs `toolforge-build` to its end, without the server's address. */
    runAlone: (...words: Parameters<Cli['run']>) => cli.run(...words),
    /** Runs `toolforge-build` to its end, and returns the methods and paths of its requests as well. */
    requestsOf: async (args: string[]) => {
      server.requests.length = 0;
      const finished = await run(args);
      return { ...finished, requests: server.requests.map(({ method, path }) => `${method} ${path}`) };
    },
    /** Returns the variables with the server's address. */
    environment,
    /** Returns the folder with the bundled command. */
    home: (): string => cli.home,
    /** Returns the requests that the server has received, as a list that a test may empty. */
    requests: (): Received[] => server.requests,
  };
};
