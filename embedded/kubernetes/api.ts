import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectGarbage } from './collector.ts';
import { toStatus, unauthorized } from './errors.ts';
import { pruneLogs } from './prune-logs.ts';
import type { ObjectStore } from './store.ts';
import { openStore } from './store.ts';
import type { Clock } from './time.ts';
import { createVerbs } from './verbs.ts';

export type KubeApi = {
  /** Answers a request under /api and /apis. */
  handler(req: IncomingMessage, res: ServerResponse): void;
  objects: ObjectStore;
  /** Ends watches, and leaves everything on disk. */
  close(): Promise<void>;
};

export type KubeApiOptions = {
  /** Where objects and pod logs are kept; one process at a time. */
  folder: string;
  /** Bearer token that every request must carry; none when undefined. */
  token?: string;
  clock?: Clock;
  /** How often a watch that allows it gets a bookmark. Default one minute. */
  bookmarkMs?: number;
  log?: (message: string, cause: unknown) => void;
};

/**
 * A Kubernetes API server for the kinds in kinds.ts, over one folder.
 * @throws Error when the folder's contents cannot be read
 */
export const createKubeApi = async (options: KubeApiOptions): Promise<KubeApi> => {
  const { folder, token, clock = Date.now, bookmarkMs = 60_000, log = () => {} } = options;
  const store = openStore({ folder, clock });
  const stopCollecting = collectGarbage(store);
  const stopPruning = await pruneLogs(store, folder);
  const watches = new Set<() => void>();
  const verbs = createVerbs({ store, clock, bookmarkMs, watches });
  return {
    objects: store,
    handler(req, res) {
      authenticate(req, token)
        .then(() => verbs(req, res))
        .catch((error: unknown) => refuse(res, error, log));
    },
    async close() {
      for (const end of [...watches]) end();
      stopCollecting();
      stopPruning();
      store.close();
    },
  };
};

const authenticate = async ({ headers }: IncomingMessage, token: string | undefined): Promise<void> => {
  if (token === undefined) return;
  const given = Buffer.from(headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw unauthorized();
};

const refuse = (res: ServerResponse, error: unknown, log: (message: string, cause: unknown) => void): void => {
  const status = toStatus(error);
  if (status.code >= 500 && status.reason === 'InternalError') log('a Kubernetes API request failed', error);
  if (res.headersSent || res.destroyed) return void res.destroy();
  // The rest of a body that was not read must not be taken for the next request.
  if (status.code === 413) res.setHeader('connection', 'close');
  res.writeHead(status.code, { 'content-type': 'application/json' });
  res.end(JSON.stringify(status));
};
