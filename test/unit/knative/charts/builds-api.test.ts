import { beforeAll, describe, expect, test } from '@jest/globals';
import { services } from '../../../../functions/table.ts';
import { makeFacts } from '../../../../scripts/generate/facts.ts';
import { find, helmProgram, lint, type Manifest, overlay, render, smallestValues } from '../../../support/helm.ts';

const describeCharts = helmProgram ? describe : describe.skip;

const withValues = (values: Record<string, unknown>) => render('builds-api', overlay(smallestValues, values));

const functionsOf = (objects: readonly Manifest[]) =>
  objects.filter(({ kind, apiVersion }) => kind === 'Service' && apiVersion === 'serving.knative.dev/v1');

type Rule = { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] };

/** Returns the rules of a Role in the form of functions/table.ts. */
const grantsOf = (rules: Rule[]): object =>
  Object.fromEntries(
    rules.map(({ apiGroups: [group], resources: [resource], resourceNames: [name] = [], verbs }) => [
      (group ? `${group}/${resource}` : resource) + (name ? `#${name}` : ''),
      verbs,
    ]),
  );

const environmentOf = (objects: readonly Manifest[], name: string): Record<string, string> => {
  const service = functionsOf(objects).find(({ metadata }) => metadata.name === name);
  const env = service?.spec.template.spec.containers[0].env as { name: string; value: string }[];
  return Object.fromEntries(env.map((variable) => [variable.name, variable.value]));
};

describeCharts('the chart builds-api', () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await withValues({});
  });

  test('has no defect that the linter of helm finds', async () => {
    expect(await lint('builds-api', smallestValues)).toContain('0 chart(s) failed');
  });

  test('puts the gateway into the namespace of the release, and everything else into that of the builds', () => {
    const names = (namespace: string) =>
      objects
        .filter(({ metadata }) => metadata.namespace === namespace)
        .map(({ kind, metadata }) => [kind, metadata.name]);
    expect(names('builds-api')).toEqual([
      ['NetworkPolicy', 'gateway'],
      ['ServiceAccount', 'gateway'],
      ['ConfigMap', 'gateway'],
      ['Service', 'builds-api'],
      ['Service', 'gateway-metrics'],
      ['Deployment', 'gateway'],
    ]);
    const others = objects.filter(({ metadata }) => metadata.namespace === undefined).map(({ kind }) => kind);
    expect(new Set(others)).toEqual(
      new Set(['CustomResourceDefinition', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']),
    );
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(
      new Set([undefined, 'builds-api', 'image-build']),
    );
  });

  test('gives the gateway the chosen port of the nodes, and none where the Service is reached inside the cluster only', async () => {
    const portsFor = async (service: Record<string, unknown>) =>
      find(await withValues({ gateway: { service } }), 'Service', 'builds-api').spec.ports;
    const port = { name: 'https', port: 8443, targetPort: 'https' };
    expect(await portsFor({ type: 'NodePort', nodePort: 30843 })).toEqual([{ ...port, nodePort: 30843 }]);
    expect(await portsFor({ type: 'NodePort' })).toEqual([port]);
    expect(await portsFor({ nodePort: 30843 })).toEqual([port]);
  });

  test.each([
    ['', 'http://broker-ingress.knative-eventing.svc/image-build/builds'],
    ['Kafka', 'http://kafka-broker-ingress.knative-eventing.svc/image-build/builds'],
  ])('sends events to the ingress of a Broker of the class "%s"', async (name, url) => {
    expect(environmentOf(await withValues({ broker: { class: name } }), 'accept-tekton').BROKER_URL).toBe(url);
  });

  test('creates no Secret', () => {
    expect(objects.map(({ kind }) => kind)).not.toContain('Secret');
  });

  test('makes no object with a name that belongs to the release builds-builder of before', () => {
    const names = objects.map(({ metadata }) => metadata.name);
    for (const name of ['buildpacks', 'buildpacks-service-account']) expect(names).not.toContain(name);
  });

  test('has a Service for each row of functions/table.ts, with its own ServiceAccount and program', () => {
    expect(functionsOf(objects).map(({ metadata }) => metadata.name)).toEqual(Object.keys(services));
    for (const { metadata, spec } of functionsOf(objects)) {
      expect(spec.template.spec.serviceAccountName).toBe(metadata.name);
      expect(spec.template.spec.containers[0].args).toEqual([`/app/${metadata.name}/index.mjs`]);
    }
  });

  test.each(makeFacts({ namespace: 'image-build' }).accounts)(
    'gives the ServiceAccount $name the Role of its row and binds it to nobody else',
    ({ name, grants, hasToken }) => {
      expect(find(objects, 'ServiceAccount', name).automountServiceAccountToken).toBe(hasToken);
      const roles = objects.filter(({ kind, metadata }) => kind === 'Role' && metadata.name === name);
      expect(grantsOf(roles.flatMap(({ rules }) => rules))).toEqual(grants);
      const bindings = objects.filter(({ kind, metadata }) => kind === 'RoleBinding' && metadata.name === name);
      for (const { roleRef, subjects } of bindings)
        expect([roleRef.name, subjects]).toEqual([name, [{ kind: 'ServiceAccount', name, namespace: 'image-build' }]]);
    },
  );

  test('delivers the event types of a row to the function of that row alone, and dead letters to sweep', () => {
    const triggers = objects.filter(({ kind }) => kind === 'Trigger');
    const delivered = triggers.map(({ metadata, spec }) => [
      metadata.name,
      spec.subscriber.audience,
      spec.filters[0].any.map(({ exact }: { exact: { type: string } }) => exact.type),
    ]);
    expect(delivered).toEqual([
      ['finish-build', 'finish-build', services['finish-build'].eventTypes],
      ['archive-logs', 'archive-logs', services['archive-logs'].eventTypes],
    ]);
    expect(find(objects, 'Broker', 'builds').spec.delivery.deadLetterSink.audience).toBe('sweep');
    expect(find(objects, 'PingSource', 'sweep').spec.sink.audience).toBe('sweep');
  });

  test('restricts the container of every function', () => {
    for (const { spec } of functionsOf(objects))
      expect(spec.template.spec.containers[0].securityContext).toEqual({
        runAsNonRoot: true,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      });
  });

  test('names the domain of the cluster only where tokens and certificates hold it', async () => {
    const elsewhere = await withValues({ certificates: { internalClusterDomain: 'other.local', apiGatewayCa: 'ca' } });
    const named = elsewhere.filter((object) => JSON.stringify(object).includes('other.local'));
    expect(new Set(named.map(({ kind }) => kind))).toEqual(
      new Set(['Service', 'ValidatingAdmissionPolicy', 'Certificate']),
    );
    expect(environmentOf(elsewhere, 'sweep').EVENT_ISSUER).toBe('https://kubernetes.default.svc.other.local');
    expect(JSON.stringify(elsewhere)).not.toContain('svc.cluster.local');
  });

  test('gives a function numbers, lists, objects and dollar signs as the texts that it reads', async () => {
    const groups = { claim: 'groups', prefix: 'tools.' };
    const issuers = [
      { issuer: 'https://idp.example.org', audience: 'a', jwksUri: 'https://idp.example.org/jwks', ...groups },
    ];
    const environment = environmentOf(
      await withValues({
        config: {
          logMaxBytes: 268_435_456,
          maxParallelBuilds: 7,
          sourceAllowHttp: true,
          sourceAllowedAddresses: ['10.0.0.0/8', '::1/128'],
          harborUsername: 'robot$builds',
          issuers,
          superusers: { 'service:components-api': ['^.*$'] },
        },
      }),
      'start-build',
    );
    expect(environment).toMatchObject({
      LOG_MAX_BYTES: '268435456',
      LIMIT_RUNNING: '7',
      SOURCE_ALLOW_HTTP: 'true',
      SOURCE_ALLOWED_ADDRESSES: '10.0.0.0/8,::1/128',
      // Kubernetes replaces $$ by one dollar sign.
      REGISTRY_USER: 'robot$$builds',
    });
    expect(JSON.parse(environment.AUTH_ISSUERS ?? '')).toEqual(issuers);
    expect(JSON.parse(environment.SUPERUSERS ?? '')).toEqual({ 'service:components-api': ['^.*$$'] });
  });

  test('gives a single function the resources, the time limit and the Secrets of the values', async () => {
    const secrets = { 'log-store': 'log-store-reader' };
    const values = { 'get-logs': { resources: { limits: { memory: '512Mi' } }, timeoutSeconds: 7200, secrets } };
    const [changed, unchanged] = [
      await withValues({ functions: values, config: { streamSelfCloseMs: 7_140_000 } }),
      objects,
    ].map((rendered) => functionsOf(rendered).find(({ metadata }) => metadata.name === 'get-logs')?.spec.template.spec);
    expect([changed.timeoutSeconds, unchanged.timeoutSeconds]).toEqual([7200, services['get-logs'].timeoutSeconds]);
    expect(changed.containers[0].resources).toEqual({
      requests: unchanged.containers[0].resources.requests,
      limits: { memory: '512Mi' },
    });
    const secretsOf = ({ volumes }: { volumes: { secret?: { secretName: string } }[] }) =>
      volumes.flatMap(({ secret }) => secret?.secretName ?? []);
    expect(secretsOf(unchanged)).toContain('log-store');
    expect(secretsOf(changed)).toEqual(
      secretsOf(unchanged).map((name) => (name === 'log-store' ? 'log-store-reader' : name)),
    );
  });

  test('mounts the password of the registry account only where there is an account', async () => {
    const having = (rendered: readonly Manifest[]) =>
      functionsOf(rendered).flatMap(({ metadata, spec }) =>
        JSON.stringify(spec.template.spec.volumes ?? []).includes('"secretName":"harbor-password"')
          ? [metadata.name]
          : [],
      );
    const api = { passwordSecretName: 'harbor-password' };
    expect(having(await withValues({ api }))).toEqual([]);
    const withAccount = await withValues({ api, config: { harborUsername: 'robot' } });
    expect(having(withAccount)).toEqual(['start-build', 'quota', 'clean-images']);
    expect(environmentOf(withAccount, 'quota').REGISTRY_PASSWORD_FILE).toBe('/secrets/registry-account/password');
    expect(environmentOf(withAccount, 'sweep').ARCHIVER_KNOWN_SECRETS).toContain('harbor-password/password');
  });

  test('gives the policies that read settings the settings of the functions', async () => {
    const rendered = await withValues({ config: { buildTimeout: '30m' } });
    const { variables } = find(rendered, 'ValidatingAdmissionPolicy', 'image-build-runs').spec;
    expect(JSON.parse(variables[0].expression)).toMatchObject({
      BUILDER: 'registry.example.org/builder:1',
      BUILD_TIMEOUT: '30m',
      ARCHIVER_IMAGE: 'registry.example.org/functions:1',
    });
    const reading = rendered.filter(
      ({ kind, spec }) =>
        kind === 'ValidatingAdmissionPolicy' && JSON.stringify(spec.validations).includes('variables.settings'),
    );
    // The settings are the first variable, because later ones use them.
    expect(reading.map(({ spec }) => spec.variables[0])).toEqual([variables[0], variables[0]]);
    expect(variables.map(({ name }: { name: string }) => name)).toEqual(['settings', 'tool', 'registry', 'project']);
  });

  test('binds every policy to the namespace of the builds, fails closed and refuses with 403', () => {
    const policies = objects.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
    expect(policies.map(({ metadata }) => metadata.name).sort()).toEqual(
      ['archivers', 'ledgers', 'run-updates', 'runs', 'writes'].map((name) => `image-build-${name}`),
    );
    for (const { metadata, spec } of policies) {
      expect(spec.failurePolicy).toBe('Fail');
      expect(spec.matchConditions[0].expression).toContain("'system:serviceaccount:image-build:'");
      for (const { reason } of spec.validations) expect(reason).toBe('Forbidden');
      const binding = find(objects, 'ValidatingAdmissionPolicyBinding', metadata.name).spec;
      expect([binding.policyName, binding.validationActions]).toEqual([metadata.name, ['Deny']]);
      expect(binding.matchResources.namespaceSelector.matchLabels['kubernetes.io/metadata.name']).toBe('image-build');
    }
  });

  test('keeps the definitions with the builds of all tools when the release is uninstalled', () => {
    const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(definitions.map(({ metadata }) => metadata)).toEqual([
      expect.objectContaining({ annotations: { 'helm.sh/resource-policy': 'keep' } }),
      expect.objectContaining({ annotations: { 'helm.sh/resource-policy': 'keep' } }),
    ]);
  });

  test('replaces the pods of the gateway when its files change, and lets open logs end', async () => {
    const gateway = (rendered: readonly Manifest[]) => find(rendered, 'Deployment', 'gateway').spec.template;
    const debugging = await withValues({ config: { debug: true } });
    expect(find(debugging, 'ConfigMap', 'gateway').data['nginx.conf']).toContain('error_log stderr info;');
    expect(gateway(debugging).metadata.annotations).not.toEqual(gateway(objects).metadata.annotations);
    expect(gateway(objects).spec.terminationGracePeriodSeconds).toBeGreaterThan(600);
  });

  test('serves the API gateway with a certificate of its authority, under the name that it calls', async () => {
    const rendered = await withValues({
      certificates: { apiGatewayCa: 'api-gateway-backend-ca' },
      gateway: { service: { name: 'builds-functions' }, apiGatewaySubject: 'CN=api-gateway' },
    });
    const { spec } = find(rendered, 'Certificate', 'builds-api-api-gateway-server');
    expect(spec.issuerRef).toMatchObject({ kind: 'ClusterIssuer', name: 'api-gateway-backend-ca' });
    expect(spec.dnsNames).toEqual(
      ['builds-api', 'builds-functions'].flatMap((name) => [
        `${name}.builds-api.svc`,
        `${name}.builds-api.svc.tools.local`,
      ]),
    );
    const pod = find(rendered, 'Deployment', 'gateway').spec.template.spec;
    const tls = (volumes: { name: string; secret?: object }[]) => volumes.find(({ name }) => name === 'tls')?.secret;
    expect(tls(pod.volumes)).toEqual({ secretName: spec.secretName });
    expect(pod.containers[0].env).toEqual([
      { name: 'NAMESPACE', value: 'image-build' },
      { name: 'CALLERS', value: 'api-gateway' },
      { name: 'API_GATEWAY_SUBJECT', value: 'CN=api-gateway' },
    ]);
    expect(tls(find(objects, 'Deployment', 'gateway').spec.template.spec.volumes)).toEqual({
      secretName: 'gateway-tls',
    });
  });

  test('has routes of the Gateway API that remove what a client must not tell Knative', async () => {
    const rendered = await withValues({ gatewayApi: { enabled: true } });
    const [modifier, rewrite] = find(rendered, 'HTTPRoute', 'builds-quota').spec.rules[0].filters;
    const { set, remove } = modifier.requestHeaderModifier;
    // The Gateway API allows 16 headers.
    expect(remove.length).toBeLessThanOrEqual(16);
    expect(remove).toEqual(expect.arrayContaining(['K-Network-Probe', 'K-Kubelet-Probe', 'X-Toolforge-Tool']));
    expect(set).toEqual([{ name: 'User-Agent', value: 'builds-gateway' }]);
    expect(rewrite.urlRewrite.hostname).toBe('quota.image-build.svc');
    expect(find(rendered, 'ReferenceGrant', 'builds').spec.from[0].namespace).toBe('image-build');
  });
});
