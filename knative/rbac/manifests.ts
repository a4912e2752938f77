import { dump } from 'js-yaml';
import { type Grants, matrix, tokenless } from './matrix.ts';

const rule = ([resource, verbs]: [string, readonly string[]]) => {
  const [path = '', object] = resource.split('#');
  const [group, name] = /^(?:([a-z0-9.-]+\.[a-z]+|batch)\/)?(.+)$/.exec(path)?.slice(1) ?? [];
  const names = object ? { resourceNames: [object] } : {};
  return { apiGroups: [group ?? ''], resources: [name], ...names, verbs: [...verbs] };
};

const account = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name },
  automountServiceAccountToken: !tokenless.includes(name),
});

const role = (name: string, grants: Grants) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name },
  rules: Object.entries(grants).map(rule),
});

const binding = (name: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
  subjects: [{ kind: 'ServiceAccount', name }],
});

/** A ServiceAccount for each row of the matrix, and where it may do anything a Role and its binding. */
const objectsOf = ([name, grants]: [string, Grants]): object[] =>
  Object.keys(grants).length === 0 ? [account(name)] : [account(name), role(name, grants), binding(name)];

/** knative/base/rbac.yaml as the matrix wants it. */
export const rbacManifests = (): string => {
  const notice = '# Made from knative/rbac/matrix.ts by `node knative/rbac/write.ts`. Do not edit.\n';
  const documents = Object.entries(matrix).flatMap(objectsOf);
  return (
    notice +
    documents.map((object) => dump(object, { flowLevel: 3, lineWidth: 120, quoteStyle: 'double' })).join('---\n')
  );
};
