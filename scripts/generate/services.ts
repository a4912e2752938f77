import type { Mount } from '../../functions/row.ts';
import type { ServiceFacts } from './facts.ts';

const volumeSource = ({ source }: Mount): object => {
  if ('secret' in source) return { secret: { secretName: source.secret, optional: true } };
  if ('configMap' in source) return { configMap: { name: source.configMap, optional: true } };
  if ('tokenFor' in source) {
    const token = { audience: source.tokenFor, path: 'token', expirationSeconds: source.seconds };
    return { projected: { sources: [{ serviceAccountToken: token }] } };
  }
  const sources = source.secrets.map(({ secret, key }) => ({
    secret: { name: secret, optional: true, items: [{ key, path: secret }] },
  }));
  return { projected: { sources } };
};

/** Returns the volume of a mount in a pod's spec. */
export const volumeOf = (mount: Mount): object => ({ name: mount.name, ...volumeSource(mount) });

/** Returns the volumeMount of a mount in a container's spec. */
export const volumeMountOf = ({ name, path }: Mount): object => ({ name, mountPath: path, readOnly: true });

const annotations = ({ scaling }: ServiceFacts): Record<string, string> => ({
  // With a burst capacity of 0, Knative's activator forwards requests only while no pod runs. All other requests go to
  // a pod directly, and pass one proxy less.
  'autoscaling.knative.dev/target-burst-capacity': '0',
  ...(scaling
    ? {
        'autoscaling.knative.dev/window': `${scaling.windowSeconds}s`,
        'autoscaling.knative.dev/max-scale': String(scaling.maxInstances),
      }
    : {}),
});

const container = (facts: ServiceFacts) => {
  const env = Object.entries(facts.environment).map(([name, value]) => ({ name, value }));
  return {
    name: 'function',
    image: 'functions',
    args: [facts.program],
    ...(env.length > 0 ? { env } : {}),
    envFrom: [{ configMapRef: { name: 'settings' } }],
    ...(facts.mounts.length > 0 ? { volumeMounts: facts.mounts.map(volumeMountOf) } : {}),
    resources: { requests: { cpu: facts.cpu, memory: facts.memory }, limits: { memory: facts.memoryLimit } },
    securityContext: {
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
};

/** Returns the manifest of a function's Knative Service. */
export const serviceManifest = (facts: ServiceFacts): object => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: {
    name: facts.name,
    labels: {
      // Clients come through the gateway and events through the broker: no function has an address outside the cluster.
      'networking.knative.dev/visibility': 'cluster-local',
      'app.kubernetes.io/part-of': 'toolforge-builds',
    },
  },
  spec: {
    template: {
      metadata: { annotations: annotations(facts) },
      spec: {
        serviceAccountName: facts.name,
        enableServiceLinks: false,
        containerConcurrency: facts.concurrency,
        timeoutSeconds: facts.timeoutSeconds,
        containers: [container(facts)],
        ...(facts.mounts.length > 0 ? { volumes: facts.mounts.map(volumeOf) } : {}),
      },
    },
  },
});
