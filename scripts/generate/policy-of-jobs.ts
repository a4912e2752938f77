import { dirname } from 'node:path';
import { archiverFromSettings, archiverSettings } from '../../lib/builds/archiver-from-settings.ts';
import { readSettings, type SettingName, settings } from '../../lib/config/settings.ts';
import { archiverJob } from '../../lib/logs/archive/archiver-job.ts';
import { toolAnnotation } from '../../lib/tekton/run.ts';
import { cel, expression, hasFields, mayHaveFields, onlyFields } from './cel.ts';
import type { Rule } from './policy.ts';
import { settingText, settingValue } from './setting-values.ts';

/** Labels that Kubernetes gives to a new Job and to its pods before admission policies see the Job. */
const jobLabels = ['batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name', 'controller-uid', 'job-name'];

const podSpec = 'object.spec.template.spec';
const toolOfJob = `object.metadata[?"annotations"][?${cel(toolAnnotation)}].orValue("")`;

/** Path that stands for the file with a key of the object store: the settings of an installation have the real path. */
const anyPath = '/any-folder/access-key';
const pathOfKey = settingText('s3AccessKey');
const folderOfKey = `${pathOfKey}.substring(0, ${pathOfKey}.lastIndexOf("/"))`;

const allSettings = Object.keys(settings) as SettingName[];

/** Every setting by the name of its variable, as the CEL expression for its text. */
const textsOfSettings = Object.fromEntries(
  allSettings.map((name) => [settings[name].name, expression(settingText(name))]),
);

/**
 * Makes an archiver Job as a function makes it, with CEL expressions in place of the values that differ between Jobs and
 * installations.
 * @param environment environment variables of the function's row in functions/table.ts
 * @param keyFile the file with a key of the object store; empty where an installation has no such file
 */
const makeSample = (environment: Readonly<Record<string, string>>, keyFile: string) => {
  const variables = { ...textsOfSettings, ...environment, S3_ACCESS_KEY_FILE: keyFile };
  const given = readSettings(archiverSettings, { ...environment, ARCHIVER_IMAGE: 'image' });
  const archiver = archiverFromSettings(
    { ...given, archiverImage: expression(settingValue('archiverImage')) },
    variables,
  );
  const uid = expression('object.metadata.ownerReferences[0].uid');
  const run = { metadata: { name: expression('object.metadata.name'), uid }, spec: {} };
  const { metadata, spec } = archiverJob(run, expression(toolOfJob), archiver);
  const { template, ...job } = spec;
  const { containers, volumes, ...pod } = template.spec;
  const [container] = containers;
  if (!container) throw new Error('The archiver Job has no container.');
  return { metadata, job, pod, volumes, container };
};

type Sample = ReturnType<typeof makeSample>;

/**
 * Fields that Kubernetes adds to a Job, to a pod and to a container before admission policies see the Job, with the
 * values that it adds.
 */
const addedFields = ({ pod }: Sample) => ({
  job: {
    parallelism: [1],
    completions: [1],
    completionMode: ['NonIndexed'],
    suspend: [false],
    manualSelector: [false],
    podReplacementPolicy: ['TerminatingOrFailed'],
  },
  pod: {
    serviceAccount: [pod.serviceAccountName],
    terminationGracePeriodSeconds: [30],
    dnsPolicy: ['ClusterFirst'],
    securityContext: [{}],
    schedulerName: ['default-scheduler'],
  },
  container: {
    terminationMessagePath: ['/dev/termination-log'],
    terminationMessagePolicy: ['File'],
    imagePullPolicy: ['Always', 'IfNotPresent'],
  },
});

/** Returns the CEL expression for "all labels of the metadata are those that Kubernetes gives". */
const hasAddedLabels = (metadata: string): string =>
  `(!has(${metadata}.labels) || ${metadata}.labels.all(label, label in ${cel(jobLabels)} && ${metadata}.labels[label] in [object.metadata.name, object.metadata.uid]))`;

const jobRules = (sample: Sample): Rule[] => [
  {
    expression: [
      hasAddedLabels('object.metadata'),
      hasFields('object.metadata', { annotations: sample.metadata.annotations }),
      '!has(object.metadata.finalizers)',
      'has(object.metadata.ownerReferences) && object.metadata.ownerReferences.size() == 1',
      `object.metadata.ownerReferences == ${cel(sample.metadata.ownerReferences)}`,
    ].join(' && '),
    message: `An archiver may have only the annotation ${toolAnnotation}, and must belong to the run of its build.`,
  },
  {
    expression: [
      onlyFields('object.spec', [
        ...Object.keys(sample.job),
        ...Object.keys(addedFields(sample).job),
        'selector',
        'template',
      ]),
      hasFields('object.spec', sample.job),
      mayHaveFields('object.spec', addedFields(sample).job),
    ].join(' && '),
    message: 'An archiver must be one pod, with the retries and time limits of an archiver.',
  },
  {
    expression: [
      onlyFields('object.spec.template', ['metadata', 'spec']),
      onlyFields('object.spec.template.metadata', ['creationTimestamp', 'labels']),
      hasAddedLabels('object.spec.template.metadata'),
    ].join(' && '),
    message: 'An archiver may set no labels or annotations of its pod.',
  },
];

const podRules = (sample: Sample): Rule[] => [
  {
    expression: [
      onlyFields(podSpec, [
        ...Object.keys(sample.pod),
        ...Object.keys(addedFields(sample).pod),
        'containers',
        'volumes',
      ]),
      hasFields(podSpec, sample.pod),
      mayHaveFields(podSpec, addedFields(sample).pod),
    ].join(' && '),
    message: 'An archiver must run under its own ServiceAccount, in a pod without further settings.',
  },
  {
    expression: `${podSpec}.containers.size() == 1`,
    message: 'An archiver must have one container.',
  },
];

/** Returns the CEL expression for "the condition holds for the only container of the Job". */
const ofContainer = (condition: string): string => `${podSpec}.containers.all(container, ${condition})`;

const containerRules = (sample: Sample): Rule[] => {
  const { name, image, resources, securityContext } = sample.container;
  const added = addedFields(sample).container;
  return [
    {
      expression: ofContainer(
        [
          onlyFields('container', [...Object.keys(sample.container), ...Object.keys(added)]),
          hasFields('container', {
            name,
            image,
            command: expression(`${settingValue('archiverCommand')}.split(",")`),
            resources,
          }),
          mayHaveFields('container', added),
        ].join(' && '),
      ),
      message:
        'An archiver must run the image and the command of the settings with the resources of an archiver, and its container may have no other fields.',
    },
    {
      expression: ofContainer(hasFields('container', { securityContext })),
      message: 'An archiver must have the security context that gives it no privileges.',
    },
  ];
};

/** Replaces the path that stands for the file with a key of the object store, and the path of its folder. */
const withPathsOfKey = (text: string): string =>
  text.replaceAll(cel(anyPath), pathOfKey).replaceAll(cel(dirname(anyPath)), folderOfKey);

/**
 * Returns the rules for what depends on whether an installation has a file with a key of the object store: volumes,
 * mounts and environment variables.
 */
const storeRules = (withKey: Sample, withoutKey: Sample): Rule[] => {
  const either = (part: (sample: Sample) => string): string =>
    withPathsOfKey(`(${pathOfKey} == "" ? ${part(withoutKey)} : ${part(withKey)})`);
  return [
    {
      expression: `${podSpec}[?"volumes"].orValue([]) == ${either(({ volumes }) => cel(volumes))}`,
      message: 'An archiver must have its own volumes, the secrets that it masks among them, and no others.',
    },
    {
      expression: ofContainer(
        `container[?"volumeMounts"].orValue([]) == ${either(({ container }) => cel(container.volumeMounts))}`,
      ),
      message: 'An archiver must mount its volumes, whole, read-only and at their places.',
    },
    {
      // The Job has no variable for a setting without a text.
      expression: ofContainer(
        `container[?"env"].orValue([]) == ${withPathsOfKey(cel(withKey.container.env))}.filter(variable, variable.value != "")`,
      ),
      message:
        'An archiver must have the environment variables of the settings, with the values of the settings, and no others.',
    },
  ];
};

/**
 * Returns the rules for the Jobs that ServiceAccounts of the build service create.
 * @param environment environment variables of a function that starts archivers, from its row in functions/table.ts
 */
export const archiverRules = (environment: Readonly<Record<string, string>>): Rule[] => {
  const [withKey, withoutKey] = [makeSample(environment, anyPath), makeSample(environment, '')];
  return [...jobRules(withKey), ...podRules(withKey), ...containerRules(withKey), ...storeRules(withKey, withoutKey)];
};
