import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { PipelineRun, TaskRun } from '../kubernetes/tekton-types.ts';
import { succeeded } from './conditions.ts';
import type { Context } from './context.ts';
import type { Message, Sink } from './delivery.ts';
import { deliver } from './delivery.ts';
import { createRandom } from './random.ts';

/**
 * Faults in the delivery of events, for tests: chances from 0 to 1 that an event is sent twice or is lost, and the
 * longest delay in milliseconds.
 */
export type Chaos = { duplicate?: number; drop?: number; shuffleMs?: number; seed?: number };

export type EventOptions = { sink: Sink; chaos: Chaos; retryMs: number };

export type EventSender = { close(): Promise<void> };

type Run = PipelineRun | TaskRun;

const rememberMs = 2 * 3_600_000;

/**
 * Sends the states of PipelineRuns and TaskRuns as CloudEvents, as Tekton's events controller does. Each state is sent
 * once within two hours. States are told apart by namespace, name and event type only, so a new run with the name of an
 * earlier run sends no events. The order of events is not kept. After a start the present state of every run is sent.
 */
export const startEvents = (context: Context, options: EventOptions): EventSender => {
  const { objects } = context;
  const stop = new AbortController();
  const sending = new Set<Promise<void>>();
  const isNew = createMemory(context.clock);
  const random = createRandom(options.chaos.seed ?? 1);
  const consider = (run: Run) => {
    const type = eventType(run);
    if (!isNew(memoryKey(run, type))) return;
    for (const delay of deliveryDelays(options.chaos, random)) {
      const sent = send(context, options, run, type, delay, stop.signal).finally(() => sending.delete(sent));
      sending.add(sent);
    }
  };
  for (const run of [...objects.list('pipelineruns'), ...objects.list('taskruns')]) consider(run);
  const unsubscribe = objects.watch(({ type, kind, object }) => {
    if (type !== 'DELETED' && ['PipelineRun', 'TaskRun'].includes(kind.kind)) consider(object as Run);
  });
  return {
    async close() {
      unsubscribe();
      stop.abort();
      await Promise.all(sending);
    },
  };
};

const finalStates = { True: 'successful', False: 'failed' } as const;

/** Returns the CloudEvent type for the state of a PipelineRun or TaskRun. */
const eventType = (run: Run): string => {
  const condition = succeeded(run);
  return `dev.tekton.event.${run.kind.toLowerCase()}.${stateOf(condition)}.v1`;
};

const stateOf = (condition: ReturnType<typeof succeeded>): string => {
  if (!condition) return 'queued';
  if (condition.status !== 'Unknown') return finalStates[condition.status];
  if (condition.reason === 'Started') return 'started';
  return condition.reason === 'Running' ? 'running' : 'unknown';
};

/**
 * Returns a text that identifies a state of a run. Several states have an event of the type unknown, so for them the
 * text also has the reason and the message.
 */
const memoryKey = (run: Run, type: string): string => {
  const { reason, message } = succeeded(run) ?? {};
  const more = type.endsWith('.unknown.v1') ? `${reason} ${message}` : '';
  return `${run.metadata.namespace}/${run.metadata.name}/${type}/${more}`;
};

const createMemory = (clock: () => number): ((key: string) => boolean) => {
  const seen = new Map<string, number>();
  return (key) => {
    const now = clock();
    for (const [old, time] of seen) {
      if (now - time < rememberMs) break;
      seen.delete(old);
    }
    if (seen.has(key)) return false;
    seen.set(key, now);
    return true;
  };
};

/** Returns the delays in milliseconds after which copies of an event are sent: one copy, two copies or none. */
const deliveryDelays = ({ duplicate = 0, drop = 0, shuffleMs = 0 }: Chaos, random: () => number): number[] => {
  const copies = random() < duplicate ? 2 : 1;
  return Array.from({ length: copies }, () => [random() < drop, random() * shuffleMs] as const).flatMap(
    ([lost, delay]) => (lost ? [] : [delay]),
  );
};

const send = async (
  { log }: Context,
  { sink, retryMs }: EventOptions,
  run: Run,
  type: string,
  delay: number,
  signal: AbortSignal,
): Promise<void> => {
  const message = toMessage(run, type);
  if (delay > 0) await pause(delay, undefined, { signal }).catch(() => {});
  await deliver(message, sink, retryMs, signal, log);
};

const toMessage = (run: Run, type: string): Message => {
  const { metadata, spec, status = {} } = run;
  const { namespace, name } = metadata;
  return {
    headers: {
      'ce-id': randomUUID(),
      'ce-source': `/apis///namespaces/${namespace}//${name}`,
      'ce-specversion': '1.0',
      'ce-subject': name,
      'ce-time': new Date().toISOString(),
      'ce-type': type,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ [run.kind === 'TaskRun' ? 'taskRun' : 'pipelineRun']: { metadata, spec, status } }),
  };
};
