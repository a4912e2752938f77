import { isSuperusers, superusersProblem, superusersSchema } from '../auth/superusers.ts';
import { issuersProblem, issuersSchema, type TrustedIssuer } from '../auth/trusted-issuers.ts';
import { RemovedSettingError, RenamedSettingError } from '../errors.ts';
import type { Log } from '../log.ts';
import { cidrs, date, flag, integer, json, list, pageUrl, proxy, text, url } from './parse.ts';
import { removedSettings, renamedSettings } from './renamed.ts';
import { secretFile, secretFolder } from './secrets.ts';
import { type Environment, optional, readSetting, type Setting } from './setting.ts';

const isIssuers = (value: unknown): value is TrustedIssuer[] => issuersProblem(value) === undefined;

const pathComponent = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
/** Matches the reference of an image: host, path, tag and digest. Only a part of the path must be there. */
const image = new RegExp(
  `^(?:(?:[A-Za-z0-9.-]+|\\[[0-9a-f:]+\\])(?::[0-9]+)?/)?${pathComponent}(?:/${pathComponent})*(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);
const name = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Matches hours, minutes and seconds that are not all zero: Tekton takes a timeout of zero as none. */
const duration = /^(0*[1-9][0-9]*h([0-9]+m)?([0-9]+s)?|(0+h)?0*[1-9][0-9]*m([0-9]+s)?|(0+h)?(0+m)?0*[1-9][0-9]*s)$/;
const path = /^\//;
const host = /^(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9.-]+)(:[0-9]+)?$/;

/**
 * Steps that hold no credentials of the registry. builds-api's pipeline has all of them, and this service's pipeline has
 * clone, detect and build. Any other step may hold them, so its log is never shown.
 */
const stepsWithoutCredentials = [
  'clone',
  'prepare',
  'copy-stack-toml',
  'detect',
  'inject-buildpacks',
  'build',
  'fix-permissions',
  'results',
];

/** All settings of the service, by the names that code uses. docs/settings.md is generated from this table. */
export const settings = {
  port: integer('PORT', { min: 0, max: 65535 }, 8080),
  kubeconfig: optional(text('KUBECONFIG', 'the path of a kubeconfig file, or several separated by colons', /./)),
  kubernetesHost: optional(text('KUBERNETES_SERVICE_HOST', 'the address of the API server', /./)),
  kubernetesPort: text('KUBERNETES_SERVICE_PORT', 'the port of the API server', /^[0-9]+$/, '443'),
  namespace: optional(text('BUILDS_NAMESPACE', 'the namespace of the builds', name)),

  issuers: json(
    'AUTH_ISSUERS',
    'a JSON list of issuers, each with issuer, audience, jwksUri, and claim and prefix or rules',
    isIssuers,
    '[]',
    issuersSchema,
    issuersProblem,
  ),
  authResource: text('AUTH_RESOURCE', 'a URI', /^[a-z][a-z0-9+.-]*:[^\s#]+$/, 'urn:toolforge:builds'),
  gatewaySecret: secretFile('GATEWAY_SECRET_FILE'),
  superusers: json(
    'SUPERUSERS',
    'a JSON object with a list of paths for each name of a client certificate',
    isSuperusers,
    '{}',
    superusersSchema,
    superusersProblem,
  ),
  keysFolder: optional(text('AUTH_KEYS_FOLDER', 'the absolute path of a folder', path)),
  keysConfigMap: optional(text('AUTH_KEYS_CONFIG_MAP', 'the name of a ConfigMap', name)),
  rateReads: integer('RATE_READS', { min: 0, max: 1_000_000 }, 1200),
  rateChanges: integer('RATE_CHANGES', { min: 0, max: 1_000_000 }, 300),
  failureDelayMs: integer('AUTH_FAILURE_DELAY_MS', { min: 0, max: 10_000 }, 250),
  eventIssuer: url('EVENT_ISSUER'),
  eventKeysUrl: optional(url('EVENT_KEYS_URL')),
  eventSubjects: list('EVENT_SUBJECTS', 'a comma-separated list of the subjects of tokens', /^[^\s,]+$/, ''),

  webUrl: optional(pageUrl('WEB_URL')),
  sessionKeys: secretFile('SESSION_KEYS_FILE'),
  refreshKeys: secretFile('REFRESH_KEYS_FILE'),
  webFolder: text('WEB_FOLDER', 'the absolute path of a folder', path),

  limitRunning: integer('LIMIT_RUNNING', { min: 1, max: 1000 }, 4),
  limitQueued: integer('LIMIT_QUEUED', { min: 0, max: 1000 }, 10),
  capacity: optional(integer('CAPACITY', { min: 1, max: 1000 })),
  keepSucceeded: integer('KEEP_SUCCEEDED', { min: 1, max: 1000 }, 10),
  keepFailed: integer('KEEP_FAILED', { min: 1, max: 1000 }, 10),

  buildsApiRuns: text('BUILDS_API_RUNS', 'ignore, show or adopt', /^(ignore|show|adopt)$/, 'ignore') as Setting<
    'ignore' | 'show' | 'adopt'
  >,

  pipeline: text('PIPELINE', 'the name of a Tekton Pipeline', name, 'toolforge-builds'),
  builder: text('BUILDER', 'a container image', image),
  runner: text('RUNNER', 'a container image', image),
  latestBuilder: optional(text('LATEST_BUILDER', 'a container image', image)),
  latestRunner: optional(text('LATEST_RUNNER', 'a container image', image)),
  deprecatedBuilder: optional(text('DEPRECATED_BUILDER', 'a container image', image)),
  deprecatedRunner: optional(text('DEPRECATED_RUNNER', 'a container image', image)),
  deprecatedValidUntil: optional(date('DEPRECATED_VALID_UNTIL')),
  serviceAccount: text('BUILD_SERVICE_ACCOUNT', 'the name of a ServiceAccount', name, 'toolforge-builds'),
  buildTimeout: text('BUILD_TIMEOUT', 'a duration such as 1h0m0s', duration, '1h0m0s'),

  sourceAllowHttp: flag('SOURCE_ALLOW_HTTP', false),
  sourceAllowedAddresses: cidrs('SOURCE_ALLOWED_ADDRESSES'),
  sourceProxy: optional(proxy('SOURCE_PROXY')),
  sourceNoProxy: list('SOURCE_NO_PROXY', 'a comma-separated list such as .example.org,10.0.0.0/8', /^[^\s,]+$/, ''),
  sourceTimeoutMs: integer('SOURCE_TIMEOUT_MS', { min: 100, max: 60_000 }, 15_000),

  registryKind: text('REGISTRY_KIND', 'harbor or oci', /^(harbor|oci)$/, 'harbor') as Setting<'harbor' | 'oci'>,
  registryUrl: url('REGISTRY_URL'),
  registryHost: optional(text('REGISTRY_HOST', 'a host name with or without a port', host)),
  registryLimitBytes: optional(integer('REGISTRY_LIMIT_BYTES', { min: 0, max: Number.MAX_SAFE_INTEGER })),
  registryUser: optional(text('REGISTRY_USER', 'a user name', /./)),
  registryPassword: secretFile('REGISTRY_PASSWORD_FILE'),

  logSteps: list(
    'LOG_STEPS',
    `a comma-separated list of some of ${stepsWithoutCredentials.join(', ')}`,
    new RegExp(`^(${stepsWithoutCredentials.join('|')})$`),
    stepsWithoutCredentials.join(','),
  ),
  knownSecrets: secretFolder('KNOWN_SECRETS_FOLDER'),
  logStore: text('LOG_STORE', 'folder or s3', /^(folder|s3)$/, 'folder') as Setting<'folder' | 's3'>,
  logFolder: optional(text('LOG_FOLDER', 'the absolute path of a folder', path)),
  s3Endpoint: optional(url('S3_ENDPOINT')),
  s3Bucket: optional(text('S3_BUCKET', 'the name of a bucket', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)),
  s3Region: text('S3_REGION', 'the name of a region', /^[a-z0-9-]+$/, 'us-east-1'),
  s3AccessKey: secretFile('S3_ACCESS_KEY_FILE'),
  s3SecretKey: secretFile('S3_SECRET_KEY_FILE'),
  logMaxBytes: integer('LOG_MAX_BYTES', { min: 1024, max: 10_000_000_000 }, 256 * 1024 * 1024),
  archiverImage: text('ARCHIVER_IMAGE', 'a container image', image),
  archiverCommand: list('ARCHIVER_COMMAND', 'a comma-separated command', /./, 'node,/app/archive-logs/archiver.mjs'),
  archiverServiceAccount: optional(text('ARCHIVER_SERVICE_ACCOUNT', 'the name of a ServiceAccount', name)),
  archiverSecret: optional(text('ARCHIVER_SECRET', 'the name of a Secret', name)),
  archiverKnownSecrets: list(
    'ARCHIVER_KNOWN_SECRETS',
    'a comma-separated list of keys of Secrets such as gateway/secret',
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[-._A-Za-z0-9]{1,253}$/,
    '',
  ),
  archiverTool: text('ARCHIVER_TOOL', 'the name of a tool', /./),
  archiverBuild: text('ARCHIVER_BUILD', 'the id of a build', /./),
  streamSelfCloseMs: integer('STREAM_SELF_CLOSE_MS', { min: 1000, max: 86_400_000 }, 540_000),
  textStreamsDrain: flag('TEXT_STREAMS_DRAIN', false),

  metricsSubjects: list('METRICS_SUBJECTS', 'a comma-separated list of the subjects of tokens', /^[^\s,]+$/, ''),

  brokerUrl: url('BROKER_URL'),
  brokerToken: secretFile('BROKER_TOKEN_FILE'),
} as const;

export type SettingName = keyof typeof settings;
type ValueOf<N extends SettingName> = (typeof settings)[N] extends Setting<infer T> ? T : never;
export type Settings<N extends SettingName = SettingName> = { [K in N]: ValueOf<K> };

/** Environment variables of this process. Code in lib, functions and events reads this object, never process.env. */
export const environment: Environment = process.env;

const refuseFormerNames = (from: Environment): void => {
  for (const [former, present] of Object.entries(renamedSettings))
    if (from[former] !== undefined) throw new RenamedSettingError(former, present);
  for (const [former, advice] of Object.entries(removedSettings))
    if (from[former] !== undefined) throw new RemovedSettingError(former, advice);
};

/**
 * Reads and checks the settings that a function declares.
 * @param log receives a line when a file with a secret changes, or can't be read again. Default: no log
 * @throws ConfigError for the first setting that is missing or wrong, and for a variable with the name of a renamed or
 * removed setting
 */
export const readSettings = <N extends SettingName>(
  names: readonly N[],
  from: Environment = environment,
  log?: Log,
): Settings<N> => {
  refuseFormerNames(from);
  const entries = names.map((key) => [key, readSetting(from, settings[key] as Setting<unknown>, log)]);
  return Object.fromEntries(entries) as Settings<N>;
};

/**
 * Returns the environment variables of some settings, without those that are not set. Another process that gets these
 * variables has the same settings.
 */
export const environmentOf = (names: readonly SettingName[], from: Environment): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((key) => {
      const { name } = settings[key];
      const value = from[name];
      return value ? [[name, value]] : [];
    }),
  );
