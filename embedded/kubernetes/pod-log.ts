import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogEntry } from './container-log.ts';
import { readEntries, tailOffset } from './container-log.ts';
import { badRequest, notFound } from './errors.ts';
import { kindOf } from './kinds.ts';
import type { LogQuery } from './log-query.ts';
import type { ObjectStore } from './store.ts';
import type { ContainerStatus, Pod } from './types.ts';

/** A follower looks for more this often, so that what was written meanwhile goes out in one piece. */
const pollMs = 50;

/**
 * Answers GET pods/NAME/log with the bytes a container wrote. Following ends when the container has and all of it is sent.
 * @throws StatusError before anything is sent: 404 for the pod, 400 where the container has no log (yet)
 */
export const servePodLog = async (
  objects: ObjectStore,
  namespace: string,
  name: string,
  query: LogQuery,
  res: ServerResponse,
): Promise<void> => {
  const pod = objects.get('pods', namespace, name);
  if (!pod) throw notFound(kindOf('pods'), name);
  const container = chooseContainer(pod, query);
  const source = { path: objects.logFile(pod.metadata.uid, container), ended: () => hasEnded(objects, pod, container) };
  res.writeHead(200, { 'content-type': 'text/plain' });
  res.flushHeaders();
  const closed = new AbortController();
  res.on('close', () => closed.abort());
  const file = await openSource(source, query, closed.signal);
  try {
    if (file) await copy(file, query, source.ended, res, closed.signal);
  } finally {
    await file?.close();
  }
  res.end();
};

/** A container's log file, and whether the container writes no more. */
type Source = { path: string; ended: () => boolean };

const statuses = ({ status }: Pod): ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

const chooseContainer = (pod: Pod, query: LogQuery): string => {
  const { name: podName } = pod.metadata;
  const names = pod.spec.containers.map(({ name }) => name);
  const inits = (pod.spec.initContainers ?? []).map(({ name }) => name);
  const chosen = query.container ?? (names.length === 1 ? names[0] : undefined);
  if (chosen === undefined) {
    const others = inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : '';
    throw badRequest(
      `a container name must be specified for pod ${podName}, choose one of: [${names.join(' ')}]${others}`,
    );
  }
  if (![...names, ...inits].includes(chosen)) throw badRequest(`container ${chosen} is not valid for pod ${podName}`);
  refuseWithoutLog(pod, chosen, query);
  return chosen;
};

const waitingWords: Record<string, string> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

const refuseWithoutLog = (pod: Pod, name: string, { previous }: LogQuery): void => {
  const title = `container "${name}" in pod "${pod.metadata.name}"`;
  if (previous) throw badRequest(`previous terminated ${title} not found`);
  const state = statuses(pod).find((status) => status.name === name)?.state;
  if (state?.running || state?.terminated) return;
  const reason = state?.waiting?.reason ?? 'ContainerCreating';
  throw badRequest(`${title} is waiting to start: ${waitingWords[reason] ?? reason}`);
};

/** A container that has written nothing yet may have no file: who follows waits for it. */
const openSource = async (
  { path, ended }: Source,
  query: LogQuery,
  closed: AbortSignal,
): Promise<FileHandle | undefined> => {
  while (!closed.aborted) {
    const last = ended() || !query.follow;
    const file = await openIfThere(path);
    if (file || last) return file;
    await wait(closed);
  }
  return undefined;
};

const wait = async (signal: AbortSignal): Promise<void> => {
  await pause(pollMs, undefined, { signal }).catch(() => {});
};

const openIfThere = async (path: string): Promise<FileHandle | undefined> => {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const hasEnded = (objects: ObjectStore, { metadata }: Pod, container: string): boolean => {
  const now = objects.get('pods', metadata.namespace, metadata.name);
  if (!now || now.metadata.uid !== metadata.uid) return true;
  return statuses(now).find(({ name }) => name === container)?.state.running === undefined;
};

const copy = async (
  file: FileHandle,
  query: LogQuery,
  ended: () => boolean,
  res: ServerResponse,
  closed: AbortSignal,
): Promise<void> => {
  const render = createRenderer(query);
  let offset = query.tailLines === undefined ? 0 : await tailOffset(file, query.tailLines);
  while (!closed.aborted) {
    const last = ended();
    const { entries, next } = await readEntries(file, offset);
    const { bytes, full } = render(entries);
    if (bytes.length > 0 && !res.write(bytes)) await drained(res, closed);
    if (full || (next === offset && (last || !query.follow))) return;
    if (next === offset) await wait(closed);
    offset = next;
  }
};

const drained = async (res: ServerResponse, signal: AbortSignal): Promise<void> => {
  await once(res, 'drain', { signal }).catch(() => {});
};

type Rendered = { bytes: Buffer; full: boolean };

/** Turns entries into what the client asked to see, and says when limitBytes is reached. */
const createRenderer = ({ timestamps, since, limitBytes }: LogQuery): ((entries: LogEntry[]) => Rendered) => {
  let atLineStart = true;
  let left = limitBytes;
  return (entries) => {
    const parts: Buffer[] = [];
    for (const { time, text, whole } of entries) {
      if (since !== undefined && time < since) continue;
      if (timestamps && atLineStart) parts.push(Buffer.from(`${time} `));
      parts.push(text);
      atLineStart = whole;
    }
    const bytes = Buffer.concat(parts);
    const sent = bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= sent.length;
    return { bytes: sent, full: left <= 0 };
  };
};
