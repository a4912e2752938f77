import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { loadAll } from 'js-yaml';
import { openAuthority } from '../local/certificates.ts';
import { openIssuer } from '../local/issuer.ts';

const tests = join(import.meta.dirname, '../test/e2e');

/** Folder with what belongs to one cluster for tests: values, secrets and keys. */
export const siteFolder = join(tests, 'site');

/** Required environment variables, with their meaning. They describe the cluster for tests. */
const variables = {
  BUILDER: 'the builder image, as scripts/build-builder.ts prints it',
  RUNNER: 'the run image, likewise',
  TEST_REGISTRY: 'the registry for the images of the builds, such as http://registry.example:5000',
  TEST_S3_ENDPOINT: 'an S3 service, such as http://s3.example:9000',
  TEST_S3_ACCESS_KEY: 'its access key',
  TEST_S3_SECRET_KEY: 'its secret key',
} as const;

type Site = Record<keyof typeof variables, string> & { domain: string };

/** An image as the chart's values name it. */
export type ImageValue = { name: string; tag: string };
export type Images = { functions: ImageValue; gateway: ImageValue };

const bucket = 'build-logs';
const builds = 'image-build';
const api = 'builds-api';

/** URL of the tests' static issuer, which the tests' values trust. */
export const testIssuer = `http://issuer.${builds}.svc`;

const readSite = (environment: Record<string, string | undefined>): Site => {
  const missing = Object.entries(variables).filter(([name]) => !environment[name]);
  if (missing.length > 0)
    throw new Error(
      `Set these variables for the cluster for tests:\n${missing.map((pair) => `  ${pair.join(': ')}`).join('\n')}`,
    );
  return { ...(environment as Site), domain: environment.CLUSTER_DOMAIN || 'cluster.local' };
};

/**
 * The trusted issuers: the tests' static issuer for people and for CI, the cluster for ServiceAccounts, and the issuer
 * that test/e2e/auth/sign-in.test.ts starts. The service introspects the tokens of that issuer, with the gateway's
 * secret.
 */
const issuers = ({ domain }: Site): object[] => {
  const audience = 'builds-api';
  const groups = { claim: 'groups', prefix: 'tools.' };
  const token = '/var/run/secrets/kubernetes.io/serviceaccount';
  const signIn = `http://sign-in.${builds}.svc`;
  const ofCi = { match: { project_path: 'toolforge-repos/{tool}', ref_protected: 'true' }, scopes: ['read', 'build'] };
  const ofPods = { match: { sub: 'system:serviceaccount:tool-{tool}:*' }, scopes: ['read', 'build'] };
  const introspection = { uri: `${signIn}/introspect`, clientId: 'builds-api', seconds: 1 };
  return [
    { issuer: testIssuer, audience, jwksUri: `${testIssuer}/jwks`, ...groups },
    { issuer: `${testIssuer}/ci`, audience, jwksUri: `${testIssuer}/jwks`, kind: 'ci', rules: [ofCi] },
    {
      issuer: `https://kubernetes.default.svc.${domain}`,
      audience,
      kind: 'service-account',
      jwksUri: 'https://kubernetes.default.svc/openid/v1/jwks',
      caFile: `${token}/ca.crt`,
      tokenFile: `${token}/token`,
      rules: [ofPods],
    },
    {
      issuer: signIn,
      audience,
      jwksUri: `${signIn}/jwks`,
      ...groups,
      scopeClaim: 'scope',
      client: { id: 'toolforge-build' },
      introspection: { ...introspection, secretFile: '/secrets/gateway/secret' },
    },
  ];
};

const valuesOf = (site: Site, images: Images): object => ({
  image: images.functions,
  gateway: { image: images.gateway },
  certificates: { internalClusterDomain: site.domain },
  config: {
    builder: site.BUILDER,
    runner: site.RUNNER,
    harborRepository: site.TEST_REGISTRY,
    s3Endpoint: site.TEST_S3_ENDPOINT,
    s3Bucket: bucket,
    issuers: issuers(site),
  },
});

/** Writes a file unless the file exists. An existing secret is kept, since running functions use it. */
const readOrWrite = async (path: string, make: () => string): Promise<void> => {
  await readFile(path).catch(() => writeFile(path, make(), { mode: 0o600 }));
};

const makeBucket = async (site: Site): Promise<void> => {
  const keys = { accessKeyId: site.TEST_S3_ACCESS_KEY, secretAccessKey: site.TEST_S3_SECRET_KEY };
  const client = new AwsClient({ ...keys, service: 's3', region: 'us-east-1' });
  const response = await client.fetch(`${site.TEST_S3_ENDPOINT}/${bucket}`, { method: 'PUT' });
  if (!response.ok && response.status !== 409)
    throw new Error(`The S3 service did not make the bucket ${bucket}: ${response.status} ${await response.text()}`);
};

const writeCertificates = async (): Promise<void> => {
  const authority = await openAuthority(join(siteFolder, 'authority.json'));
  const hosts = [api, `${api}.${api}`, `${api}.${api}.svc`, 'localhost'];
  const { key, certificate } = await authority.issue('CN=gateway', hosts);
  await writeFile(join(siteFolder, 'tls.key'), key, { mode: 0o600 });
  await writeFile(join(siteFolder, 'tls.crt'), certificate);
  await writeFile(join(siteFolder, 'ca.crt'), authority.certificate);
};

const readFiles = async (names: string[]): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(siteFolder, name), 'utf8')])),
  );

const secret = async (namespace: string, name: string, files: string[], type = 'Opaque'): Promise<object> => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  type,
  stringData: await readFiles(files),
});

const issuerManifests = async ({ functions }: Images): Promise<object[]> => {
  const text = await readFile(join(tests, 'deploy/issuer.yaml'), 'utf8');
  const jwks = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'issuer', namespace: builds } };
  return [
    { ...jwks, data: await readFiles(['jwks']) },
    ...(loadAll(text.replace('IMAGE', `${functions.name}:${functions.tag}`)) as object[]),
  ];
};

/** Returns the Secrets that the chart names, and the tests' issuer. */
const manifestsOf = async (images: Images): Promise<object[]> => [
  await secret(builds, 'gateway', ['secret']),
  await secret(api, 'gateway', ['secret']),
  await secret(api, 'gateway-tls', ['tls.crt', 'tls.key', 'ca.crt']),
  await secret(builds, 'log-store', ['access-key', 'secret-key']),
  await secret(builds, 'registry-credentials', ['.dockerconfigjson'], 'kubernetes.io/dockerconfigjson'),
  ...(await issuerManifests(images)),
];

/**
 * Writes test/e2e/site: the chart's values that describe the cluster, manifests with new secrets, and keys.
 * @throws Error that names the missing variables
 */
export const writeTestSite = async (images: Images, environment: Record<string, string | undefined>): Promise<void> => {
  const site = readSite(environment);
  await makeBucket(site);
  await mkdir(siteFolder, { recursive: true, mode: 0o700 });
  await writeFile(join(siteFolder, 'values.json'), JSON.stringify(valuesOf(site, images), null, 1));
  await writeFile(join(siteFolder, 'access-key'), site.TEST_S3_ACCESS_KEY, { mode: 0o600 });
  await writeFile(join(siteFolder, 'secret-key'), site.TEST_S3_SECRET_KEY, { mode: 0o600 });
  await readOrWrite(join(siteFolder, '.dockerconfigjson'), () => JSON.stringify({ auths: {} }));
  await readOrWrite(join(siteFolder, 'secret'), () => randomBytes(32).toString('hex'));
  await readFile(join(siteFolder, 'tls.crt')).catch(writeCertificates);
  const issuer = await openIssuer(join(siteFolder, 'issuer.json'), testIssuer);
  await writeFile(join(siteFolder, 'jwks'), JSON.stringify(issuer.jwks));
  const list = { apiVersion: 'v1', kind: 'List', items: await manifestsOf(images) };
  await writeFile(join(siteFolder, 'manifests.json'), JSON.stringify(list, null, 1), { mode: 0o600 });
};
