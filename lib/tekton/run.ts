import type { BuildRecord } from '../ledger/types.ts';
import type { PipelineRun } from './types.ts';

/** What an operator sets for every run. */
export type RunSettings = {
  pipeline: string;
  builderImage: string;
  runImage: string;
  serviceAccount: string;
  /** A duration as Tekton writes it, such as 1h0m0s. */
  timeout: string;
};

export const toolLabelName = 'user';
export const toolAnnotation = 'builds.toolforge.org/tool';
/** Holds a finished run, and so its pod and log, until the log is archived. */
export const logFinalizer = 'builds.toolforge.org/log';
export const taskName = 'build-from-git';
/** More than any tool's source and layers; a build that fills it is evicted, not the node. */
const workspaceSize = '10Gi';

/** Else each program of a build starts with seven variables for every Service of the namespace: thousands, of old Revisions. */
export const podTemplate = { enableServiceLinks: false };

/**
 * Tekton replaces `$(…)` in values and the kubelet `$$`, and a run whose value holds an unknown `$(…)` is refused. So no
 * dollar sign gets there: the steps decode these two. URLs need no decoding: %24 means the same in them.
 */
const withoutDollars = (value: string): string => value.replaceAll('%', '%25').replaceAll('$', '%24');

const parameters = (entry: BuildRecord, settings: RunSettings) => [
  { name: 'BUILDER_IMAGE', value: settings.builderImage },
  { name: 'RUN_IMAGE', value: settings.runImage },
  { name: 'APP_IMAGE', value: entry.image },
  { name: 'SOURCE_URL', value: entry.sourceUrl.replaceAll('$', '%24') },
  { name: 'SOURCE_REFERENCE', value: entry.commit },
  { name: 'UNRESOLVED_SOURCE_REFERENCE', value: withoutDollars(entry.parameters.ref ?? '') },
  {
    name: 'ENV_VARS',
    value: Object.entries(entry.parameters.envvars ?? {}).map(([name, value]) => withoutDollars(`${name}=${value}`)),
  },
  { name: 'USE_LATEST_VERSIONS', value: String(entry.parameters.use_latest_versions ?? false) },
  { name: 'USE_DEPRECATED_VERSIONS', value: String(entry.parameters.use_deprecated_versions ?? false) },
];

/**
 * The PipelineRun of a build, from its ledger entry alone.
 * @param cancelled born cancelled: Tekton ends it without starting anything
 */
export const pipelineRun = (
  entry: BuildRecord,
  tool: string,
  label: string,
  settings: RunSettings,
  cancelled: boolean,
): PipelineRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: {
    name: entry.id,
    labels: { [toolLabelName]: label },
    annotations: { [toolAnnotation]: tool },
    finalizers: [logFinalizer],
  },
  spec: {
    pipelineRef: { name: settings.pipeline },
    params: parameters(entry, settings),
    timeouts: { pipeline: settings.timeout },
    taskRunSpecs: [{ pipelineTaskName: taskName, serviceAccountName: settings.serviceAccount, podTemplate }],
    workspaces: ['source-ws', 'cache-ws', 'aptbuildpack-ws'].map((name) => ({
      name,
      emptyDir: { sizeLimit: workspaceSize },
    })),
    ...(cancelled ? { status: 'Cancelled' } : {}),
  },
});

export const toolOf = (run: { metadata: { annotations?: Record<string, string> } }): string | undefined =>
  run.metadata.annotations?.[toolAnnotation];
