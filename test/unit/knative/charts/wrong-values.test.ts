import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { services } from '../../../../functions/table.ts';
import { helmProgram, overlay, render, smallestValues } from '../../../support/helm.ts';

type Values = Record<string, unknown>;

/** Returns the sentences with which a chart refuses values. No sentence: the chart accepts the values. */
const refusals = async (chart: string, values: Values, namespace?: string): Promise<string[]> => {
  const refused = await render(chart, values, namespace).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return refused?.split('\n').filter((line) => / (must|needs|has) /.test(line)) ?? [];
};
const refusalsOf = (values: Values, namespace?: string) =>
  refusals('builds-api', overlay(smallestValues, values), namespace);

const image = (name: string) => `registry.example.org/${name}:1@sha256:${'a'.repeat(64)}`;
const networks =
  'config.sourceAllowedAddresses must be a list of address ranges such as 10.0.0.0/8, each with its first';
const name = 'a name of at most 63 lower-case letters, digits and hyphens.';
const zeros = `@sha256:${'0'.repeat(64)}`;
const issuer = { issuer: 'https://a.example.org', audience: 'a', jwksUri: 'https://a.example.org/keys' };

(helmProgram ? describe : describe.skip)('the chart builds-api refuses', () => {
  test('texts of the wrong form, all of them at once, with the name of each value and what it must be', async () => {
    const sentences = await refusalsOf({
      buildsNamespace: 'Image Build',
      image: { name: 'registry.example.org/functions:1', tag: 'latest@sha256:abc' },
      certificates: { internalClusterDomain: 'https://tools.local', apiGatewayCa: 'Not_A_Name' },
      api: { passwordSecretName: '' },
      gateway: { apiGatewaySubject: 'CN="x"' },
      broker: { class: 'K a' },
      config: {
        builder: 'Not An Image',
        runner: '',
        latestBuilder: 'UPPER',
        latestRunner: image('run'),
        harborRepository: 'https://user:password@harbor.example.org',
        harborUsername: ' robot',
        buildTimeout: '0s',
        registryKind: 'Harbor',
        logSteps: ['export'],
        metricsSubjects: ['a b'],
        s3Endpoint: 's3.example.org',
      },
      functions: { 'get-logs': { secrets: { 'log-store': 'Not_A_Name' } } },
    });
    const expected = [
      `buildsNamespace must be ${name} "Image Build" is wrong.`,
      'image.name must be an image without its tag, such as harbor.example.org/toolforge/builds/functions. "registry.example.org/functions:1" is wrong.',
      'image.tag must be a tag, with the digest where one is known, such as 1.0@sha256:… with 64 hexadecimal digits. "latest@sha256:abc" is wrong.',
      'certificates.internalClusterDomain must be the cluster\'s DNS domain such as tools.local. "https://tools.local" is wrong.',
      `certificates.apiGatewayCa must be empty or ${name} "Not_A_Name" is wrong.`,
      `api.passwordSecretName must be ${name} "" is wrong.`,
      'gateway.apiGatewaySubject must be a subject as nginx prints it, such as CN=api-gateway, without quotation marks, backslashes and dollar signs. "CN=\\"x\\"" is wrong.',
      'broker.class must be empty or the class of a Broker such as Kafka. "K a" is wrong.',
      'config.builder must be a container image. "Not An Image" is wrong.',
      'config.runner must be a container image. "" is wrong.',
      'config.latestBuilder must be empty or a container image. "UPPER" is wrong.',
      'config.harborRepository must be an http or https URL without credentials. "https://…@harbor.example.org" is wrong.',
      'config.harborUsername must be empty or a user name. " robot" is wrong.',
      'config.buildTimeout must be a duration such as 1h0m0s. "0s" is wrong.',
      'config.registryKind must be harbor or oci. "Harbor" is wrong.',
      'config.logSteps must be a list of some of clone, prepare, copy-stack-toml, detect, inject-buildpacks, build, fix-permissions, results. "export" is wrong.',
      'config.metricsSubjects must be a list of the subjects of tokens. "a b" is wrong.',
      'config.s3Endpoint must be an http or https URL without credentials. "s3.example.org" is wrong.',
      `functions.get-logs.secrets.log-store must be ${name} "Not_A_Name" is wrong.`,
    ];
    for (const sentence of expected) expect(sentences).toContain(sentence);
    expect(JSON.stringify(sentences)).not.toContain('password@');
  });

  test('address ranges that do not exist, or do not begin with their first address', async () => {
    const ranges = [
      ...['10.0.0.0/99', '10.0.0.0/33', '300.1.1.1/32', '10.0.0/8', '10.0.0.1', '010.0.0.0/8', '10.1.2.3/8', ''],
      ...['172.17.0.0/12', '::1/129', 'fd00:::/8', '1:2:3:4:5:6:7:8:9/128', 'fd00::1/8', 'fd12:3456::/16'],
    ];
    expect(await refusalsOf({ config: { sourceAllowedAddresses: ranges } })).toEqual(
      ranges.map((range) => `${networks} address. "${range}" is wrong.`),
    );
  });

  test('no address range that is right', async () => {
    const ranges = ['10.0.0.0/8', '172.16.0.0/12', '10.1.2.3/32', '0.0.0.0/0', '192.168.5.128/25', '10.0.0.255/32'];
    const ipv6 = [
      '::/0',
      '::1/128',
      'fd00::/8',
      'fd12:3450::/28',
      '1:2:3:4:5:6:7:8/128',
      'FD00:a::b:0/112',
      '::8:0/109',
    ];
    expect(await refusalsOf({ config: { sourceAllowedAddresses: [...ranges, ...ipv6] } })).toEqual([]);
  });

  test.each(['2026-13-45', '2026-02-30', '2025-02-29', '2026-04-27\n'])('the date %j', async (deprecatedValidUntil) => {
    const deprecated = { deprecatedBuilder: image('builder'), deprecatedRunner: image('run') };
    expect(await refusalsOf({ config: { ...deprecated, deprecatedValidUntil } })).toEqual([
      `config.deprecatedValidUntil must be empty or a date of the calendar such as 2026-04-27. ${JSON.stringify(deprecatedValidUntil)} is wrong.`,
    ]);
  });

  test.each([
    [{ latestBuilder: image('b') }, ['latestRunner']],
    [{ latestRunner: image('b'), latestBuilder: '' }, ['latestBuilder']],
    [{ deprecatedBuilder: image('b') }, ['deprecatedRunner', 'deprecatedValidUntil']],
    [{ deprecatedBuilder: image('b'), deprecatedRunner: image('r') }, ['deprecatedValidUntil']],
    [{ deprecatedValidUntil: '2028-02-29' }, ['deprecatedBuilder', 'deprecatedRunner']],
  ])('values of a pair without the others: %j', async (config, missing) => {
    const sentences = await refusalsOf({ config });
    expect(sentences.map((line) => line.split(' must be set, because config.')[0])).toEqual(
      missing.map((value) => `config.${value}`),
    );
  });

  test.each([['^/builds', '.*', '/builds$', ''], [{ path: '.*', tools: ['mine'] }]])(
    'paths of superusers without anchors: %j',
    async (...rules) => {
      const sentences = await refusalsOf({ config: { superusers: { 'service:a': rules } } });
      expect(sentences).toHaveLength(rules.length);
      for (const line of sentences)
        expect(line).toMatch(
          /^config\.superusers\.service:a.* must be a regular expression .* begins with \^ and ends/,
        );
    },
  );

  test('a superuser whose name has no colon, since a tool could have that name', async () => {
    const sentences = await refusalsOf({ config: { superusers: { 'components-api': ['^.*$'] } } });
    expect(sentences).toEqual([
      'config.superusers must be an object whose names have a colon, such as service:components-api. "components-api" is wrong.',
    ]);
  });

  test('addresses and files of issuers of the wrong form', async () => {
    const introspection = { uri: 'https://a.example.org', clientId: 'a', secretFile: 'secret' };
    const wrong = { ...issuer, jwksUri: 'a.example.org', claim: 'groups', prefix: '', introspection };
    expect(await refusalsOf({ config: { issuers: [wrong] } })).toEqual([
      'config.issuers.jwksUri must be an http or https URL. "a.example.org" is wrong.',
      'config.issuers.prefix must be a text. "" is wrong.',
      'config.issuers.introspection.secretFile must be the absolute path of a file. "secret" is wrong.',
    ]);
  });

  test('sizes and processors that Kubernetes would refuse, or would take for far too little', async () => {
    const sizes = ['256MB', '256m', '256', '1 Gi', '-1Gi', 'Gi', '256mi', '1e3', ''];
    const processors = ['250M', '1,5', '0.0001', 'one', '', '-1', '1 ', '1Gi', '0x1'];
    const names = Object.keys(services).slice(0, sizes.length);
    const resourcesAt = (at: number) => ({ requests: { cpu: processors[at] }, limits: { memory: sizes[at] } });
    const functions = Object.fromEntries(names.map((key, at) => [key, { resources: resourcesAt(at) }]));
    const expected = names.flatMap((key, at) => [
      `functions.${key}.resources.limits.memory must be a size such as 256Mi or 1Gi. "${sizes[at]}" is wrong.`,
      `functions.${key}.resources.requests.cpu must be processors such as 250m or 1.5. "${processors[at]}" is wrong.`,
    ]);
    expect((await refusalsOf({ functions })).sort()).toEqual(expected.sort());
  });

  test('requests above the limits, which no pod may have', async () => {
    const resources = { requests: { cpu: '1500m', memory: '0.5Gi' }, limits: { cpu: 1, memory: '512M' } };
    const functions = { quota: { resources: { limits: { memory: '64Mi' } } }, metrics: { resources } };
    const requests = { memory: '257Mi' };
    expect(await refusalsOf({ resources: { requests }, functions })).toEqual([
      'resources.requests.memory must be at most 256Mi, which is the limit. "257Mi" is more.',
      'functions.quota.resources.requests.memory must be at most 64Mi, which is the limit. "96Mi" is more.',
      'functions.metrics.resources.requests.cpu must be at most 1, which is the limit. "1500m" is more.',
      'functions.metrics.resources.requests.memory must be at most 512M, which is the limit. "0.5Gi" is more.',
    ]);
    const latest = { resources: { build: { limits: { memory: '256Mi' } } } };
    const others = { requests: { memory: '2Gi' } };
    expect(await refusals('builds-builder', { latest, deprecated: { resources: { others } } })).toEqual([
      'latest.resources.build.requests.memory must be at most 256Mi, which is the limit. "512Mi" is more.',
      'deprecated.resources.others.requests.memory must be at most 1Gi, which is the limit. "2Gi" is more.',
    ]);
  });

  test.each([
    [{ functions: { 'get-logs': { timeoutSeconds: 7200 } } }, 'set config.streamSelfCloseMs to 7140000.'],
    [{ functions: { 'get-logs': { timeoutSeconds: 30 } } }, 'set config.streamSelfCloseMs to 1000.'],
    [{ config: { streamSelfCloseMs: 7_140_000 } }, 'config.streamSelfCloseMs must be at most 590000,'],
    [
      { functions: { 'get-logs': { timeoutSeconds: 7200 } }, config: { streamSelfCloseMs: 7_190_001 } },
      'config.streamSelfCloseMs must be at most 7190000,',
    ],
  ])('a log stream that Knative would cut, or that would end long before: %j', async (values, sentence) => {
    expect(await refusalsOf(values)).toEqual([expect.stringContaining(sentence)]);
  });

  test('no log stream that ends itself ten seconds before Knative cuts it', async () => {
    const functions = { 'get-logs': { timeoutSeconds: 7200 } };
    expect(await refusalsOf({ functions, config: { streamSelfCloseMs: 7_190_000 } })).toEqual([]);
    expect(await refusalsOf({ config: { streamSelfCloseMs: 590_000 } })).toEqual([]);
  });

  test('the namespace of the release as the namespace of the builds', async () => {
    const sentence = 'buildsNamespace must be another namespace than that of the release, builds-api,';
    expect(await refusalsOf({ buildsNamespace: 'builds-api' })).toEqual([expect.stringContaining(sentence)]);
    expect(await refusalsOf({}, 'image-build')).toHaveLength(1);
  });

  test("the subject of an API gateway without the API gateway's authority, and a Broker of unknown address", async () => {
    expect(await refusalsOf({ gateway: { apiGatewaySubject: 'CN=x' }, broker: { class: 'RabbitMQBroker' } })).toEqual([
      expect.stringContaining('gateway.apiGatewaySubject needs certificates.apiGatewayCa'),
      expect.stringContaining('broker.class RabbitMQBroker needs config.brokerUrl'),
    ]);
  });

  test('the digests of the example component', async () => {
    const file = join(import.meta.dirname, '../../../../components/builds-api/values/tools.yaml.gotmpl');
    const sentences = await refusals('builds-api', load(await readFile(file, 'utf8')) as Values);
    expect(sentences.map((line) => line.replace(/ has the digest of an example\. Take .*/, '')).sort()).toEqual([
      ...['config.builder', 'config.latestBuilder', 'config.latestRunner', 'config.runner'],
      ...['gateway.image.tag', 'image.tag'],
    ]);
    expect(await refusalsOf({ image: { tag: `1${zeros.slice(0, -1)}1` } })).toEqual([]);
  });

  test('no value that is right in another way than the examples', async () => {
    const timeouts = ['1h0m0s', '10m0s', '30m', '0h0m30s', '2h'];
    const sizes = ['0.5Gi', '256Mi', '1G', '500k', '2Ti'];
    const processors = ['250m', 1.5, '2', '0.001', 1];
    const accepted = await Promise.all(
      timeouts.map((buildTimeout, at) => {
        const requests = { memory: sizes[at], cpu: processors[at] };
        const resources = { requests, limits: requests };
        return refusalsOf({ config: { buildTimeout }, resources, broker: { class: 'Kafka' } });
      }),
    );
    expect(accepted.flat()).toEqual([]);
  });
});

(helmProgram ? describe : describe.skip)('the chart builds-builder refuses', () => {
  test('values of the wrong form with a sentence for each', async () => {
    const blockedAddresses = { ipv4: ['10.0.0.1', '10.1.0.0/8'], ipv6: ['10.0.0.0/8', 'fd00::/8'] };
    const resources = { build: { limits: { memory: '4GB', 'ephemeral-storage': '8Gi' } } };
    const latest = { home: '/layers', timeouts: { build: '0s', clone: '1h30m' } };
    const ranges = (kind: string, example: string, range: string) =>
      `blockedAddresses.${kind} must be a list of address ranges such as ${example}, each with its first address. "${range}" is wrong.`;
    const values = { pipeline: 'Not A Name', default: { resources }, latest, blockedAddresses };
    expect(await refusals('builds-builder', values)).toEqual([
      `pipeline must be ${name.replace('63', '52')} "Not A Name" is wrong.`,
      'default.resources.build.limits.memory must be a size such as 256Mi or 1Gi. "4GB" is wrong.',
      'latest.home must be a folder below /home, such as /home/build, or /tekton/home. "/layers" is wrong.',
      'latest.timeouts.build must be a duration such as 1h0m0s. "0s" is wrong.',
      ranges('ipv4', '10.0.0.0/8', '10.0.0.1'),
      ranges('ipv4', '10.0.0.0/8', '10.1.0.0/8'),
      ranges('ipv6', 'fd00::/8', '10.0.0.0/8'),
    ]);
  });
});
