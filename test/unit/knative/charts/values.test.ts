import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { settings } from '../../../../lib/config/settings.ts';
import { chartSettings, chartValueOf } from '../../../../scripts/generate/chart-settings.ts';
import { helmProgram, overlay, render, smallestValues } from '../../../support/helm.ts';

const charts = join(import.meta.dirname, '../../../../knative/charts');
const read = (file: string) => readFile(join(charts, file), 'utf8');

const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(await read('builds-api/values.schema.json')),
);
const defaults = load(await read('builds-api/values.yaml')) as Record<string, unknown>;
const valid = overlay(defaults, smallestValues);

/** Returns where the schema finds something wrong in values, as JSON pointers. */
const problems = (values: Record<string, unknown>): string[] => {
  validate(overlay(valid, values));
  return (validate.errors ?? []).map(({ instancePath, params }) => {
    const name = params.additionalProperty ?? params.missingProperty ?? params.propertyName;
    return name ? `${instancePath}/${name}` : instancePath;
  });
};

test('the default values with the smallest values of an installation are valid', () => {
  expect(problems({})).toEqual([]);
});

test.each(['tools', 'toolsbeta'])('the values of components/builds-api for %s are valid', async (environment) => {
  const file = join(charts, `../../components/builds-api/values/${environment}.yaml.gotmpl`);
  validate(overlay(defaults, load(await readFile(file, 'utf8')) as Record<string, unknown>));
  expect(validate.errors).toBeNull();
});

test.each([
  ['/config/limitQueued', { config: { limitQueued: '10' } }],
  ['/config/limitQueued', { config: { limitQueued: -1 } }],
  ['/config/maxParallelBuilds', { config: { maxParallelBuilds: 0 } }],
  ['/config/harborPassword', { config: { harborPassword: 'secret' } }],
  ['/config/LIMIT_QUEUED', { config: { LIMIT_QUEUED: 10 } }],
  ['/config/sourceAllowHttp', { config: { sourceAllowHttp: 'yes' } }],
  ['/config/sourceAllowedAddresses', { config: { sourceAllowedAddresses: '10.0.0.0/8' } }],
  ['/config/sourceAllowedAddresses', { config: { sourceAllowedAddresses: ['10.0.0.0/8', '10.0.0.0/8'] } }],
  [
    '/config/issuers/0/jwksUri',
    { config: { issuers: [{ issuer: 'https://a', audience: 'b', claim: 'c', prefix: 'd' }] } },
  ],
  ['/config/issuers/0', { config: { issuers: [{ issuer: 'https://a', audience: 'b', jwksUri: 'https://a' }] } }],
  ['/config/issuers/0/prefix', { config: { issuers: [{ claim: 'c' }] } }],
  ['/config/issuers/0/kind', { config: { issuers: [{ kind: 'robot' }] } }],
  ['/config/issuers/0/introspection/seconds', { config: { issuers: [{ introspection: { seconds: 301 } }] } }],
  ['/config/issuers/0/client/secret', { config: { issuers: [{ client: { id: 'x', secret: 'y' } }] } }],
  ['/config/superusers/a:b', { config: { superusers: { 'a:b': [] } } }],
  ['/config/superusers/a:b', { config: { superusers: { 'a:b': ['^a$', '^a$'] } } }],
  ['/config/superusers/a:b/0/tools', { config: { superusers: { 'a:b': [{ path: '^a$' }] } } }],
  ['/config/superusers/a:b/0/tool', { config: { superusers: { 'a:b': [{ path: '^a$', tool: 'mine' }] } } }],
  ['/config/port', { config: { port: 0 } }],
  ['/config/port', { config: { port: '8443' } }],
  ['/image/pullPolicy', { image: { pullPolicy: 'Sometimes' } }],
  ['/replicas', { replicas: 0 }],
  ['/replicas', { replicas: '2' }],
  ['/resources/limits/memroy', { resources: { limits: { memroy: '256Mi' } } }],
  ['/resources/limits/memory', { resources: { limits: { memory: 256 } } }],
  ['/resources/limits/cpu', { resources: { limits: { cpu: 0 } } }],
  ['/gateway/service/nodePort', { gateway: { service: { nodePort: 70000 } } }],
  ['/functions/start-builds', { functions: { 'start-builds': {} } }],
  ['/functions/start-build/memory', { functions: { 'start-build': { memory: '1Gi' } } }],
  ['/buildNamespace', { buildNamespace: 'image-build' }],
])('a wrong value is refused with its name: %s in %j', (pointer, values) => {
  expect(problems(values)).toContain(pointer);
});

test.each(['builder', 'runner', 'harborRepository', 's3Endpoint', 's3Bucket'])(
  'the value config.%s must be given, since nothing works without it',
  (name) => {
    const { [name]: _, ...others } = smallestValues.config as Record<string, unknown>;
    validate({ ...valid, config: { ...(defaults.config as object), ...others } });
    expect(validate.errors?.map(({ params }) => params.missingProperty)).toEqual([name]);
  },
);

test('an optional setting may be null, and a setting with a default may not', () => {
  expect(problems({ config: { capacity: null, harborUsername: null } })).toEqual([]);
  expect(problems({ config: { limitQueued: null } })).toEqual(['/config/limitQueued']);
});

test('the values have the names by which operators know them from builds-api 2', () => {
  const names = chartSettings.map(chartValueOf);
  expect(names).toEqual(
    expect.arrayContaining([
      ...['harborRepository', 'harborUsername', 'okBuildsToKeep', 'failedBuildsToKeep', 'maxParallelBuilds'],
      ...['builder', 'runner'],
    ]),
  );
  expect(new Set(names).size).toBe(names.length);
});

test('both charts use the Pipeline and the ServiceAccount that the functions use by default', async () => {
  const builder = load(await read('builds-builder/values.yaml')) as Record<string, string>;
  expect(builder.pipeline).toBe(settings.pipeline.default);
  expect(builder.serviceAccount).toBe(settings.serviceAccount.default);
});

(helmProgram ? describe : describe.skip)('helm', () => {
  test.each([
    ['limitQueued', { config: { limitQueued: 'many' } }],
    ['harborPassword', { config: { harborPassword: 'x' } }],
    ['internalClusterDomain', { certificates: { internalClusterDomain: null } }],
    ['start-builds', { functions: { 'start-builds': {} } }],
  ])('refuses a wrong value and names %s', async (name, values) => {
    await expect(render('builds-api', overlay(smallestValues, values))).rejects.toThrow(name);
  });

  test('sets the variable of every setting that is a value', async () => {
    // The smallest values have texts of the right form for some settings, and other texts have defaults.
    const exampleOf = ({ default: text, schema }: (typeof settings)[(typeof chartSettings)[number]]): unknown => {
      const [type] = [schema.type].flat();
      if (type === 'string') return text || undefined;
      return { integer: (schema as { minimum?: number }).minimum, boolean: true, array: [], object: {} }[type ?? ''];
    };
    const given = chartSettings.filter((name) => exampleOf(settings[name]) !== undefined);
    const typed = given.map((name) => [chartValueOf(name), exampleOf(settings[name])]);
    const objects = await render('builds-api', overlay(smallestValues, { config: Object.fromEntries(typed) }));
    const text = JSON.stringify(objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'sweep'));
    for (const name of given) expect(text).toContain(`"name":"${settings[name].name}"`);
  });
});
