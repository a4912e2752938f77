import type { ObjectStore } from '../kubernetes/store.ts';
import type { Clock } from '../kubernetes/time.ts';
import type { Context, Log } from './context.ts';
import { startControllers } from './controllers.ts';
import type { Sink } from './delivery.ts';
import type { Chaos } from './events.ts';
import { startEvents } from './events.ts';
import type { Images } from './kubelet.ts';
import { startKubelet } from './kubelet.ts';
import { recover } from './recovery.ts';
import { planOf } from './task-runs.ts';

export type TektonOptions = {
  objects: ObjectStore;
  /** Where pods' processes work; absolute, and of one process at a time. */
  folder: string;
  /** Where events are posted to, asked before each try. */
  sink: Sink;
  images: Images;
  clock?: Clock;
  log?: Log;
  chaos?: Chaos;
  /** Wait before an event's second try; it doubles ten times. */
  eventRetryMs?: number;
  /** Wait before a failed Job's second pod; it doubles. */
  jobRetryMs?: number;
  /** Between SIGTERM and SIGKILL. */
  graceMs?: number;
};

export type Tekton = {
  /** Ends all processes. What they worked at is ended as failed by the next start. */
  close(): Promise<void>;
};

/** Runs Tekton's and the Job controller's part over a Kubernetes API's objects, with processes of this machine as containers. */
export const createTekton = async (options: TektonOptions): Promise<Tekton> => {
  const { objects, folder, clock = Date.now, log = () => {} } = options;
  const context: Context = { objects, folder, clock, log };
  await recover(context);
  const { sink, chaos = {}, eventRetryMs = 20, images, graceMs = 2000, jobRetryMs = 10_000 } = options;
  const events = startEvents(context, { sink, chaos, retryMs: eventRetryMs });
  const stopControllers = startControllers(context, { jobRetryMs });
  const kubelet = startKubelet(context, {
    images,
    graceMs,
    plan: (pod, container) => planOf(context, pod, container),
  });
  return {
    async close() {
      stopControllers();
      await kubelet.close();
      await events.close();
    },
  };
};
