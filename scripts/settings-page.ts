/**
 * Writes docs/settings.md from the table of settings: `node scripts/settings-page.ts`. A setting without a line here
 * does not pass the type check, and `npm test` compares the page with the table.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type SettingName, settings } from '../lib/config/settings.ts';

export const pagePath = join(import.meta.dirname, '../docs/settings.md');

type Group = { title: string; intro?: string; lines: Partial<Record<SettingName, string>> };

const installation = {
  builderImage:
    "The image with the lifecycle and the buildpacks, with its digest: a pushed tag would change every tool's next build.",
  runImage: 'The image that applications are based on, with its digest.',
  archiverImage:
    'The image of the functions, with its digest. The test and Toolforge overlays put it into every function.',
  registryUrl: 'Where images are pushed and counted.',
  registryKind: 'Harbor has projects, quotas and robot accounts; oci is any other registry.',
  registryHost: "Where the registry's name in images differs from REGISTRY_URL's host.",
  registryUser: 'The robot account that asks the registry.',
  registryPassword: 'Its password. Read at start.',
  registryFiller: "Harbor's project names may not hold some sequences that tools' names hold.",
  registryLimitBytes: 'What a tool may store, where the registry has no quota to be asked for.',
  logStore: 'Where logs are archived.',
  s3Endpoint: 'The S3 service, without the bucket.',
  s3Bucket: 'It must exist, and nothing else may be in it below logs/.',
  s3Region: 'Many services take any.',
  s3AccessKey: 'Read at start.',
  s3SecretKey: 'Read at start.',
  logFolder: 'Where LOG_STORE is folder.',
} as const;

const signIn = {
  issuers: 'Whose tokens are believed, and for which tools; see below.',
  gatewaySecret: 'What the gateway sends beside the name of a tool, so that no pod can pretend to be it.',
  metricsSubjects:
    'ServiceAccounts that may read /v1/metrics, such as system:serviceaccount:monitoring:prometheus, by a token for the audience `metrics`. Empty: nobody.',
  authResource: 'What command lines ask a token for (RFC 8707), where the issuer knows resources.',
} as const;

const issuersText = `At least one of the first two. An entry of \`AUTH_ISSUERS\` has

| field | |
|---|---|
| \`issuer\`, \`audience\` | What \`iss\` and \`aud\` of a token must be. |
| \`jwksUri\` | Where its keys are. |
| \`caFile\`, \`tokenFile\` | Who vouches for that address, and a token to ask it with: for the API server's own keys. |
| \`kind\` | \`person\` (default), \`ci\` or \`service-account\`: what the log says. |
| \`claim\`, \`prefix\` | Short for one rule: groups in a claim, the tool's name after the prefix. |
| \`rules\` | A list of \`{match, tool, scopes}\`. Every claim named in \`match\` must fit its pattern: \`{tool}\` is the tool's name, \`*\` any text without \`/\` and \`:\`, \`**\` any text. No \`*\` may let a caller choose the tool: none stands before \`{tool}\`, and after it only past a character such as \`/\` or \`:\` that no tool has in its name. \`tool\` names it where no pattern does. \`scopes\`: some of read, build, admin; all when absent. |
| \`scopeClaim\` | The claim by which a token says which of these it has. Absent: all that the rules give. |
| \`introspection\` | \`{uri, clientId, secretFile, seconds}\`: whom to ask whether a token was revoked (RFC 7662), and for how long an answer counts (10). |
| \`client\` | \`{id, scope}\`: the public client as which people sign in with \`toolforge-build login\`. |

For GitLab, GitHub and Kubernetes, for example:

    [{"issuer": "https://gitlab.example.org", "audience": "builds-api", "jwksUri": "https://gitlab.example.org/oauth/discovery/keys", "kind": "ci",
      "rules": [{"match": {"project_path": "toolforge-repos/{tool}", "ref_protected": "true"}, "scopes": ["read", "build"]}]},
     {"issuer": "https://token.actions.githubusercontent.com", "audience": "builds-api", "kind": "ci",
      "jwksUri": "https://token.actions.githubusercontent.com/.well-known/jwks",
      "rules": [{"match": {"repository_id": "1234567", "ref": "refs/heads/main"}, "tool": "mytool", "scopes": ["read", "build"]}]},
     {"issuer": "https://kubernetes.default.svc.cluster.local", "audience": "builds-api", "kind": "service-account",
      "jwksUri": "https://kubernetes.default.svc/openid/v1/jwks",
      "caFile": "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt", "tokenFile": "/var/run/secrets/kubernetes.io/serviceaccount/token",
      "rules": [{"match": {"sub": "system:serviceaccount:tool-{tool}:*"}, "scopes": ["read", "build"]}]}]`;

const policy = {
  rateReads: 'Requests that only read, of one caller for one tool in a minute, to one instance; 0 for any number.',
  rateChanges: 'The same of requests that change something.',
  failureDelayMs: 'How long it takes to refuse a token, in milliseconds.',
  limitRunning: 'Builds of one tool at once. `spec.limits` of its BuildLedger overrides this and the next three.',
  limitQueued: 'Builds of one tool that wait; a start beyond them is refused with 429.',
  capacity:
    'Builds of all tools at once. The next slot goes to the waiting tool with the fewest running builds, then to the one that waits longest. Empty: only the limits of the tools count.',
  keepSucceeded: 'Succeeded builds that are kept, the newest.',
  keepFailed: 'Other finished builds that are kept.',
  buildTimeout: 'A build that takes longer ends as BUILD_TIMEOUT. Waiting does not count.',
  logSteps: 'Steps whose logs are shown. The others hold credentials.',
  logMaxBytes: 'A longer log is cut, and says so.',
  sourceAllowHttp: 'Whether repositories may be fetched without TLS.',
  sourceAllowedAddresses: 'Private addresses that git servers may have. Others that are not public are refused.',
  sourceTimeoutMs: 'For finding the commit of a ref, in milliseconds.',
} as const;

const platform = {
  eventIssuer: "Who signs the tokens of events: the cluster's service-account issuer.",
  eventKeysUrl: 'Its keys. Empty: the API server is asked.',
  eventSubjects: 'Whose events a function takes: the identities of its Trigger or PingSource.',
  keysFolder: 'Where functions find the keys of issuers that sweep keeps, for when an issuer is away.',
  keysConfigMap: 'Where sweep keeps them.',
  brokerUrl:
    'The broker. accept-tekton sends the events of builds to it; list-builds, get-build and get-logs report a ledger that is behind its runs.',
  brokerTokenFile: "A token for the broker's audience. Read for each event, as it changes.",
  pipeline: 'The Pipeline of a build.',
  serviceAccount: 'What a build runs as. It may do nothing.',
  archiverCommand: 'What follows the log of a running build.',
  archiverServiceAccount: 'What that runs as.',
  archiverSecret: 'The Secret with the keys of the object store, mounted where S3_ACCESS_KEY_FILE lies.',
  knownSecrets:
    'Each file in it is a secret, or a docker config with some: wherever one shows up in a log, it is masked. Read at start.',
  archiverKnownSecrets:
    'Those of the namespace that are mounted at KNOWN_SECRETS_FOLDER in the follower; one that is not there is left out.',
  archiverTool: 'Given to the follower.',
  archiverBuild: 'Given to the follower.',
  streamSelfCloseMs:
    'A log stream ends itself with a cursor after so many milliseconds, before Knative would cut it: `timeoutSeconds` of get-logs.',
  textStreamsDrain:
    'Whether the compatible text, whose clients do not resume, goes on after SIGTERM. Knative waits for it as long as for any request.',
  namespace: 'Elsewhere than the function itself.',
  kubeconfig: 'Outside of a cluster.',
  kubernetesHost: 'Set by Kubernetes.',
  kubernetesPort: 'Set by Kubernetes.',
  port: 'Set by Knative.',
} as const;

const groups: Group[] = [
  { title: 'The installation', lines: installation },
  { title: 'Signing in', intro: issuersText, lines: signIn },
  { title: 'Policy', lines: policy },
  { title: 'What the manifests set', intro: 'Rarely changed.', lines: platform },
];
/** A setting that has no line is an error here. */
({ ...installation, ...signIn, ...policy, ...platform }) satisfies Record<SettingName, string>;

const cell = (text: string): string => text.replaceAll('|', '\\|');

const row = ([key, line]: [string, string]): string => {
  const { name, expected, default: fallback } = settings[key as SettingName];
  const shown = fallback === undefined ? '**required**' : fallback === '' ? 'empty' : `\`${fallback}\``;
  return `| \`${name}\` | ${cell(line)} | ${cell(expected)} | ${shown} |`;
};

const section = ({ title, intro, lines }: Group): string =>
  [
    `## ${title}`,
    ...(intro ? [intro] : []),
    '',
    '| variable | | must be | default |',
    '|---|---|---|---|',
    ...Object.entries(lines).map(row),
  ].join('\n');

export const settingsPage = (): string =>
  `<!-- Made from lib/config/settings.ts by \`node scripts/settings-page.ts\`. Do not edit. -->
# Settings
Functions are set by environment variables, which the manifests take from one ConfigMap: \`settings.env\` of an overlay. Each function
reads the ones that it uses, and does not start when one is missing or wrong; it says which, and what it must be. The same
variables work for the embedded platform. Names that end in \`_FILE\` are paths of files, since variables show up in too many places.

${groups.map(section).join('\n\n')}
`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeFile(pagePath, settingsPage());
