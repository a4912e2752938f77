import type { Site } from './facts.ts';

/** A rule of a policy: a CEL expression that must be true, and the sentence for a request that breaks the rule. */
export type Rule = { expression: string; message: string };

/** A limit for the ServiceAccounts of the builds' namespace, for one kind of request. */
export type Policy = {
  /** Name of the policy, after the name of the namespace. */
  name: string;
  requests: { apiGroups: string[]; apiVersions: string[]; resources: string[]; operations: string[] };
  /** The rules read the ConfigMap with the settings as `params`. Without the ConfigMap every request is refused. */
  readsSettings: boolean;
  rules: readonly Rule[];
};

const apiVersion = 'admissionregistration.k8s.io/v1';

/** Labels of the policies. They are no part of the namespace, so an operator deletes them by their label. */
const labels = { 'app.kubernetes.io/part-of': 'toolforge-builds' };

/** Name of the ConfigMap with the functions' settings. kustomize appends the hash of the settings. */
const settingsConfigMap = 'settings';

/**
 * The requests of every ServiceAccount in the namespace of the object. Operators, controllers and the parts of Tekton
 * and Knative have accounts elsewhere.
 */
const ownAccounts = {
  name: 'accounts-of-the-namespace',
  expression: "request.userInfo.username.startsWith('system:serviceaccount:' + request.namespace + ':')",
};

const policyManifest = (name: string, { requests, readsSettings, rules }: Policy): object => ({
  apiVersion,
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name, labels },
  spec: {
    failurePolicy: 'Fail',
    ...(readsSettings ? { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } } : {}),
    matchConstraints: { resourceRules: [{ ...requests, scope: 'Namespaced' }] },
    matchConditions: [ownAccounts],
    // The reason Forbidden makes the API server answer 403. The answer 422 would end a build as invalid, although the
    // same run may be allowed a minute later, when an upgrade has replaced all functions.
    validations: rules.map(({ expression, message }) => ({ expression, message, reason: 'Forbidden' })),
  },
});

const bindingManifest = (name: string, { readsSettings }: Policy, { namespace }: Site): object => ({
  apiVersion,
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name, labels },
  spec: {
    policyName: name,
    validationActions: ['Deny'],
    ...(readsSettings ? { paramRef: { name: settingsConfigMap, parameterNotFoundAction: 'Deny' } } : {}),
    matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
  },
});

/** Returns a ValidatingAdmissionPolicy and its binding for each policy. */
export const policyManifests = (policies: readonly Policy[], site: Site): object[] =>
  policies.flatMap((policy) => {
    const name = `${site.namespace}-${policy.name}`;
    return [policyManifest(name, policy), bindingManifest(name, policy, site)];
  });
