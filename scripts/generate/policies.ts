/**
 * The policies say in CEL what the functions' ServiceAccounts may write: only what the functions make. So the rules are
 * made from a run of lib/tekton/run.ts and a Job of lib/logs/archive/archiver-job.ts.
 */

import { cel } from './cel.ts';
import type { AccountFacts, Facts } from './facts.ts';
import type { Policy, Rule } from './policy.ts';
import { archiverRules } from './policy-of-jobs.ts';
import { ledgerRules } from './policy-of-ledgers.ts';
import { runRules, runUpdateRules } from './policy-of-runs.ts';
import { toolVariables } from './policy-of-tools.ts';

/** A resource in the form of functions/table.ts: its API group unless that is the core group, and its name. */
const requestedResource = [
  "(request.resource.group == '' ? '' : request.resource.group + '/')",
  'request.resource.resource',
  "(has(request.subResource) && request.subResource != '' ? '/' + request.subResource : '')",
].join(' + ');

const granted = (accounts: readonly AccountFacts[], verbs: readonly string[]): string[] => {
  const resources = accounts.flatMap(({ grants }) => Object.entries(grants));
  return [...new Set(resources.flatMap(([name, given]) => (given.some((verb) => verbs.includes(verb)) ? [name] : [])))];
};

const writeRules = (accounts: readonly AccountFacts[]): Rule[] => [
  {
    expression: `request.operation != 'CREATE' || (${requestedResource}) in ${cel(granted(accounts, ['create']))}`,
    message: 'No ServiceAccount of the build service may create this kind of object.',
  },
  {
    // A resource with `#` is one object of that name, as in functions/table.ts.
    expression: `request.operation != 'UPDATE' || [${requestedResource}, ${requestedResource} + '#' + request.name].exists(resource, resource in ${cel(granted(accounts, ['update', 'patch']))})`,
    message: 'No ServiceAccount of the build service may change this kind of object.',
  },
  {
    expression: "request.operation != 'CONNECT'",
    message: 'No ServiceAccount of the build service may connect to a pod or a service.',
  },
];

/** Returns the environment variables of the functions that may create Jobs. All of them have the same variables. */
const environmentOfArchivers = ({ accounts, services }: Facts): Readonly<Record<string, string>> => {
  const mayCreate = new Set(accounts.filter(({ grants }) => grants['batch/jobs']).map(({ name }) => name));
  return services.find(({ name }) => mayCreate.has(name))?.environment ?? {};
};

/** Returns the policies for the ServiceAccounts of an installation. */
export const accountPolicies = (facts: Facts): Policy[] => [
  {
    name: 'writes',
    requests: { apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['CREATE', 'UPDATE', 'CONNECT'] },
    readsSettings: false,
    rules: writeRules(facts.accounts),
  },
  {
    name: 'runs',
    requests: { apiGroups: ['tekton.dev'], apiVersions: ['*'], resources: ['pipelineruns'], operations: ['CREATE'] },
    readsSettings: true,
    variables: toolVariables,
    rules: runRules(),
  },
  {
    name: 'run-updates',
    requests: { apiGroups: ['tekton.dev'], apiVersions: ['*'], resources: ['pipelineruns'], operations: ['UPDATE'] },
    readsSettings: false,
    rules: runUpdateRules,
  },
  {
    name: 'archivers',
    requests: { apiGroups: ['batch'], apiVersions: ['*'], resources: ['jobs'], operations: ['CREATE'] },
    readsSettings: true,
    rules: archiverRules(environmentOfArchivers(facts)),
  },
  {
    name: 'ledgers',
    requests: {
      apiGroups: ['builds.toolforge.org'],
      apiVersions: ['*'],
      resources: ['buildledgers', 'buildcapacities'],
      operations: ['CREATE'],
    },
    readsSettings: false,
    rules: ledgerRules,
  },
];
