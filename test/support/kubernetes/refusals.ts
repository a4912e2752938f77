import type { RefusalCause } from '../../../lib/kube/kube-error.ts';

/** A refusal of the API server in the form in which Kubernetes 1.34 sends it: fields of its Status object. */
export type RecordedRefusal = {
  code: number;
  reason?: string;
  message: string;
  details?: { name?: string; group?: string; kind?: string; causes?: RefusalCause[] };
};

const run = { name: 'b-1', group: 'tekton.dev', kind: 'pipelineruns' };

const byPolicy = (code: number, reason: string, why: string): RecordedRefusal => {
  const denied = `ValidatingAdmissionPolicy 'image-build-runs' with binding 'image-build-runs' denied request: ${why}`;
  const message = `pipelineruns.tekton.dev "b-1" is forbidden: ${denied}`;
  return { code, reason, message, details: { ...run, causes: [{ message: denied }] } };
};

/** Refusals by an admission policy that could not judge a run. The run may be accepted later. */
export const policyFailures: readonly RecordedRefusal[] = [
  byPolicy(
    422,
    'Invalid',
    'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
  ),
  byPolicy(422, 'Invalid', 'expression \'variables.settings["RUN_IMAGE"] == ""\' resulted in error: no such key'),
];

/** Refusals of a run that may be accepted later, although the API server judged it. */
export const temporaryRefusals: readonly RecordedRefusal[] = [
  byPolicy(403, 'Forbidden', 'A run must use the builder image and the run image of the settings.'),
  { code: 400, message: 'admission webhook "policy.example.org" denied the request: no builds during the upgrade' },
];

/** Refusals of a run that can never be accepted. */
export const invalidRuns: readonly RecordedRefusal[] = [
  {
    code: 400,
    reason: 'BadRequest',
    message:
      'admission webhook "validation.webhook.pipeline.tekton.dev" denied the request: validation failed: expected exactly one, got neither: spec.pipelineRef, spec.pipelineSpec',
  },
  {
    code: 422,
    reason: 'Invalid',
    message: 'PipelineRun.tekton.dev "b-1" is invalid: spec.params: Invalid value: "string": must be of type array',
    details: {
      ...{ ...run, kind: 'PipelineRun' },
      causes: [{ reason: 'FieldValueInvalid', message: 'Invalid value: "string"', field: 'spec.params' }],
    },
  },
  { code: 413, reason: 'RequestEntityTooLarge', message: 'Request entity too large: limit is 3145728' },
];

/** Returns the body of a refusal's response. */
export const bodyOf = (refusal: RecordedRefusal): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...refusal });
