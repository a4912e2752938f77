import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectGarbage } from './collector.ts';
import { createHandler } from './http.ts';
import { fileLogs, type LogSource } from './log-source.ts';
import { pruneLogs } from './prune-logs.ts';
import type { ObjectStore } from './store.ts';
import { openStore } from './store.ts';
import type { Clock } from './time.ts';

export type KubeApi = {
  /** Handles a request to the Kubernetes API, under /api and /apis. */
  handler(req: IncomingMessage, res: ServerResponse): void;
  objects: ObjectStore;
  /** Ends all watches of the API server. Objects and pod logs stay in the folder. */
  close(): Promise<void>;
};

export type KubeApiOptions = {
  /** Folder in which the API server keeps objects and pod logs. Only one process at a time may use the folder. */
  folder: string;
  /** Bearer token that every request to the API server must carry. Default: every request is accepted. */
  token?: string;
  clock?: Clock;
  /** Time in milliseconds between two bookmarks of a watch that allows bookmarks. Default one minute. */
  bookmarkMs?: number;
  /** Source of the pods' logs. Default: the files that the embedded kubelet writes into `folder`. */
  logs?: LogSource;
  log?: (message: string, cause: unknown) => void;
};

/**
 * Makes a Kubernetes API server for the kinds in kinds.ts. The server keeps its objects in one folder.
 * @throws Error when the contents of the folder can't be read
 */
export const createKubeApi = async (options: KubeApiOptions): Promise<KubeApi> => {
  const { folder, token, clock = Date.now, bookmarkMs = 60_000, log = () => {} } = options;
  const store = openStore({ folder, clock });
  const stopCollecting = collectGarbage(store);
  const stopPruning = await pruneLogs(store, folder);
  const { logs = fileLogs(store) } = options;
  const http = createHandler({ store, logs, clock, bookmarkMs, token, log });
  return {
    objects: store,
    handler: http.handle,
    close: async () => {
      http.close();
      stopCollecting();
      stopPruning();
      store.close();
    },
  };
};
