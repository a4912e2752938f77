import type { SettingName } from '../../lib/config/settings.ts';
import type { BuildRecord } from '../../lib/ledger/types.ts';
import {
  logFinalizer,
  pipelineRun,
  resolvedRefAnnotation,
  toolAnnotation,
  toolLabelName,
} from '../../lib/tekton/run.ts';
import { pipelineFor, type Versions } from '../../lib/tekton/versions.ts';
import { cel, expression, mayHaveFields, onlyFields, onlyKeys } from './cel.ts';
import type { Rule } from './policy.ts';
import { toolRules } from './policy-of-tools.ts';
import { settingText, settingValue } from './setting-values.ts';

const build: BuildRecord = {
  ...{ id: '', sourceUrl: '', commit: '', image: '', acceptedAt: '', message: '' },
  parameters: { source_url: '' },
  status: 'BUILD_PENDING',
  log: 'live',
};

/** Values of a run that come from settings, as CEL expressions. */
const runSettings = {
  pipeline: expression(settingValue('pipeline')),
  versions: { default: { builder: '', runner: '' } },
  imageHost: '',
  serviceAccount: expression(settingValue('serviceAccount')),
  timeout: '',
};

/** The spec of a run as the functions make it. */
const { spec } = pipelineRun(build, 'tool', '', runSettings, false);
const fieldsOfSpec = [...Object.keys(spec), 'status'];
const parameters = spec.params ?? [];

/**
 * The fields that an administrator may have set in Tekton's own default pod template, which Tekton adds to every run.
 * They say where a pod runs. They cannot mount anything or give a pod privileges. Secrets for the pull of images are not
 * among them: they belong to the ServiceAccount of builds, which no function may change.
 */
const schedulingFields = ['nodeSelector', 'tolerations', 'affinity', 'topologySpreadConstraints'];

/** The settings of each pair of a builder image and a run image, of which a run uses one. */
const imagePairs: { version: keyof Versions; builder: SettingName; runner: SettingName }[] = [
  { version: 'default', builder: 'builder', runner: 'runner' },
  { version: 'latest', builder: 'latestBuilder', runner: 'latestRunner' },
  { version: 'deprecated', builder: 'deprecatedBuilder', runner: 'deprecatedRunner' },
];

/** Returns the CEL expression for the reference to the Pipeline of a pair of images. */
const pipelineOf = (version: keyof Versions): string => {
  const suffix = pipelineFor('', version);
  return cel({ name: expression(`${settingValue('pipeline')}${suffix && ` + ${cel(suffix)}`}`) });
};

/** Returns the CEL expression for "the parameter has the value of the setting". */
const hasValueOf = (parameter: string, setting: SettingName): string =>
  `object.spec.params.all(item, item.name != ${cel(parameter)} || item.value == ${settingText(setting)})`;

/** Returns the CEL expression for "the run uses the images and the Pipeline of this pair, and the pair is set". */
const usesPair = ({ version, builder, runner }: (typeof imagePairs)[number]): string =>
  `(${settingText(builder)} != "" && ${hasValueOf('BUILDER_IMAGE', builder)} && ${hasValueOf('RUN_IMAGE', runner)} && object.spec.pipelineRef == ${pipelineOf(version)})`;

const metadataRules: Rule[] = [
  {
    expression: [
      onlyKeys('object.metadata', 'labels', [toolLabelName]),
      onlyKeys('object.metadata', 'annotations', [toolAnnotation, resolvedRefAnnotation]),
      `(!has(object.metadata.finalizers) || object.metadata.finalizers == ${cel([logFinalizer])})`,
      '!has(object.metadata.ownerReferences)',
    ].join(' && '),
    message: `A run may have only the label ${toolLabelName}, the annotations ${toolAnnotation} and ${resolvedRefAnnotation}, and the finalizer ${logFinalizer}.`,
  },
];

const parameterRules: Rule[] = [
  {
    expression: `object.spec.params.map(item, item.name) == ${cel(parameters.map(({ name }) => name))} && object.spec.params.all(item, ${onlyFields('item', ['name', 'value'])})`,
    message: 'A run must have the parameters of a build, in their order, and no others.',
  },
  {
    expression: imagePairs.map(usesPair).join(' || '),
    message: 'A run must use a builder image of the settings, with the run image and the Pipeline that belong to it.',
  },
  {
    expression:
      "object.spec.params.all(item, (item.name != 'SOURCE_URL' || item.value.matches('^https?://')) && (item.name != 'SOURCE_REFERENCE' || item.value.matches('^[0-9a-f]{40,64}$')))",
    message: 'The source of a build must be an http or https URL, and its reference the hash of a commit.',
  },
];

const podRules: Rule[] = [
  {
    expression: `object.spec.taskRunSpecs == ${cel(spec.taskRunSpecs)}`,
    message: 'A run must name the ServiceAccount and the pod template of builds for its only task.',
  },
  {
    expression: [
      onlyFields('object.spec.taskRunTemplate', ['serviceAccountName', 'podTemplate']),
      `object.spec.taskRunTemplate.serviceAccountName == ${cel(spec.taskRunTemplate?.serviceAccountName)}`,
      onlyKeys('object.spec.taskRunTemplate', 'podTemplate', schedulingFields),
    ].join(' && '),
    message: 'A run must use the ServiceAccount of builds, and may have no pod template of its own.',
  },
  {
    expression: `object.spec.workspaces == ${cel(spec.workspaces)}`,
    message: 'A run must have the empty workspaces of a build, and no others.',
  },
];

/** Returns the rules for the runs that ServiceAccounts of the build service create. */
export const runRules = (): Rule[] => [
  ...metadataRules,
  {
    expression: onlyFields('object.spec', fieldsOfSpec),
    message: `A run may have only these fields in its spec: ${fieldsOfSpec.join(', ')}.`,
  },
  {
    expression: `object.spec.pipelineRef in [${imagePairs.map(({ version }) => pipelineOf(version)).join(', ')}]`,
    message: 'A run must name a Pipeline of the builds, in this namespace, without a resolver.',
  },
  ...parameterRules,
  ...toolRules,
  ...podRules,
  {
    // Tekton writes a duration in its own way: 60m becomes 1h0m0s.
    expression: `${onlyFields('object.spec.timeouts', Object.keys(spec.timeouts ?? {}))} && has(object.spec.timeouts.pipeline) && duration(object.spec.timeouts.pipeline) == duration(${settingValue('buildTimeout')})`,
    message: 'A run must have the time limit of the settings, for all its tasks.',
  },
  {
    expression: mayHaveFields('object.spec', { status: ['Cancelled'] }),
    message: 'A run may begin as cancelled only.',
  },
];

/** Returns the CEL expression for "a field of the metadata has not changed". */
const isSame = (field: string): string => `object.metadata[?${cel(field)}] == oldObject.metadata[?${cel(field)}]`;

const finalizersOf = (object: string): string => `${object}.metadata[?"finalizers"].orValue([])`;

/** Statuses of a run that a function may replace by `Cancelled`: none, and that of a run that has not begun. */
const statusesBeforeCancel = ['', 'PipelineRunPending'];

const statusOf = (object: string): string => `${object}.spec[?"status"].orValue("")`;

/** The CEL expression for "the run has ended". */
const hasEnded =
  'oldObject[?"status"][?"conditions"].orValue([]).exists(condition, condition.type == "Succeeded" && condition.status in ["True", "False"])';

/**
 * The rules for changes of runs: a run may be cancelled, and a run that was deleted or has ended may lose the build
 * service's finalizer. Tekton writes the status of a run, and no function may.
 */
export const runUpdateRules: Rule[] = [
  {
    expression: ['labels', 'annotations', 'ownerReferences'].map(isSame).join(' && '),
    message: 'The labels, annotations and owners of a run may not change.',
  },
  {
    expression: [
      `${finalizersOf('object')}.all(item, item in ${finalizersOf('oldObject')})`,
      `${finalizersOf('oldObject')}.all(item, item == ${cel(logFinalizer)} || item in ${finalizersOf('object')})`,
    ].join(' && '),
    message: `A run may lose the finalizer ${logFinalizer} only, and may get no new ones.`,
  },
  {
    expression: `has(oldObject.metadata.deletionTimestamp) || ${finalizersOf('object')} == ${finalizersOf('oldObject')} || ${hasEnded}`,
    message: 'A run keeps its finalizers until it is deleted or has ended.',
  },
  {
    expression:
      "object.spec.all(field, field == 'status' || (field in oldObject.spec && object.spec[field] == oldObject.spec[field])) && oldObject.spec.all(field, field == 'status' || field in object.spec)",
    message: 'Only the field status of the spec of a run may change.',
  },
  {
    expression: `${statusOf('object')} == ${statusOf('oldObject')} || (${statusOf('object')} == "Cancelled" && ${statusOf('oldObject')} in ${cel(statusesBeforeCancel)})`,
    message: 'A run may be cancelled once. Its status may not change otherwise.',
  },
];
