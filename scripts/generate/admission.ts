import { settings } from '../../lib/config/settings.ts';
import { cel } from './cel.ts';
import type { Site } from './facts.ts';

/** A rule of a policy: a CEL expression that must be true, and the sentence for a request that breaks the rule. */
export type Rule = { expression: string; message: string };

/** A limit for the ServiceAccounts of the builds' namespace, for one kind of request. */
export type Policy = {
  /** Name of the policy, after the name of the namespace. */
  name: string;
  requests: { apiGroups: string[]; apiVersions: string[]; resources: string[]; operations: string[] };
  /** Whether the rules read the settings, as `variables.settings`. Without settings every request is refused. */
  readsSettings: boolean;
  /** CEL expressions that the rules use as `variables.<name>`, by their names. */
  variables?: Readonly<Record<string, string>>;
  rules: readonly Rule[];
};

const apiVersion = 'admissionregistration.k8s.io/v1';

/** Labels of the policies. They are no part of the namespace, so an operator deletes them by their label. */
const labels = { 'app.kubernetes.io/part-of': 'toolforge-builds' };

/**
 * The settings of the functions, as kustomize copies them to the annotations of the Namespace. They are no parameter of
 * the policy: an API server of Kubernetes 1.34 in which the last policy with a parameter of a built-in kind was deleted
 * never finds a new parameter of that kind until it is restarted.
 */
const settingsVariable = {
  name: 'settings',
  expression: 'has(namespaceObject.metadata.annotations) ? namespaceObject.metadata.annotations : {}',
};

/** Settings that every installation has. */
const requiredSettings = (['builder', 'runner', 'registryUrl', 'archiverImage'] as const).map(
  (name) => settings[name].name,
);

/**
 * The rule for a Namespace without settings. It has no reason of its own, so the API server answers as where a
 * policy fails: this is an outage, and says nothing about the object.
 */
const settingsRule: Rule = {
  expression: `${cel(requiredSettings)}.all(name, name in variables.settings)`,
  message: 'The annotations of the Namespace lack the settings of the build service. Apply its manifests again.',
};

/**
 * The requests of every ServiceAccount in the namespace of the builds, also for objects of the cluster. Operators,
 * controllers and the parts of Tekton and Knative have accounts elsewhere.
 */
const ownAccounts = ({ namespace }: Site) => ({
  name: 'accounts-of-the-namespace',
  expression: `request.userInfo.username.startsWith('system:serviceaccount:${namespace}:')`,
});

const variablesOf = ({ readsSettings, variables = {} }: Policy): { name: string; expression: string }[] => [
  ...(readsSettings ? [settingsVariable] : []),
  ...Object.entries(variables).map(([name, expression]) => ({ name, expression })),
];

const policyManifest = (name: string, policy: Policy, site: Site): object => ({
  apiVersion,
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name, labels },
  spec: {
    failurePolicy: 'Fail',
    matchConstraints: { resourceRules: [{ ...policy.requests, scope: '*' }] },
    matchConditions: [ownAccounts(site)],
    ...(variablesOf(policy).length > 0 ? { variables: variablesOf(policy) } : {}),
    validations: [
      ...(policy.readsSettings ? [settingsRule] : []),
      // The reason Forbidden makes the API server answer 403, which ends no build: the same run may be allowed a minute
      // later, when an upgrade has replaced all functions.
      ...policy.rules.map(({ expression, message }) => ({ expression, message, reason: 'Forbidden' })),
    ],
  },
});

const bindingManifest = (name: string, { namespace }: Site): object => ({
  apiVersion,
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name, labels },
  spec: {
    policyName: name,
    validationActions: ['Deny'],
    matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
  },
});

/** Returns a ValidatingAdmissionPolicy and its binding for each policy. */
export const policyManifests = (policies: readonly Policy[], site: Site): object[] =>
  policies.flatMap((policy) => {
    const name = `${site.namespace}-${policy.name}`;
    return [policyManifest(name, policy, site), bindingManifest(name, site)];
  });
