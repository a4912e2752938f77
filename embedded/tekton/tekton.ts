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
  /** Absolute path of the folder in which pods' processes run. One platform at a time may use the folder. */
  folder: string;
  /** Returns the URL of the events; called before each try. */
  sink: Sink;
  images: Images;
  clock?: Clock;
  log?: Log;
  chaos?: Chaos;
  /** Delay in milliseconds before an event's second try; the delay doubles ten times. Default 20 ms. */
  eventRetryMs?: number;
  /** Delay in milliseconds before a failed Job's second pod; the delay doubles. Default 10 s. */
  jobRetryMs?: number;
  /** Time in milliseconds between SIGTERM and SIGKILL. Default 2 s. */
  graceMs?: number;
};

export type Tekton = {
  /** Ends all processes. The next start marks their pods as failed. */
  close(): Promise<void>;
};

/**
 * Runs Tekton's controllers, the Job controller and a kubelet over the objects of a Kubernetes API. Containers are
 * processes of this machine.
 */
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
