import type { Readable } from 'node:stream';
import type { PodLogOptions } from '../../kube/client.ts';
import { KubeError } from '../../kube/kube-error.ts';
import type { Cursor } from '../cursor.ts';
import { LineSplitter, type RawLine } from './line-splitter.ts';
import { containerOf } from './pod-state.ts';
import type { Reading } from './reading.ts';
import { readAhead } from './spool.ts';

/**
 * Returns a cursor's time for the parameter `sinceTime` of a log request, one second early: container runtimes write
 * stdout and stderr slightly out of order.
 */
const sinceTime = (from: Cursor): string =>
  new Date(Math.max(0, from.seconds - 1) * 1000).toISOString().replace('.000', '');

/**
 * Says whether the kubelet refused a log request: the container has no log yet (400), or its pod has just been deleted
 * (404).
 */
export const isRefusal = (error: unknown): boolean =>
  error instanceof KubeError && (error.status === 400 || error.status === 404);

const requestLog = (
  { kube, pods, signal }: Reading,
  step: string,
  options: Omit<PodLogOptions, 'container' | 'signal'>,
): Promise<Readable> =>
  kube.podLog(pods.current?.metadata.name ?? '', { ...options, container: containerOf(step), signal });

const lastTimed = (lines: readonly RawLine[]): RawLine | undefined => lines.findLast(({ time }) => time !== '');

/**
 * Returns the newest line of a step's log as the kubelet has it, which may be a part of a long line. Undefined if the
 * log has no line, or if the kubelet sends a message in place of the log.
 */
export const readNewestLine = async (reading: Reading, step: string): Promise<RawLine | undefined> => {
  const splitter = new LineSplitter();
  let newest: RawLine | undefined;
  for await (const bytes of await requestLog(reading, step, { tailLines: 1 }))
    newest = lastTimed(splitter.push(bytes as Uint8Array)) ?? newest;
  return lastTimed(splitter.finish()) ?? newest;
};

export type StreamOptions = {
  follow: boolean;
  /** Size limit of the response to a log request, in bytes. */
  limitBytes: number | undefined;
};

/**
 * Requests a step's log from one second before a cursor on, or from its start without a cursor, and reads the stream
 * ahead.
 */
export const openStepStream = async (
  reading: Reading,
  step: string,
  { from, ...options }: StreamOptions & { from: Cursor | undefined },
): Promise<AsyncIterable<Uint8Array>> => {
  const stream = await requestLog(reading, step, { ...options, ...(from ? { sinceTime: sinceTime(from) } : {}) });
  return readAhead(stream, reading.spool, reading.signal);
};
