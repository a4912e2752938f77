import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Json } from './pipeline/cluster.ts';

const root = join(import.meta.dirname, '../..');

/** Bundles a program with all its modules into one file, so that a pod can run the program from a ConfigMap. */
export const bundle = async (entry: string, file: string): Promise<void> => {
  const banner =
    "import{createRequire as createRequireOfBundle}from'node:module';const require=createRequireOfBundle(import.meta.url);";
  const words = [join(root, entry), '--bundle', '--platform=node', '--format=esm', '--minify', '--keep-names'];
  const more = ['--log-level=error', `--banner:js=${banner}`, `--outfile=${file}`];
  await promisify(execFile)(join(root, 'node_modules/.bin/esbuild'), [...words, ...more]);
};

/** A ConfigMap in a folder of a pod. `files` are paths in that folder, by the keys of the ConfigMap. Default: the keys. */
type ProgramMount = { configMap: string; folder: string; files?: Record<string, string> };

/** Returns a pod that runs Node.js with programs of a ConfigMap. */
export const programPod = (
  name: string,
  image: string,
  args: string[],
  env: Record<string, string>,
  { configMap, folder, files = {} }: ProgramMount,
): Json => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name } },
  spec: {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'node',
        image,
        command: ['node'],
        args,
        env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
        securityContext: {
          runAsNonRoot: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        },
        volumeMounts: [{ name: 'programs', mountPath: folder }],
      },
    ],
    volumes: [
      {
        name: 'programs',
        configMap: { name: configMap, items: Object.entries(files).map(([key, path]) => ({ key, path })) },
      },
    ],
  },
});
