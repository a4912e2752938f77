import type { BuildRecord } from '../ledger/types.ts';
import { defaultImageName, pushedImage } from '../registry/names.ts';
import type { PipelineRun } from './types.ts';
import { type ImagePair, normalizeFlags, pipelineFor, type Versions, versionFor } from './versions.ts';

/** Settings that hold for the PipelineRuns of all builds. */
export type RunSettings = {
  /** Name of the Pipeline for the default versions. */
  pipeline: string;
  versions: Versions;
  /** The registry's host in names of images. */
  imageHost: string;
  serviceAccount: string;
  /** Time limit of a PipelineRun, in Tekton's notation for durations, such as `1h0m0s`. */
  timeout: string;
};

/** Name of a PipelineRun's label with the tool's name, as in builds-api 2. Long names are shortened in the label. */
export const toolLabelName = 'user';

/** Name of the label by which Tekton connects TaskRuns and pods with their PipelineRun. */
export const runLabel = 'tekton.dev/pipelineRun';

/** Name of a PipelineRun's annotation that holds the tool's full name. */
export const toolAnnotation = 'builds.toolforge.org/tool';

/**
 * Name of a PipelineRun's annotation that holds the hash which the build's ref names: the commit, or the object of an
 * annotated tag. The parameter SOURCE_REFERENCE holds the commit.
 */
export const resolvedRefAnnotation = 'builds.toolforge.org/resolved-ref';

/** Name of the finalizer that keeps an ended PipelineRun, its pod and its log until the log is archived. */
export const logFinalizer = 'builds.toolforge.org/log';

/** Name of the only task of the Tekton Pipeline that makes images. */
const taskName = 'build-from-git';

/**
 * Size limit for each workspace of a build. A build that exceeds the limit is evicted before it fills the node's disk.
 */
const workspaceSize = '10Gi';

/**
 * Template of a build's pod, without service links. With service links, Kubernetes would give every program of a build
 * seven environment variables for each Service of the namespace: thousands, because Knative keeps Services for old
 * revisions.
 */
export const podTemplate = { enableServiceLinks: false };

/**
 * Encodes the dollar signs in a parameter of a PipelineRun. Tekton replaces `$(…)` in parameters and refuses a run with
 * an unknown `$(…)`, and the kubelet replaces `$$`. The steps of the build decode %24 and %25. URLs need no decoding:
 * %24 means the same in a URL.
 */
const encodeDollars = (value: string): string => value.replaceAll('%', '%25').replaceAll('$', '%24');

const decodeDollars = (value: string): string => value.replaceAll('%24', '$').replaceAll('%25', '%');

/** Name of the PipelineRun's parameter that holds a build's environment variables, each as `NAME=value`. */
const variablesParameter = 'ENV_VARS';

/**
 * Returns the environment variables of the build that a PipelineRun runs. builds-api 2 writes them as they are, so only
 * the runs of this service are decoded.
 */
export const envvarsOf = ({ metadata, spec }: Pick<PipelineRun, 'metadata' | 'spec'>): Record<string, string> => {
  const given: unknown = spec.params?.find(({ name }) => name === variablesParameter)?.value;
  const values = (Array.isArray(given) ? given : [given]).filter((value) => typeof value === 'string');
  const isOwn = metadata.annotations?.[toolAnnotation] !== undefined;
  const pairs = isOwn ? values.map(decodeDollars) : values;
  return Object.fromEntries(pairs.map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)]));
};

/** Name of the PipelineRun's parameter that holds the builder image. */
const builderParameter = 'BUILDER_IMAGE';

/** Returns the builder image of the build that a PipelineRun runs. Undefined for a run without the parameter. */
export const builderOf = ({ spec }: Pick<PipelineRun, 'spec'>): string | undefined => {
  const value = spec.params?.find(({ name }) => name === builderParameter)?.value;
  return typeof value === 'string' ? value : undefined;
};

/**
 * Returns the versions of a build. Where the installation no longer has the versions that the request chose, only a
 * cancelled run is made, which starts no step.
 */
const versionOf = ({ parameters }: BuildRecord, versions: Versions): keyof Versions =>
  versionFor(versions, normalizeFlags(parameters)) ?? 'default';

/**
 * Returns the image that a build pushes. The image in the record is only shown. Security: other functions than those
 * which create runs may write records, and the build pushes with the credentials of the whole registry.
 */
const appImageOf = ({ parameters }: BuildRecord, tool: string, { imageHost }: RunSettings): string =>
  pushedImage(imageHost, tool, parameters.image_name || defaultImageName(tool));

/** Name of the PipelineRun's parameter that holds the image which the build pushes. */
export const appImageParameter = 'APP_IMAGE';

const parametersOf = (build: BuildRecord, { builder, runner }: ImagePair, image: string) => [
  { name: builderParameter, value: builder },
  { name: 'RUN_IMAGE', value: runner },
  { name: appImageParameter, value: image },
  { name: 'SOURCE_URL', value: build.sourceUrl.replaceAll('$', '%24') },
  { name: 'SOURCE_REFERENCE', value: build.commit },
  { name: 'UNRESOLVED_SOURCE_REFERENCE', value: encodeDollars(build.parameters.ref ?? '') },
  {
    name: variablesParameter,
    value: Object.entries(build.parameters.envvars ?? {}).map(([name, value]) => encodeDollars(`${name}=${value}`)),
  },
  { name: 'USE_LATEST_VERSIONS', value: String(build.parameters.use_latest_versions ?? false) },
  { name: 'USE_DEPRECATED_VERSIONS', value: String(build.parameters.use_deprecated_versions ?? false) },
];

const specOf = (build: BuildRecord, tool: string, settings: RunSettings): PipelineRun['spec'] => {
  const { versions, pipeline, serviceAccount } = settings;
  const version = versionOf(build, versions);
  return {
    pipelineRef: { name: pipelineFor(pipeline, version) },
    params: parametersOf(build, versions[version] ?? versions.default, appImageOf(build, tool, settings)),
    timeouts: { pipeline: settings.timeout },
    // Tekton would fill in an account of its own configuration here, for tasks that taskRunSpecs does not name.
    taskRunTemplate: { serviceAccountName: serviceAccount },
    taskRunSpecs: [{ pipelineTaskName: taskName, serviceAccountName: serviceAccount, podTemplate }],
    workspaces: ['source-ws', 'cache-ws', 'aptbuildpack-ws'].map((name) => ({
      name,
      emptyDir: { sizeLimit: workspaceSize },
    })),
  };
};

/**
 * Makes the PipelineRun of a build from the build's record in the ledger and the settings.
 * @param label the value of the label that identifies the tool
 * @param cancelled whether the run is created in the cancelled state, in which Tekton ends the run without starting a
 * step
 * @throws ApiError 400 parameter_invalid for a build whose image name no registry accepts
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
    annotations: { [toolAnnotation]: tool, [resolvedRefAnnotation]: build.resolvedRef ?? build.commit },
    finalizers: [logFinalizer],
  },
  spec: {
    ...specOf(build, tool, settings),
    ...(cancelled ? { status: 'Cancelled' } : {}),
  },
});
