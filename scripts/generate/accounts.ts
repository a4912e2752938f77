import type { Verb } from '../../functions/row.ts';
import type { AccountFacts } from './facts.ts';

const rule = ([resource, verbs]: [string, readonly Verb[]]) => {
  const [path = '', object] = resource.split('#');
  const [group, name] = /^(?:([a-z0-9.-]+\.[a-z]+|batch)\/)?(.+)$/.exec(path)?.slice(1) ?? [];
  const names = object ? { resourceNames: [object] } : {};
  return { apiGroups: [group ?? ''], resources: [name], ...names, verbs: [...verbs] };
};

const account = ({ name, hasToken }: AccountFacts) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name },
  automountServiceAccountToken: hasToken,
});

const role = ({ name, grants }: AccountFacts) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name },
  rules: Object.entries(grants).map(rule),
});

const binding = ({ name }: AccountFacts) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
  subjects: [{ kind: 'ServiceAccount', name }],
});

/** Returns manifests of a ServiceAccount, and of a Role with a RoleBinding where the account has permissions. */
export const accountManifests = (facts: AccountFacts): object[] =>
  Object.keys(facts.grants).length === 0 ? [account(facts)] : [account(facts), role(facts), binding(facts)];
