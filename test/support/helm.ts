import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadAll } from 'js-yaml';

/** The program helm. Tests of the charts' templates are skipped without it. */
export const helmProgram = process.env.HELM;

const charts = join(import.meta.dirname, '../../knative/charts');

// biome-ignore lint/suspicious/noExplicitAny: the tests read every field of any object.
export type Manifest = { kind: string; metadata: { name: string; namespace?: string }; [field: string]: any };

type Values = { [name: string]: unknown };

/** The smallest values with which the chart builds-api can be installed. */
export const smallestValues: Values = {
  image: { name: 'registry.example.org/functions', tag: '1' },
  gateway: { image: { name: 'registry.example.org/gateway', tag: '1' } },
  certificates: { internalClusterDomain: 'tools.local' },
  config: {
    builder: 'registry.example.org/builder:1',
    runner: 'registry.example.org/run:1',
    harborRepository: 'https://harbor.example.org',
    s3Endpoint: 'https://s3.example.org',
    s3Bucket: 'build-logs',
  },
};

const isMap = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns values with others laid over them, as helm does for several files of values. */
export const overlay = (values: Values, others: Values): Values => ({
  ...values,
  ...Object.fromEntries(
    Object.entries(others).map(([name, value]) => {
      const present = values[name];
      return [name, isMap(present) && isMap(value) ? overlay(present, value) : value];
    }),
  ),
});

/** The version of Kubernetes for which the tests render. Without it helm takes the version that it was built with. */
const kubernetes = ['--kube-version', '1.32.0'];

const withValues = async <T>(values: Values, run: (file: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'helm-'));
  try {
    const file = join(folder, 'values.json');
    await writeFile(file, JSON.stringify(values));
    return await run(file);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const helm = async (words: string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(helmProgram ?? 'helm', words, { maxBuffer: 1 << 26 });
  return stdout;
};

/**
 * Renders a chart as helm would install it as the release `builds-api`.
 * @param namespace namespace of the release. Default: `builds-api`
 * @throws Error with helm's message for values that the chart refuses
 */
export const render = (chart: string, values: Values, namespace = 'builds-api'): Promise<Manifest[]> =>
  withValues(values, async (file) => {
    const words = ['template', 'builds-api', join(charts, chart), '--namespace', namespace, '--values', file];
    const objects = loadAll(await helm([...words, ...kubernetes])) as (Manifest | null)[];
    return objects.filter((object) => object !== null);
  });

/** Returns what helm's linter says about a chart. @throws Error where the chart has a defect */
export const lint = (chart: string, values: Values): Promise<string> =>
  withValues(values, (file) => helm(['lint', '--strict', join(charts, chart), '--values', file, ...kubernetes]));

/** Returns the object of a kind and name. @throws Error where it does not exist */
export const find = (objects: readonly Manifest[], kind: string, name: string): Manifest => {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`The chart renders no ${kind} ${name}.`);
  return found;
};
