import type { Grants, Verb } from '../functions/row.ts';
import { makeFacts } from '../scripts/generate/facts.ts';
import { namespace } from './environment.ts';

const { accounts } = makeFacts({ namespace });
const grantsOf = new Map(accounts.map(({ name, grants }) => [name, grants]));

/** Names of the ServiceAccounts that functions and Jobs have on a cluster. */
export const accountNames: readonly string[] = accounts.map(({ name }) => name);

const namespacePattern = /^\/api\/v1\/(?<resource>namespaces)\/(?<name>[^/]+)$/;
const pathPattern =
  /^\/(?:api|apis\/(?<group>[^/]+))\/[^/]+\/namespaces\/[^/]+\/(?<resource>[^/]+)(?:\/(?<name>[^/]+)(?:\/(?<subresource>[^/]+))?)?$/;

const verbOf = (method: string, url: URL, name: string | undefined): Verb | undefined => {
  if (method === 'GET' && name !== undefined) return 'get';
  if (method === 'GET') return url.searchParams.get('watch') === 'true' ? 'watch' : 'list';
  return ({ POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const)[method as 'POST'];
};

const allows = (grants: Grants, resource: string, verb: Verb): boolean =>
  Object.hasOwn(grants, resource) && (grants[resource]?.includes(verb) ?? false);

/**
 * Returns the message by which a cluster refuses a request that the Role of a ServiceAccount does not allow. Undefined
 * for a request that the Role allows, or that is not about objects of a namespace.
 * @param account name of the ServiceAccount, which is the name of the function
 */
export const refusalOf = (account: string, method: string, url: URL): string | undefined => {
  const { group, resource, name, subresource } =
    (pathPattern.exec(url.pathname) ?? namespacePattern.exec(url.pathname))?.groups ?? {};
  const verb = verbOf(method, url, name);
  if (resource === undefined || verb === undefined) return undefined;
  const path = [group, resource, subresource].filter(Boolean).join('/');
  const grants = grantsOf.get(account) ?? {};
  if (allows(grants, path, verb) || allows(grants, `${path}#${name}`, verb)) return undefined;
  const user = `system:serviceaccount:${namespace}:${account}`;
  return `User "${user}" cannot ${verb} resource "${[resource, subresource].filter(Boolean).join('/')}" in API group "${group ?? ''}" in the namespace "${namespace}"`;
};
