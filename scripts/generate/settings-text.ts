import type { SettingName } from '../../lib/config/settings.ts';

export type SettingGroup = { title: string; intro?: string; lines: Partial<Record<SettingName, string>> };

const installation = {
  builder:
    "The image with the lifecycle and the buildpacks, with its digest. Without a digest, a pushed tag would change every tool's next build.",
  runner: 'The image that applications are based on, with its digest.',
  latestBuilder:
    'The same two images for builds with use_latest_versions. Set both or none: without them such builds use the default images.',
  latestRunner: 'See `LATEST_BUILDER`.',
  deprecatedBuilder:
    'The same two images for builds with use_deprecated_versions, until `DEPRECATED_VALID_UNTIL`. Set all three or none: without them such builds are refused.',
  deprecatedRunner: 'See `DEPRECATED_BUILDER`.',
  deprecatedValidUntil:
    'The first day, in UTC, on which builds with use_deprecated_versions are refused. Before that day, their responses have a warning with this date.',
  archiverImage: 'The image of the functions, with its digest: archivers run the same image.',
  registryUrl: 'The registry to which builds push images. Its storage is counted.',
  registryKind: 'The kind of the registry. Harbor has projects, quotas and robot accounts; oci is any other registry.',
  registryHost: "The registry's name in images, where the name differs from the host of `REGISTRY_URL`.",
  registryUser: 'The robot account by which functions use the registry.',
  registryPassword: "The robot account's password. Read again when it changes.",
  registryLimitBytes:
    "A tool's storage in bytes, for a registry without quotas. The embedded platform refuses an image that exceeds it.",
  logStore: 'The kind of store that archived logs are in.',
  s3Endpoint: 'The S3 service, without the bucket.',
  s3Bucket: 'A bucket that exists. Nothing else may be in it below logs/.',
  s3Region: "The bucket's region. Many services accept any region.",
  s3AccessKey: "The bucket's access key. Read again when it changes.",
  s3SecretKey: "The bucket's secret key. Read again when it changes.",
  logFolder: 'The folder of archived logs, where `LOG_STORE` is folder.',
} as const;

const signIn = {
  issuers: 'The issuers whose tokens are trusted, and the tools that their tokens are for. See below.',
  gatewaySecret:
    "A secret that the gateway sends beside a tool's name. Without the secret, any pod could claim to be the gateway. While it is replaced, its file has the new secret in the first line and the former in the second.",
  superusers: 'Services that act for tools through the gateway, by the CN of their client certificate. See below.',
  metricsSubjects:
    'ServiceAccounts to which /v1/metrics shows the metrics of single tools, such as system:serviceaccount:monitoring:prometheus, by a token for the audience `metrics`. Empty: to nobody.',
  webUrl:
    'The address of the web page, such as https://builds.example.org/builds/ui. Without it the page is at /builds/ui/, and nobody can sign in there.',
  sessionKeys:
    "A secret from which the keys of the page's sessions are made. Every function that checks credentials has it. While it is replaced, its file has the new secret in the first line and the former in the second.",
  refreshKeys:
    'A secret like the former, for refresh tokens and for sign-ins that have begun. Only the function web has it.',
  authResource:
    'The resource for which command lines and the page ask a token (RFC 8707), where the issuer knows resources.',
} as const;

const issuersText = `At least one of the first two must be set. An entry of \`AUTH_ISSUERS\` has

| field | meaning |
|---|---|
| \`issuer\`, \`audience\` | The values that \`iss\` and \`aud\` of a token must have. |
| \`jwksUri\` | The address of the issuer's keys. |
| \`caFile\`, \`tokenFile\` | The certificate authority of that address, and a token to send there. The API server's own keys need both. A function does not start without a file that is named here, and reads it for each download. |
| \`kind\` | \`person\` (default), \`ci\` or \`service-account\`, for the log. |
| \`claim\`, \`prefix\` | Short for one rule: groups in a claim, the tool's name after the prefix. |
| \`rules\` | A list of \`{match, tool, scopes}\`. Every claim named in \`match\` must fit its pattern: \`{tool}\` is the tool's name, \`*\` any text without \`/\` and \`:\`, \`**\` any text. No \`*\` may let a caller choose the tool: none stands before \`{tool}\`, and after \`{tool}\` only past a character such as \`/\` or \`:\` that no tool has in its name. \`tool\` names the tool where no pattern does. \`scopes\`: some of read, build, admin. Default: all. |
| \`scopeClaim\` | The claim with the scopes that a token has. Default: a token has all scopes that the rules give. |
| \`tokenType\` | \`at+jwt\` for an issuer that follows RFC 9068: its ID tokens are then refused by their type. Without it, only ID tokens that show what they are, by their type or claims, are refused. |
| \`introspection\` | \`{uri, clientId, secretFile, seconds}\`: the address that says whether a token was revoked (RFC 7662), and for how many seconds a response counts. Default: 10. |
| \`client\` | \`{id, scope}\`: the public client by which people sign in with \`toolforge-build login\`. |
| \`pageClient\` | \`{id, scope, secretFile}\`: the client by which people sign in on the web page, for one issuer only. Its redirect address is that of the page with \`/session/callback\`. Without \`secretFile\` it is a public client with PKCE. |

For GitLab, GitHub and a Kubernetes cluster with the domain DOMAIN, for example:

    [{"issuer": "https://gitlab.example.org", "audience": "builds-api", "jwksUri": "https://gitlab.example.org/oauth/discovery/keys", "kind": "ci",
      "rules": [{"match": {"project_path": "toolforge-repos/{tool}", "ref_protected": "true"}, "scopes": ["read", "build"]}]},
     {"issuer": "https://token.actions.githubusercontent.com", "audience": "builds-api", "kind": "ci",
      "jwksUri": "https://token.actions.githubusercontent.com/.well-known/jwks",
      "rules": [{"match": {"repository_id": "1234567", "ref": "refs/heads/main"}, "tool": "mytool", "scopes": ["read", "build"]}]},
     {"issuer": "https://kubernetes.default.svc.DOMAIN", "audience": "builds-api", "kind": "service-account",
      "jwksUri": "https://kubernetes.default.svc/openid/v1/jwks",
      "caFile": "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt", "tokenFile": "/var/run/secrets/kubernetes.io/serviceaccount/token",
      "rules": [{"match": {"sub": "system:serviceaccount:tool-{tool}:*"}, "scopes": ["read", "build"]}]}]

\`SUPERUSERS\` names services that act for any tool, each with a list of paths. A path is a regular expression that begins with \`^\`, ends with \`$\`, and is matched
with the request's path below \`/builds\`, without the query. \`{"path": …, "tools": […]}\` in place of a path limits it to some tools. A name must have a colon,
so that no tool has it:

    {"service:components-api": ["^.*$"], "service:reports": [{"path": "^/builds/v1/tool/[^/]+/builds$", "tools": ["mytool"]}]}`;

const policy = {
  rateReads: 'Reading requests per minute of one caller for one tool, for each instance of a function. 0: no limit.',
  rateChanges: 'Changing requests per minute of one caller for one tool, for each instance of a function. 0: no limit.',
  failureDelayMs: 'Milliseconds before a wrong token, or a wrong secret of the gateway, is refused.',
  limitRunning:
    'Builds of one tool that run at once. `spec.limits` of its BuildLedger overrides this setting and the next three.',
  limitQueued: 'Builds of one tool that wait. A start beyond this limit is refused with 409.',
  capacity:
    'Builds of all tools that run at once. The next slot goes to the waiting tool with the fewest running builds, then to the tool that waits longest. Empty: only the limits of the tools count.',
  keepSucceeded: 'Succeeded builds of one tool that are kept. The oldest go first.',
  keepFailed: 'Other finished builds of one tool that are kept. The oldest go first.',
  buildsApiRuns:
    'What becomes of builds that builds-api made in the same namespace: not seen; shown; or made builds of this service. With show and adopt the runs of finished builds are kept, so that builds-api would find them. See [migrate.md](migrate.md).',
  buildTimeout: 'A build that runs longer ends as BUILD_TIMEOUT. Waiting does not count.',
  logSteps: 'Steps whose logs are shown. The other steps hold credentials.',
  logMaxBytes: 'The limit of a log in bytes. A longer log is cut, and says so.',
  sourceAllowHttp: 'Whether repositories may be fetched without TLS.',
  sourceAllowedAddresses: 'Private addresses that git servers may have. All other private addresses are refused.',
  sourceProxy:
    'Proxy for finding the commit of a ref, except on this machine. The proxy decides which addresses can be reached: only addresses in the URL itself are checked then. The pipeline fetches without it. Whoever may read the Deployment sees a password in it, so prefer a proxy that needs none.',
  sourceNoProxy:
    'What SOURCE_PROXY is not used for: domains with everything below them, IP addresses and networks, each with or without a port.',
  sourceTimeoutMs: 'Milliseconds for finding the commit of a ref.',
} as const;

const platform = {
  eventIssuer: "The issuer of the tokens of events: the cluster's service-account issuer.",
  eventKeysUrl: "The address of that issuer's keys. Empty: the API server is asked for the keys.",
  eventSubjects: "The identities of a function's Trigger or PingSource. Events of others are refused.",
  keysFolder: 'The folder with the issuers’ keys that sweep saved, for a start while an issuer is away.',
  keysConfigMap: 'The ConfigMap in which sweep saves the keys of the issuers.',
  brokerUrl:
    'The broker. accept-tekton sends the events of builds to it. Other functions report a ledger that is behind its runs, and request the archivers of builds.',
  brokerToken: "A token for the broker's audience. Read again when the kubelet has renewed it.",
  webFolder: 'The folder of the built web page.',
  pipeline:
    'The Pipeline of builds with the default images. The Pipelines for the latest and the deprecated images have its name with `-latest` and `-deprecated`.',
  serviceAccount: "The ServiceAccount of a build's pods. It has no permission.",
  archiverCommand: "The command of the archiver, which stores a build's log while the build runs.",
  archiverServiceAccount: "The archiver's ServiceAccount.",
  archiverSecret:
    "The Secret with the object store's keys. It is mounted in the archiver where `S3_ACCESS_KEY_FILE` is.",
  knownSecrets:
    'A folder of secrets. Each file is a secret, or a docker config with secrets, and is masked wherever it shows up in a log. Read again when it changes.',
  archiverKnownSecrets:
    'Secrets that are mounted at `KNOWN_SECRETS_FOLDER` in the archiver. A Secret that does not exist is left out.',
  archiverTool: 'The tool of the archived build. Set by the function that starts the archiver.',
  archiverBuild: 'The id of the archived build. Set by the function that starts the archiver.',
  streamSelfCloseMs:
    'Milliseconds after which a log stream ends itself with a cursor, before `timeoutSeconds` of get-logs would cut the stream.',
  textStreamsDrain:
    'Whether a log in the compatible text format goes on after SIGTERM, since clients of this format can not resume. Knative waits for the log as long as for any request.',
  namespace: "The namespace of the builds, where it is not the function's own.",
  kubeconfig: 'A kubeconfig file, for a process outside of a cluster.',
  kubernetesHost: "The API server's address. Set by Kubernetes.",
  kubernetesPort: "The API server's port. Set by Kubernetes.",
  port: 'The port on which a function listens. Set by Knative.',
} as const;

/** Sections of docs/settings.md, in their order. */
export const settingGroups: SettingGroup[] = [
  { title: 'The installation', lines: installation },
  { title: 'Signing in', intro: issuersText, lines: signIn },
  { title: 'Policy', lines: policy },
  { title: 'What the chart sets', intro: 'An operator rarely changes these settings.', lines: platform },
];

/** Every setting must have an explanation for docs/settings.md. A setting without one is a type error. */
({ ...installation, ...signIn, ...policy, ...platform }) satisfies Record<SettingName, string>;
