import { once } from 'node:events';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Kube } from '../lib/kube/client.ts';
import type { BuildRecord } from '../lib/ledger/types.ts';
import { closeArchive } from '../lib/logs/archive/archive-build.ts';
import { archivePrefix, emptyIndex } from '../lib/logs/archive/archive-index.ts';
import { ArchiveWriter, defaultSizes } from '../lib/logs/archive/writer.ts';
import { cursorFromParts, cursorTag } from '../lib/logs/cursor.ts';
import { createSecretFinder } from '../lib/logs/masking/secret-finder.ts';
import type { LogLine } from '../lib/logs/types.ts';
import type { ObjectStore } from '../lib/store/types.ts';

/** Where the benchmark runs: a pod of one build whose step clone has printed all, and whose step build still runs. */
export type LogTarget = {
  tool: string;
  id: string;
  store: ObjectStore;
  /** Puts the build into the ledger as it is to be seen. */
  setEntry(entry: Partial<BuildRecord> & { id: string }): Promise<void>;
  /** Ends the step build, and so the pod. */
  endPod(): Promise<void>;
  /** The container's log without us. */
  raw(step: string, follow: boolean): Promise<AsyncIterable<Buffer> & { destroy(): void }>;
  /** What get-logs answers, as it comes. */
  open(id: string, query: string, headers?: OutgoingHttpHeaders): Promise<IncomingMessage>;
  /** The same, through a client like that of `raw`, which takes gzip unless told not to, as our clients do. */
  fetch(id: string, query: string, compressed: boolean): Promise<AsyncIterable<Buffer>>;
  /** As archivePod. */
  archive(): Promise<void>;
  /** Of get-logs, in bytes. */
  memory(): Promise<number>;
  close(): Promise<void>;
};

export const answerTo = async (sent: ClientRequest): Promise<IncomingMessage> => {
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer;
};

/** As our clients ask. */
export const gzip = { 'accept-encoding': 'gzip' };

/** Those of the pod. */
export const steps = ['clone', 'build'];

/** What the steps print: lines of 100 bytes. */
export const cloneLines = 200_000;
export const buildLines = 5000;

export const printedLine = (at: number): string => `${String(at).padStart(8, '0')} ${'x'.repeat(90)}`;

export const entryOf = (id: string, more: Partial<BuildRecord> = {}): BuildRecord => ({
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

export type Timing = { firstMs: number; wholeMs: number; bytes: number; tail: string };

/** Reads all; the first byte counts from when it was asked for. */
export const timed = async (open: () => Promise<AsyncIterable<Buffer>>): Promise<Timing> => {
  const begin = performance.now();
  let firstMs = 0;
  let bytes = 0;
  let tail = '';
  for await (const part of await open()) {
    firstMs ||= performance.now() - begin;
    bytes += part.length;
    tail = (tail + part.subarray(-500).toString('latin1')).slice(-500);
  }
  return { firstMs, wholeMs: performance.now() - begin, bytes, tail };
};

/** Whether it is what the step clone printed, in any format. */
export const isWhole = ({ bytes }: Timing): boolean => bytes > cloneLines * printedLine(0).length;

/** Archives the pod's log as the follower does. @throws Error unless that is complete */
export const archivePod = async (target: {
  kube: Kube;
  store: ObjectStore;
  tool: string;
  id: string;
}): Promise<void> => {
  const read = async () => ({ build: entryOf(target.id, finished()), queuePosition: undefined });
  const signal = AbortSignal.timeout(600_000);
  const findSecrets = createSecretFinder([]);
  const result = await closeArchive({ ...target, view: { read }, allowedSteps: steps, findSecrets, signal });
  if (result.state !== 'complete') throw new Error(`the log was archived as ${result.state}: ${result.reason}`);
};

/** A complete archive of so many bytes, without a build that wrote it. */
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
