import { isObjectName } from '../object-name.ts';
/** Tekton's CloudEvent types. @see https://tekton.dev/docs/pipelines/events/ */
export const eventTypes = {
  pipelineRunQueued: 'dev.tekton.event.pipelinerun.queued.v1',
  pipelineRunStarted: 'dev.tekton.event.pipelinerun.started.v1',
  pipelineRunRunning: 'dev.tekton.event.pipelinerun.running.v1',
  pipelineRunUnknown: 'dev.tekton.event.pipelinerun.unknown.v1',
  pipelineRunSuccessful: 'dev.tekton.event.pipelinerun.successful.v1',
  pipelineRunFailed: 'dev.tekton.event.pipelinerun.failed.v1',
  taskRunQueued: 'dev.tekton.event.taskrun.queued.v1',
  taskRunStarted: 'dev.tekton.event.taskrun.started.v1',
  taskRunRunning: 'dev.tekton.event.taskrun.running.v1',
  taskRunUnknown: 'dev.tekton.event.taskrun.unknown.v1',
  taskRunSuccessful: 'dev.tekton.event.taskrun.successful.v1',
  taskRunFailed: 'dev.tekton.event.taskrun.failed.v1',
} as const;

export type TektonEventType = (typeof eventTypes)[keyof typeof eventTypes];

const tektonTypes = new Set<string>(Object.values(eventTypes));

/** Tells whether an event's type is one of Tekton's. */
export const isTektonEventType = (type: string): type is TektonEventType => tektonTypes.has(type);

const runEndTypes = new Set<string>([eventTypes.pipelineRunSuccessful, eventTypes.pipelineRunFailed]);

/** Tells whether an event's type says that a PipelineRun has ended. */
export const isRunEndEvent = (type: string): boolean => runEndTypes.has(type);

/** Identifies the PipelineRun or TaskRun that an event of Tekton is about. */
export type EventSubject = { kind: 'pipelineruns' | 'taskruns'; name: string; namespace: string };

/**
 * Returns the kind, name and namespace of the object that an event of Tekton is about. Undefined for malformed data.
 * All other facts must be read from the API server, because events may be old, repeated or forged.
 */
export const eventSubject = (data: unknown): EventSubject | undefined => {
  if (typeof data !== 'object' || data === null) return undefined;
  type Reference = { metadata?: { name?: unknown; namespace?: unknown } } | undefined;
  const { pipelineRun, taskRun } = data as Record<string, Reference>;
  const { name, namespace } = (pipelineRun ?? taskRun)?.metadata ?? {};
  if (!isObjectName(name) || !isObjectName(namespace)) return undefined;
  return { kind: pipelineRun ? 'pipelineruns' : 'taskruns', name, namespace };
};
