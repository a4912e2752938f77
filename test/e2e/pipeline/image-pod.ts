import { type Namespace, waitTimeout } from './cluster.ts';
import type { GitServer } from './git-pod.ts';

/** The user and the group that a pod runs as. */
export type User = { runAsUser: number; runAsGroup: number };

/**
 * Runs an image in a pod without privileges.
 * @param user Default: the user of the image
 * @returns the page that the image's web process serves
 */
export const pageOf = async (
  namespace: Namespace,
  git: GitServer,
  name: string,
  image: string,
  user?: User,
): Promise<string> => {
  const unprivileged = {
    ...user,
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  await namespace.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [{ name, image, securityContext: unprivileged, env: [{ name: 'PORT', value: '8000' }] }],
    },
  });
  await namespace.kubectl(['wait', '--for=condition=Ready', `pod/${name}`, waitTimeout]);
  const pod = await namespace.get<{ status: { podIP: string } }>('pod', name);
  return git.fetch(`http://${pod.status.podIP}:8000/`);
};
