import type { Change } from '../kubernetes/changes.ts';
import type { Resource, Resources } from '../kubernetes/resources.ts';
import type { Context } from './context.ts';
import { controllerOf } from './context.ts';
import { reconcileJob } from './jobs.ts';
import { reconcilePipelineRun } from './pipeline-runs.ts';
import { Queue } from './queue.ts';
import { reconcileTaskRun } from './task-runs.ts';

export type ControllerOptions = { jobRetryMs: number };

type Reconciled = 'pipelineruns' | 'taskruns' | 'jobs';
type Reconcile<R extends Reconciled> = (context: Context, object: Resources[R], later: (ms: number) => void) => void;

/**
 * The resources that controllers reconcile, each with its kind. A change of an object that such a kind owns triggers a
 * reconcile of the owner.
 */
const ownerKinds: { owner: string; resource: Reconciled }[] = [
  { owner: 'PipelineRun', resource: 'pipelineruns' },
  { owner: 'TaskRun', resource: 'taskruns' },
  { owner: 'Job', resource: 'jobs' },
];

/**
 * Reconciles PipelineRuns, TaskRuns and Jobs whenever they or their dependants change.
 * @returns a function that stops the controllers
 */
export const startControllers = (context: Context, { jobRetryMs }: ControllerOptions): (() => void) => {
  const queues: Record<Reconciled, Queue> = {
    pipelineruns: controller(context, 'pipelineruns', reconcilePipelineRun),
    taskruns: controller(context, 'taskruns', reconcileTaskRun),
    jobs: controller(context, 'jobs', (within, job, later) => reconcileJob(within, job, later, jobRetryMs)),
  };
  const unsubscribe = context.objects.watch((event) => dispatch(queues, event));
  return () => {
    unsubscribe();
    for (const queue of Object.values(queues)) queue.close();
  };
};

const controller = <R extends Reconciled>({ log, ...rest }: Context, resource: R, reconcile: Reconcile<R>): Queue => {
  const context = { log, ...rest };
  const { objects } = context;
  const queue = new Queue(
    (key) => {
      const [namespace = '', name = ''] = key.split('/');
      const object = objects.get(resource, namespace, name);
      if (object) reconcile(context, object, (milliseconds) => queue.addAfter(key, milliseconds));
    },
    (key, error) => log(`${resource} ${key} reconcile failed`, error),
  );
  for (const { metadata } of objects.list(resource)) queue.add(`${metadata.namespace}/${metadata.name}`);
  return queue;
};

const dispatch = (queues: Record<Reconciled, Queue>, { kind, object }: Change): void => {
  const { namespace, name } = object.metadata;
  if (isReconciled(kind.resource)) queues[kind.resource].add(`${namespace}/${name}`);
  for (const { owner, resource } of ownerKinds) {
    const controlling = controllerOf(object, owner);
    if (controlling !== undefined) queues[resource].add(`${namespace}/${controlling}`);
  }
};

const isReconciled = (resource: Resource): resource is Reconciled =>
  ownerKinds.some((owner) => owner.resource === resource);
