import { formatDuration, parseDuration } from './duration.ts';
import { badRequest } from './errors.ts';
import { sameJson } from './same.ts';
import type { PipelineRun } from './tekton-types.ts';
import type { KubeObject, Secret } from './types.ts';

const specStatuses = ['Cancelled', 'CancelledRunFinally', 'StoppedRunFinally', 'PipelineRunPending'];

type Admission = {
  /** Fills in the defaults of an object before the object is stored. The object is a copy that may be changed. */
  complete?(object: KubeObject): void;
  /** Checks an object before it is stored. @throws StatusError when the object may not be stored */
  check?(object: KubeObject, before: KubeObject | undefined): void;
};

const completePod = (object: KubeObject): void => {
  object.status ??= { phase: 'Pending' };
};

const completeSecret = (object: KubeObject): void => {
  const secret = object as Secret;
  secret.type ??= 'Opaque';
  if (!secret.stringData) return;
  secret.data ??= {};
  for (const [key, text] of Object.entries(secret.stringData)) secret.data[key] = Buffer.from(text).toString('base64');
  delete secret.stringData;
};

const denied = (why: string): Error =>
  badRequest(
    `admission webhook "validation.webhook.pipeline.tekton.dev" denied the request: validation failed: ${why}`,
  );

const normalDuration = (text: string, field: string): string => {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds < 0) throw denied(`invalid value: ${text}: ${field}`);
  return formatDuration(milliseconds);
};

const completePipelineRun = (object: KubeObject): void => {
  const { spec } = object as PipelineRun;
  if (!spec) throw denied('missing field(s): spec.pipelineRef, spec.pipelineSpec');
  spec.serviceAccountName ??= spec.taskRunTemplate?.serviceAccountName ?? 'default';
  spec.timeouts = { pipeline: '1h0m0s', ...spec.timeouts };
  for (const key of ['pipeline', 'tasks'] as const) {
    const given = spec.timeouts[key];
    if (given !== undefined) spec.timeouts[key] = normalDuration(given, `spec.timeouts.${key}`);
  }
};

const checkRunName = (name: string): void => {
  if (name.includes('.')) throw denied("invalid resource name: special character . can't be present: metadata.name");
  if (name.length > 63) {
    throw denied('Invalid resource name: length must be no more than 63 characters: metadata.name');
  }
};

const checkRunStatus = ({ spec }: PipelineRun, before: PipelineRun | undefined): void => {
  if (!spec.status) return;
  if (!specStatuses.includes(spec.status)) {
    throw denied(
      `invalid value: ${spec.status} should be ${specStatuses.slice(0, 3).join(', ')} or ${specStatuses[3]}: spec.status`,
    );
  }
  if (spec.status === 'PipelineRunPending' && before?.status?.startTime) {
    throw denied('invalid value: PipelineRun cannot be Pending after it is started: spec.status');
  }
};

const fixedPart = ({ spec }: PipelineRun, done: boolean): object => {
  const { status, ...rest } = spec;
  return done ? { ...rest, status: status ?? '' } : rest;
};

/** Refuses a write that changes the spec of a PipelineRun, except for spec.status until the run is done. */
const checkUnchanged = (run: PipelineRun, before: PipelineRun): void => {
  const done = before.status?.conditions?.some((condition) => condition.status !== 'Unknown') ?? false;
  if (sameJson(fixedPart(run, done), fixedPart(before, done))) return;
  const rule = done ? 'is complete, no updates' : 'has started, only status updates';
  throw denied(`invalid value: Once the PipelineRun ${rule} are allowed: spec`);
};

const checkPipelineRun = (object: KubeObject, before: KubeObject | undefined): void => {
  const run = object as PipelineRun;
  checkRunName(run.metadata.name);
  checkRunStatus(run, before as PipelineRun | undefined);
  if (before) checkUnchanged(run, before as PipelineRun);
  const { pipelineRef, pipelineSpec } = run.spec;
  if (!pipelineRef && !pipelineSpec) {
    throw denied('expected exactly one, got neither: spec.pipelineRef, spec.pipelineSpec');
  }
};

/**
 * Defaults and checks that apply to objects of one kind only. In a real cluster, webhooks and the API server apply
 * them.
 */
const admissions: Partial<Record<string, Admission>> = {
  Pod: { complete: completePod },
  Secret: { complete: completeSecret },
  PipelineRun: { complete: completePipelineRun, check: checkPipelineRun },
};

/** Applies the defaults and checks of an object's kind before the object is stored. */
export const admit = (object: KubeObject, before: KubeObject | undefined): void => {
  const admission = admissions[object.kind];
  if (object.metadata.deletionTimestamp !== undefined) return;
  admission?.complete?.(object);
  admission?.check?.(object, before);
};
