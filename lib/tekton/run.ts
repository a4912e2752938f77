import type { BuildRecord } from '../ledger/types.ts';
import type { PipelineRun } from './types.ts';

/** The settings of an operator that hold for every run. */
export type RunSettings = {
  pipeline: string;
  builderImage: string;
  runImage: string;
  serviceAccount: string;
  /** Limit for a run, as Tekton writes durations: `1h0m0s`. */
  timeout: string;
};

/** Name of the label with the tool's name, which is the same as in builds-api 2. */
export const toolLabelName = 'user';

/** Name of the annotation with the tool's full name. */
export const toolAnnotation = 'builds.toolforge.org/tool';

/** Keeps an ended run, its pod and its log until the log is archived. */
export const logFinalizer = 'builds.toolforge.org/log';

/** Name of the Pipeline's only task. */
const taskName = 'build-from-git';

/**
 * Limit for each of a build's workspaces. A build that exceeds the limit is evicted before it fills the node's disk.
 */
const workspaceSize = '10Gi';

/**
 * Template of a build's pod. With service links, Kubernetes gives every program of a build seven variables for each
 * Service of the namespace: thousands, as Knative keeps Services for old revisions.
 */
export const podTemplate = { enableServiceLinks: false };

/**
 * Encodes dollar signs. Tekton replaces `$(…)` in values, the kubelet replaces `$$`, and Tekton refuses a run whose value
 * holds an unknown `$(…)`. The steps decode %24 and %25. URLs need no decoding: %24 means the same in a URL.
 */
const encodeDollars = (value: string): string => value.replaceAll('%', '%25').replaceAll('$', '%24');

const parametersOf = (build: BuildRecord, settings: RunSettings) => [
  { name: 'BUILDER_IMAGE', value: settings.builderImage },
  { name: 'RUN_IMAGE', value: settings.runImage },
  { name: 'APP_IMAGE', value: build.image },
  { name: 'SOURCE_URL', value: build.sourceUrl.replaceAll('$', '%24') },
  { name: 'SOURCE_REFERENCE', value: build.commit },
  { name: 'UNRESOLVED_SOURCE_REFERENCE', value: encodeDollars(build.parameters.ref ?? '') },
  {
    name: 'ENV_VARS',
    value: Object.entries(build.parameters.envvars ?? {}).map(([name, value]) => encodeDollars(`${name}=${value}`)),
  },
  { name: 'USE_LATEST_VERSIONS', value: String(build.parameters.use_latest_versions ?? false) },
  { name: 'USE_DEPRECATED_VERSIONS', value: String(build.parameters.use_deprecated_versions ?? false) },
];

/**
 * Makes the PipelineRun of a build from the build's record in the ledger alone.
 * @param label the value of the tool's label
 * @param cancelled whether the run is born cancelled. Tekton ends such a run without starting anything
 */
export const pipelineRun = (
  build: BuildRecord,
  tool: string,
  label: string,
  settings: RunSettings,
  cancelled: boolean,
): PipelineRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: {
    name: build.id,
    labels: { [toolLabelName]: label },
    annotations: { [toolAnnotation]: tool },
    finalizers: [logFinalizer],
  },
  spec: {
    pipelineRef: { name: settings.pipeline },
    params: parametersOf(build, settings),
    timeouts: { pipeline: settings.timeout },
    taskRunSpecs: [{ pipelineTaskName: taskName, serviceAccountName: settings.serviceAccount, podTemplate }],
    workspaces: ['source-ws', 'cache-ws', 'aptbuildpack-ws'].map((name) => ({
      name,
      emptyDir: { sizeLimit: workspaceSize },
    })),
    ...(cancelled ? { status: 'Cancelled' } : {}),
  },
});

/** Returns the tool of a run. Undefined for a run that is none of this service's. */
export const toolOf = (run: { metadata: { annotations?: Record<string, string> } }): string | undefined =>
  run.metadata.annotations?.[toolAnnotation];
