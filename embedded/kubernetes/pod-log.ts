import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { LogEntry } from './container-log.ts';
import { badRequest, notFound } from './errors.ts';
import { kindOf } from './kinds.ts';
import type { LogQuery } from './log-query.ts';
import type { LogReader, LogSource } from './log-source.ts';
import type { ObjectStore } from './store.ts';
import type { ContainerStatus, Pod } from './types.ts';

/**
 * Serves GET pods/NAME/log: sends the bytes that a container wrote. A followed log ends when the container has ended
 * and all bytes are sent.
 * @throws StatusError before anything is sent: 404 for an unknown pod, 400 for an unknown container or a container
 * without a log
 */
export const servePodLog = async (
  { objects, logs }: { objects: ObjectStore; logs: LogSource },
  namespace: string,
  name: string,
  query: LogQuery,
  res: ServerResponse,
): Promise<void> => {
  const pod = objects.get('pods', namespace, name);
  if (!pod) throw notFound(kindOf('pods'), name);
  const container = chooseContainer(pod, query);
  res.writeHead(200, { 'content-type': 'text/plain' });
  res.flushHeaders();
  const closed = new AbortController();
  res.on('close', () => closed.abort());
  const reader = logs(pod.metadata.uid, container, query, closed.signal);
  try {
    await copy(reader, query, () => hasEnded(objects, pod, container), res, closed.signal);
  } finally {
    await reader.close();
  }
  res.end();
};

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

const hasEnded = (objects: ObjectStore, { metadata }: Pod, container: string): boolean => {
  const now = objects.get('pods', metadata.namespace, metadata.name);
  if (!now || now.metadata.uid !== metadata.uid) return true;
  return statuses(now).find(({ name }) => name === container)?.state.running === undefined;
};

const copy = async (
  reader: LogReader,
  query: LogQuery,
  ended: () => boolean,
  res: ServerResponse,
  closed: AbortSignal,
): Promise<void> => {
  const render = createRenderer(query);
  while (!closed.aborted) {
    const last = ended() || !query.follow;
    const entries = await reader.read();
    const { bytes, full } = render(entries);
    if (bytes.length > 0 && !res.write(bytes)) await drained(res, closed);
    if (full || (entries.length === 0 && last)) return;
    if (entries.length === 0) await reader.changed();
  }
};

const drained = async (res: ServerResponse, signal: AbortSignal): Promise<void> => {
  await once(res, 'drain', { signal }).catch(() => {});
};

type Rendered = { bytes: Buffer; full: boolean };

/**
 * Makes a function that turns log entries into the bytes of a response, and tells when the query's limitBytes is
 * reached.
 */
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
