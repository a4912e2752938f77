const pathPattern = /^\/api\/v1\/namespaces\/([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)$/;

/**
 * Returns the Namespace that the path of a request names; undefined for any other path. Every namespace exists in the
 * embedded Kubernetes API.
 */
export const namespaceAt = (method: string, pathname: string): object | undefined => {
  const [, name] = (method === 'GET' && pathPattern.exec(pathname)) || [];
  if (name === undefined) return undefined;
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } };
};
