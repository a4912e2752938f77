import type { Mount } from '../../functions/row.ts';
import type { ServiceFacts } from './facts.ts';
import { volumeMountOf, volumeOf } from './services.ts';

const container = '/spec/template/spec/containers/0';

/** Returns JSON patches that add a mount to a Knative Service that has mounts and environment variables already. */
const patchOf = (mount: Mount): object[] => [
  ...Object.entries(mount.environment ?? {}).map(([name, value]) => ({
    op: 'add',
    path: `${container}/env/-`,
    value: { name, value },
  })),
  { op: 'add', path: `${container}/volumeMounts/-`, value: volumeMountOf(mount) },
  { op: 'add', path: '/spec/template/spec/volumes/-', value: volumeOf(mount) },
];

/** Returns a kustomize Component that adds a mount to each function whose row in functions/table.ts has the mount. */
export const componentManifest = (component: string, services: readonly ServiceFacts[]): object => {
  const having = services.flatMap(({ name, optionalMounts }) => {
    const mount = optionalMounts.find((one) => one.component === component);
    return mount ? [{ name, mount }] : [];
  });
  return {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    patches: having.map(({ name, mount }) => ({
      target: { group: 'serving.knative.dev', kind: 'Service', name: `^${name}$` },
      patch: JSON.stringify(patchOf(mount), null, 1),
    })),
  };
};
