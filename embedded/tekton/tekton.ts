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
  /**
   * Absolute path of the folder in which the processes of pods run. One embedded platform at a time may use the folder.
   */
  folder: string;
  /** Returns the URL to which CloudEvents of runs are sent. Called before each try. */
  sink: Sink;
  images: Images;
  clock?: Clock;
  log?: Log;
  chaos?: Chaos;
  /**
   * Delay in milliseconds before the second try to send an event; the delay doubles with each of the 11 tries. Default
   * 20 ms.
   */
  eventRetryMs?: number;
  /** Delay in milliseconds before the second pod of a failed Job; the delay doubles up to 6 minutes. Default 10 s. */
  jobRetryMs?: number;
  /** Time in milliseconds between SIGTERM and SIGKILL when a step's processes are ended. Default 2 s. */
  graceMs?: number;
};

export type Tekton = {
  /** Ends the processes of all pods. The next start of the platform marks these pods as failed. */
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
