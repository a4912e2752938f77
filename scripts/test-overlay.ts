import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { openAuthority } from '../local/certificates.ts';
import { openIssuer } from '../local/issuer.ts';

export const siteFolder = join(import.meta.dirname, '../knative/overlays/test/site');

/** Required environment variables, with their meaning. They describe the cluster to knative/overlays/test. */
const variables = {
  BUILDER: 'the builder image, as scripts/build-builder.ts prints it',
  RUNNER: 'the run image, likewise',
  TEST_REGISTRY: 'the registry for the images of the builds, such as http://registry.example:5000',
  TEST_S3_ENDPOINT: 'an S3 service, such as http://s3.example:9000',
  TEST_S3_ACCESS_KEY: 'its access key',
  TEST_S3_SECRET_KEY: 'its secret key',
} as const;

type Site = Record<keyof typeof variables, string>;

const bucket = 'build-logs';

/** URL of the tests' static issuer, which knative/overlays/test trusts. */
export const testIssuer = 'http://issuer.image-build.svc.cluster.local';

const readSite = (environment: Record<string, string | undefined>): Site => {
  const missing = Object.entries(variables).filter(([name]) => !environment[name]);
  if (missing.length > 0)
    throw new Error(
      `Set these variables for the overlay for tests:\n${missing.map((pair) => `  ${pair.join(': ')}`).join('\n')}`,
    );
  return environment as Site;
};

const secret = (name: string, files: string[], type = 'Opaque') => ({
  name,
  namespace: 'image-build',
  type,
  files,
  options: { disableNameSuffixHash: true },
});

const kustomization = {
  apiVersion: 'kustomize.config.k8s.io/v1alpha1',
  kind: 'Component',
  configMapGenerator: [
    {
      name: 'settings',
      namespace: 'image-build',
      behavior: 'merge',
      envs: ['settings.env'],
    },
    { name: 'issuer', namespace: 'image-build', files: ['jwks'] },
  ],
  secretGenerator: [
    secret('gateway', ['secret']),
    secret('gateway-tls', ['tls.crt', 'tls.key', 'ca.crt']),
    secret('log-store', ['access-key', 'secret-key']),
    secret('registry-credentials', ['.dockerconfigjson'], 'kubernetes.io/dockerconfigjson'),
  ],
};

const settingsOf = (site: Site, images: Record<string, string>): string => {
  const values = {
    ...images,
    BUILDER: site.BUILDER,
    RUNNER: site.RUNNER,
    REGISTRY_URL: site.TEST_REGISTRY,
    S3_ENDPOINT: site.TEST_S3_ENDPOINT,
    S3_BUCKET: bucket,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
};

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
  const hosts = ['gateway', 'gateway.image-build', 'gateway.image-build.svc', 'localhost'];
  const { key, certificate } = await authority.issue('CN=gateway', hosts);
  await writeFile(join(siteFolder, 'tls.key'), key, { mode: 0o600 });
  await writeFile(join(siteFolder, 'tls.crt'), certificate);
  await writeFile(join(siteFolder, 'ca.crt'), authority.certificate);
};

/**
 * Writes knative/overlays/test/site: settings that describe the cluster, and new secrets.
 * @param images the settings that name images
 * @throws Error that names the missing variables
 */
export const writeTestOverlay = async (
  images: Record<string, string>,
  environment: Record<string, string | undefined>,
): Promise<void> => {
  const site = readSite(environment);
  await makeBucket(site);
  await mkdir(siteFolder, { recursive: true, mode: 0o700 });
  await writeFile(join(siteFolder, 'kustomization.yaml'), JSON.stringify(kustomization, null, 1));
  await writeFile(join(siteFolder, 'settings.env'), settingsOf(site, images));
  await writeFile(join(siteFolder, 'access-key'), site.TEST_S3_ACCESS_KEY, { mode: 0o600 });
  await writeFile(join(siteFolder, 'secret-key'), site.TEST_S3_SECRET_KEY, { mode: 0o600 });
  await readOrWrite(join(siteFolder, '.dockerconfigjson'), () => JSON.stringify({ auths: {} }));
  await readOrWrite(join(siteFolder, 'secret'), () => randomBytes(32).toString('hex'));
  await readFile(join(siteFolder, 'tls.crt')).catch(writeCertificates);
  const issuer = await openIssuer(join(siteFolder, 'issuer.json'), testIssuer);
  await writeFile(join(siteFolder, 'jwks'), JSON.stringify(issuer.jwks));
};
