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

const known = new Set<string>(Object.values(eventTypes));

export const isTektonEventType = (type: string): type is TektonEventType => known.has(type);

const runEvents = new Set<string>([eventTypes.pipelineRunSuccessful, eventTypes.pipelineRunFailed]);

/** Whether a build may have ended, so that its slot is free. */
export const isRunEndEvent = (type: string): boolean => runEvents.has(type);

/**
 * What Tekton's event is about. Only the name is taken from it: everything else is read from the API server, since
 * events may be old, doubled or forged.
 */
export const eventSubject = (
  data: unknown,
): { kind: 'pipelineruns' | 'taskruns'; name: string; namespace: string } | undefined => {
  if (typeof data !== 'object' || data === null) return undefined;
  const { pipelineRun, taskRun } = data as Record<
    string,
    { metadata?: { name?: unknown; namespace?: unknown } } | undefined
  >;
  const { name, namespace } = (pipelineRun ?? taskRun)?.metadata ?? {};
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined;
  return { kind: pipelineRun ? 'pipelineruns' : 'taskruns', name, namespace };
};
