import { once } from 'node:events';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Kube } from '../lib/kube/client.ts';
import type { BuildRecord } from '../lib/ledger/types.ts';
import { closeArchive } from '../lib/logs/archive/archive-build.ts';
import { archivePrefix, emptyIndex } from '../lib/logs/archive/archive-index.ts';
import { ArchiveWriter, defaultSizes } from '../lib/logs/archive/writer.ts';
import { cursorFromParts, cursorTag } from '../lib/logs/cursor.ts';
import { createSecretFinder } from '../lib/logs/masking/secret-finder.ts';
import { readyAnnotation } from '../lib/logs/pod/pod-state.ts';
import type { LogLine } from '../lib/logs/types.ts';
import type { ObjectStore } from '../lib/store/types.ts';
import { runLabel, toolAnnotation } from '../lib/tekton/run.ts';

/** The pod whose log bench/logs.ts reads. Its step clone has ended, and its step build still runs. */
export type LogTarget = {
  tool: string;
  id: string;
  store: ObjectStore;
  /** Writes a build into the ledger. */
  setBuild(build: Partial<BuildRecord> & { id: string }): Promise<void>;
  /** Ends the step build, the last step of the pod whose log is read, so that the pod ends too. */
  endPod(): Promise<void>;
  /** Requests the log of a step directly from the API server. */
  raw(step: string, follow: boolean): Promise<AsyncIterable<Buffer> & { destroy(): void }>;
  /** Requests a log from get-logs. @returns the response with an unread body */
  open(id: string, query: string, headers?: OutgoingHttpHeaders): Promise<IncomingMessage>;
  /**
   * Requests a log from get-logs with the same kind of client that requests a log from the API server.
   * @param compressed whether the client accepts gzip
   */
  fetch(id: string, query: string, compressed: boolean): Promise<AsyncIterable<Buffer>>;
  /** Archives the pod's log. @throws Error unless the archive is complete */
  archive(): Promise<void>;
  /** Returns the memory of get-logs in bytes. */
  memory(): Promise<number>;
  close(): Promise<void>;
};

/** Returns the response to a request once the response's headers have arrived. */
export const responseTo = async (sent: ClientRequest): Promise<IncomingMessage> => {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
};

/** Header of clients that accept gzip. */
export const gzip = { 'accept-encoding': 'gzip' };

export const steps = ['clone', 'build'];

/** Returns the metadata of a pod that Tekton makes for a build. get-logs reads no pod that names another tool or none. */
export const podMetadata = (tool: string, id: string) => ({
  name: `${id}-pod`,
  labels: { [runLabel]: id },
  annotations: { [toolAnnotation]: tool, [readyAnnotation]: 'READY' },
});

/** Variables of each step's container. They have the name in the marks of the step's log. */
export const stepEnv = [{ name: 'STEP_LOG_MARK', value: 'bench' }];

/** Returns the first and the last line of a step's log, between which the step prints `lines` lines of 100 bytes. */
export const marksFor = (lines: number): [first: string, last: string] => [
  '[log-mark bench] begin',
  `[log-mark bench] end: ${lines} lines, ${100 * lines} bytes`,
];

/** Number of lines of 100 bytes that the step clone prints. */
export const cloneLines = 200_000;
export const buildLines = 5000;

export const printedLine = (at: number): string => `${String(at).padStart(8, '0')} ${'x'.repeat(90)}`;

export const buildRecord = (id: string, more: Partial<BuildRecord> = {}): BuildRecord => ({
  id,
  parameters: { source_url: 'https://example.org/bench.git' },
  sourceUrl: 'https://example.org/bench.git',
  commit: '0'.repeat(40),
  image: 'registry.example/tool-bench/tool-bench:latest',
  acceptedAt: new Date().toISOString(),
  startedAt: new Date().toISOString(),
  status: 'BUILD_RUNNING',
  message: '',
  log: 'live',
  ...more,
});

export const finished = (): Partial<BuildRecord> => ({ status: 'BUILD_SUCCESS', finishedAt: new Date().toISOString() });

export type Timing = { firstMs: number; wholeMs: number; bytes: number; lastBytes: string };

/** Requests a stream and reads it to its end. Times are in milliseconds since the request. */
export const timeRead = async (open: () => Promise<AsyncIterable<Buffer>>): Promise<Timing> => {
  const begin = performance.now();
  let firstMs = 0;
  let bytes = 0;
  let lastBytes = '';
  for await (const chunk of await open()) {
    firstMs ||= performance.now() - begin;
    bytes += chunk.length;
    lastBytes = (lastBytes + chunk.subarray(-500).toString('latin1')).slice(-500);
  }
  return { firstMs, wholeMs: performance.now() - begin, bytes, lastBytes };
};

/**
 * Tells whether a read returned more bytes than the lines of the step clone have, as a whole log does in any format.
 */
export const isWhole = ({ bytes }: Timing): boolean => bytes > cloneLines * printedLine(0).length;

/** Archives the pod's log as the archiver does. @throws Error unless the archive is complete */
export const archivePod = async (target: {
  kube: Kube;
  store: ObjectStore;
  tool: string;
  id: string;
}): Promise<void> => {
  const read = async () => ({ build: buildRecord(target.id, finished()), queuePosition: undefined });
  const signal = AbortSignal.timeout(600_000);
  const findSecrets = createSecretFinder([]);
  const result = await closeArchive({ ...target, view: { read }, allowedSteps: steps, findSecrets, signal });
  if (result.state !== 'complete') throw new Error(`the log was archived as ${result.state}: ${result.reason}`);
};

/** Writes an archive with about `bytes` bytes of made-up log lines, so no build has to print them. */
export const writeArchive = async (target: LogTarget, id: string, bytes: number): Promise<void> => {
  const { store, tool } = target;
  const index = { ...emptyIndex(), steps: ['clone'], done: ['clone'] };
  const writer = new ArchiveWriter({ store, tool, id }, index, { ...defaultSizes, maxBytes: 4 * bytes });
  const tag = cursorTag(id);
  for (let at = 0; at < bytes / 100; ) {
    const lines = Array.from({ length: 1000 }, (): LogLine => {
      const line = at++;
      const cursor = cursorFromParts(tag, 'clone', line, 'tow8zn.000000000', '');
      const time = '2026-11-22T08:02:11.000000000Z';
      return { type: 'line', step: 'clone', line, time, text: printedLine(line), cursor };
    });
    writer.add(lines);
    if (writer.isFull()) await writer.flush();
  }
  await writer.close('complete', undefined);
};

export const removeArchives = async ({ store, tool }: LogTarget, ids: readonly string[]): Promise<void> => {
  for (const id of ids) for await (const key of store.list(archivePrefix(tool, id))) await store.remove(key);
};
