import { archiverFromSettings, archiverSettings } from '../../lib/builds/archiver-from-settings.ts';
import { readSettings, settings } from '../../lib/config/settings.ts';
import { archiverJob } from '../../lib/logs/archive/archiver-job.ts';
import { toolAnnotation } from '../../lib/tekton/run.ts';
import type { Rule } from './admission.ts';
import { cel, onlyFields, onlyKeys } from './cel.ts';
import { settingValue } from './policy-of-runs.ts';

/** Labels that Kubernetes gives to a new Job and to its pods before admission policies see the Job. */
const jobLabels = ['batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name', 'controller-uid', 'job-name'];

/** Fields that Kubernetes adds to a Job, to a pod and to a container before admission policies see the Job. */
const addedFields = {
  job: [
    'parallelism',
    'completions',
    'completionMode',
    'selector',
    'manualSelector',
    'suspend',
    'podReplacementPolicy',
  ],
  pod: ['serviceAccount', 'terminationGracePeriodSeconds', 'dnsPolicy', 'securityContext', 'schedulerName'],
  container: ['terminationMessagePath', 'terminationMessagePolicy', 'imagePullPolicy'],
};

/** Path that stands for the file with a key of the object store: settings.env of an installation has the real path. */
const anyPath = '/secrets/log-store/access-key';

/**
 * Makes an archiver Job as a function makes it.
 * @param environment environment variables of the function's row in functions/table.ts
 */
const makeSample = (environment: Readonly<Record<string, string>>) => {
  const variables = { ...environment, ARCHIVER_IMAGE: 'image', S3_ACCESS_KEY_FILE: anyPath };
  const archiver = archiverFromSettings(readSettings(archiverSettings, variables), variables);
  const run = { metadata: { name: '' }, spec: {} };
  const { spec } = archiverJob(run, '', archiver);
  const { template, ...job } = spec;
  const [container] = template.spec.containers;
  if (!container) throw new Error('The archiver Job has no container.');
  return { job, pod: template.spec, container };
};

type Sample = ReturnType<typeof makeSample>;

const jobFieldRules = ({ job }: Sample): Rule[] => [
  {
    expression: [
      onlyKeys('object.metadata', 'labels', jobLabels),
      onlyKeys('object.metadata', 'annotations', [toolAnnotation]),
      '!has(object.metadata.finalizers)',
      'has(object.metadata.ownerReferences) && object.metadata.ownerReferences.size() == 1',
      `object.metadata.ownerReferences.all(owner, owner.kind == 'PipelineRun' && owner.name == object.metadata.name && ${onlyFields('owner', ['apiVersion', 'kind', 'name', 'uid'])})`,
    ].join(' && '),
    message: `An archiver may have only the annotation ${toolAnnotation}, and must belong to the run of its build.`,
  },
  {
    expression: [
      onlyFields('object.spec', [...Object.keys(job), 'template', ...addedFields.job]),
      'object.spec.parallelism == 1 && object.spec.completions == 1',
      '(!has(object.spec.manualSelector) || !object.spec.manualSelector)',
      onlyFields('object.spec.template', ['metadata', 'spec']),
      '(!has(object.spec.template.metadata.annotations) && !has(object.spec.template.metadata.finalizers))',
      onlyKeys('object.spec.template.metadata', 'labels', jobLabels),
    ].join(' && '),
    message: 'An archiver must be one pod, and may set no labels or annotations of the pod.',
  },
];

const podRules = ({ pod }: Sample): Rule[] => [
  {
    expression: [
      onlyFields('object.spec.template.spec', [...Object.keys(pod), ...addedFields.pod]),
      `has(object.spec.template.spec.serviceAccountName) && object.spec.template.spec.serviceAccountName == ${cel(pod.serviceAccountName)}`,
      '(!has(object.spec.template.spec.serviceAccount) || object.spec.template.spec.serviceAccount == object.spec.template.spec.serviceAccountName)',
      '(!has(object.spec.template.spec.securityContext) || object.spec.template.spec.securityContext.size() == 0)',
    ].join(' && '),
    message: 'An archiver must run under its own ServiceAccount, in a pod without further settings.',
  },
  {
    expression: `object.spec.template.spec.volumes.all(volume, volume in ${cel(pod.volumes)})`,
    message: 'An archiver may have only its own volumes.',
  },
  {
    expression: `object.spec.template.spec.containers.size() == 1`,
    message: 'An archiver must have one container.',
  },
];

/** Returns the CEL expression for "the condition holds for the only container of the Job". */
const ofContainer = (condition: string): string => `object.spec.template.spec.containers.all(container, ${condition})`;

/** Variables that an operator may set on the functions alone, where the settings have another value or none. */
const numbers = (['capacity', 'limitRunning', 'limitQueued', 'logMaxBytes'] as const).map(
  (name) => settings[name].name,
);

/**
 * Returns the CEL expression for "an environment variable is one that an archiver gets". Other variables, such as
 * NODE_OPTIONS, would make the archiver run other code.
 */
const isOwnVariable = ({ container }: Sample, environment: Readonly<Record<string, string>>): string => {
  const ofRow = container.env.filter(({ name }) => environment[name] !== undefined);
  return [
    '(variable.name in params.data && variable.value == params.data[variable.name])',
    `(variable.name in ${cel(numbers)} && variable.value.matches('^[0-9]+$'))`,
    "variable.name == 'ARCHIVER_TOOL'",
    "(variable.name == 'ARCHIVER_BUILD' && variable.value == object.metadata.name)",
    `variable in ${cel(ofRow)}`,
  ].join(' || ');
};

const containerRules = (sample: Sample, environment: Readonly<Record<string, string>>): Rule[] => [
  {
    expression: ofContainer(
      [
        onlyFields('container', [...Object.keys(sample.container), ...addedFields.container]),
        `container.image == ${settingValue('archiverImage')}`,
        `container.command == ${settingValue('archiverCommand')}.split(',')`,
      ].join(' && '),
    ),
    message:
      'An archiver must run the image and the command of the settings, and its container may have no other fields.',
  },
  {
    expression: ofContainer(
      `has(container.securityContext) && container.securityContext == ${cel(sample.container.securityContext)}`,
    ),
    message: 'An archiver must have the security context that gives it no privileges.',
  },
  {
    expression: ofContainer(
      `container.env.all(variable, ${onlyFields('variable', ['name', 'value'])} && (${isOwnVariable(sample, environment)}))`,
    ),
    message: 'An archiver may have only environment variables of the settings, with the values of the settings.',
  },
  {
    expression: ofContainer(
      `container.volumeMounts.all(mount, ${onlyFields('mount', ['name', 'mountPath', 'readOnly'])})`,
    ),
    message: 'An archiver may mount only whole volumes.',
  },
];

/**
 * Returns the rules for the Jobs that ServiceAccounts of the build service create.
 * @param environment environment variables of a function that starts archivers, from its row in functions/table.ts
 */
export const jobRules = (environment: Readonly<Record<string, string>>): Rule[] => {
  const sample = makeSample(environment);
  return [...jobFieldRules(sample), ...podRules(sample), ...containerRules(sample, environment)];
};
