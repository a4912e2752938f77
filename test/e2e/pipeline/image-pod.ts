import { type Namespace, waitTimeout } from './cluster.ts';
import type { GitServer } from './git-pod.ts';

/** The user and the group that a pod runs as. */
export type User = { runAsUser: number; runAsGroup: number };
/** A user and a group that no image knows, as those of a tool. */
export const toolUser: User = { runAsUser: 52345, runAsGroup: 52345 };

type Options = {
  /** Default: the user of the image. */
  user?: User | undefined;
  /** Default: the default process of the image. */
  command?: string[];
  /** Arguments of the process. Default: none. */
  args?: string[];
};

/**
 * Starts an image in a pod without privileges, where it listens on port 8000.
 * @returns the address of the pod
 */
export const startImage = async (
  namespace: Namespace,
  name: string,
  image: string,
  { user, ...words }: Options = {},
): Promise<string> => {
  const unprivileged = {
    ...user,
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const env = [{ name: 'PORT', value: '8000' }];
  await namespace.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      restartPolicy: 'Never',
      containers: [{ name, image, ...words, securityContext: unprivileged, env }],
    },
  });
  await namespace.kubectl(['wait', '--for=condition=Ready', `pod/${name}`, waitTimeout]);
  const pod = await namespace.get<{ status: { podIP: string } }>('pod', name);
  return pod.status.podIP;
};

/** Starts an image as startImage does. @returns the page that the image's web process serves */
export const pageOf = async (
  namespace: Namespace,
  git: GitServer,
  name: string,
  image: string,
  user?: User,
): Promise<string> => git.fetch(`http://${await startImage(namespace, name, image, { user })}:8000/`);
