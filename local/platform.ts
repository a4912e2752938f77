import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { createKubeApi, type KubeApi } from '../embedded/kubernetes/api.ts';
import { stepEnvironment } from '../embedded/lifecycle/environment.ts';
import { buildpacksPipeline, pipelineName } from '../embedded/lifecycle/pipeline.ts';
import { killGroup } from '../embedded/processes.ts';
import { createRegistry } from '../embedded/registry/registry.ts';
import { leftProcesses } from '../embedded/tekton/recovery.ts';
import { createTekton, type Tekton } from '../embedded/tekton/tekton.ts';
import type { ServiceRow } from '../functions/row.ts';
import { services } from '../functions/table.ts';
import { sendJson } from '../lib/http/respond.ts';
import type { Listener } from '../lib/http/types.ts';
import type { Log } from '../lib/log.ts';
import { openSecret } from '../lib/secret.ts';
import { pipelineFor, versionNames } from '../lib/tekton/versions.ts';
import { apiPage } from './api-page.ts';
import { createBroker, type Trigger } from './broker.ts';
import { type Authority, openAuthority } from './certificates.ts';
import { archiverImage, builderImage, environmentOf, namespace, registryUser, sourceRules } from './environment.ts';
import { paths, readOrMake, readOrMakeSecret, writePrivate } from './folder.ts';
import { createFunctions, type Functions } from './functions.ts';
import { createGateway } from './gateway.ts';
import { guarded } from './guarded.ts';
import { apiAudience, type LocalIssuer, openIssuer } from './issuer.ts';
import { internalKubeconfig, writeToolKubeconfig } from './kubeconfig.ts';
import { clearAtExit, clearLeftovers } from './leftovers.ts';
import { closeServer, listen } from './listen.ts';
import { lockFolder } from './lock-folder.ts';
import { forOwnHosts } from './own-hosts.ts';
import { type ProxyRelay, relayOfMachine } from './proxy-relay.ts';
import { accountNames } from './roles.ts';
import { internalRoutes, notFound, routeByPrefix } from './routes.ts';
import { checkSettings } from './settings.ts';
import { createSignIn, newCode } from './sign-in/sign-in.ts';
import { startSweepPings } from './sweep-pings.ts';

export type PlatformOptions = {
  folder: string;
  /** Port of the build API; 0 for a free port. */
  port: number;
  gatewayPort: number;
  /** Settings of the functions that replace the settings of the embedded platform. */
  settings?: Record<string, string>;
  /** Environment variables of this machine: proxies, certificates and packages, for builds. Default: of this process. */
  machine?: NodeJS.ProcessEnv;
  /** Adds what clears the data folder when this process exits before the platform is closed. Default: nothing does. */
  atExit?: (clear: () => void) => void;
  /** Called when the folder is locked for this platform, before the platform writes into it. Default: nothing is called. */
  onLocked?: () => void;
  /** Time in milliseconds between two calls of the function sweep. Default one minute. */
  sweepMs?: number;
  log: Log;
};

export type Platform = {
  url: string;
  gatewayUrl: string;
  imagesFolder: string;
  /** Environment variables with the functions' settings, for functions in processes of their own. */
  environment: Record<string, string>;
  issuer: LocalIssuer;
  /** The code that a person types to sign in on the page or by `toolforge-build login`. */
  signInCode: string;
  /** Writes the kubeconfig file of a tool and returns the file's path. */
  kubeconfig(tool: string): Promise<string>;
  close(): Promise<void>;
};

const installPipelines = async (kube: KubeApi, { folder, settings = {} }: PlatformOptions): Promise<void> => {
  const { images, cache } = paths(folder);
  const limit = settings.REGISTRY_LIMIT_BYTES;
  const rules = { ...sourceRules, ...settings };
  const options = {
    ...{ namespace, node: process.execPath, imagesFolder: images, cacheFolder: cache, builderImage },
    ...(limit ? { limitBytes: Number(limit) } : {}),
    submodules: {
      allowHttp: rules.SOURCE_ALLOW_HTTP === 'true',
      allowedAddresses: rules.SOURCE_ALLOWED_ADDRESSES,
    },
  };
  for (const version of versionNames) {
    const name = pipelineFor(pipelineName, version);
    const pipeline = buildpacksPipeline(options, name) as Parameters<typeof kube.objects.create<'pipelines'>>[1];
    if (kube.objects.get('pipelines', namespace, name)) kube.objects.delete('pipelines', namespace, name);
    kube.objects.create('pipelines', pipeline);
  }
};

/** The parts of the embedded platform that have been started so far. */
type Parts = {
  folder: string;
  stopping: AbortController;
  unlock: () => Promise<void>;
  kube?: KubeApi;
  internal?: Server;
  server?: Server;
  issuer?: LocalIssuer;
  signIn?: Listener;
  functions?: Functions;
  broker?: Listener;
  tekton?: Tekton;
  gateway?: Server;
  pings?: NodeJS.Timeout;
  relay?: ProxyRelay;
};

/**
 * Stops the embedded platform. The servers for clients close first, while the parts on which open responses depend
 * still run.
 */
const stop = async (parts: Parts): Promise<void> => {
  clearInterval(parts.pings);
  parts.stopping.abort();
  await Promise.all([parts.gateway, parts.server].map((server) => server && closeServer(server)));
  await parts.tekton?.close();
  parts.functions?.close();
  await parts.kube?.close();
  if (parts.internal) await closeServer(parts.internal);
  await parts.relay?.close();
  clearLeftovers(parts.folder);
  await parts.unlock();
};

const machineOf = ({ machine = process.env }: PlatformOptions): NodeJS.ProcessEnv => machine;

/** Starts the relay to the machine's proxies, if the machine has any. @returns settings of the functions with the relay */
const startRelay = async (options: PlatformOptions, parts: Parts): Promise<Record<string, string>> => {
  const machine = machineOf(options);
  const relay = await relayOfMachine(machine, options.log);
  if (!relay) return {};
  parts.relay = relay;
  const exempt = (machine.no_proxy ?? machine.NO_PROXY ?? '').split(/[\s,]+/).filter(Boolean);
  return { SOURCE_PROXY: relay.url, SOURCE_NO_PROXY: exempt.join(',') };
};

/**
 * Starts the embedded Kubernetes API.
 * @returns the API, and the internal address at which functions and Tekton find the API and the event functions
 */
const startKube = async (options: PlatformOptions, parts: Parts): Promise<{ internalUrl: string; kube: KubeApi }> => {
  const places = paths(options.folder);
  const token = randomBytes(32).toString('hex');
  const accounts = new Map(accountNames.map((name) => [randomBytes(32).toString('hex'), name]));
  const kube = await createKubeApi({ folder: places.kube, token });
  parts.kube = kube;
  await installPipelines(kube, options);
  const routes = internalRoutes(kube, { token, accounts }, parts);
  parts.internal = createServer(guarded(forOwnHosts((req, res) => routes(req, res))));
  const internalUrl = `http://127.0.0.1:${await listen(parts.internal, 0, 'PORT')}`;
  await writePrivate(places.internalKubeconfig, internalKubeconfig(internalUrl, token, namespace));
  for (const [own, name] of accounts)
    await writePrivate(places.accountKubeconfig(name), internalKubeconfig(internalUrl, own, namespace));
  return { internalUrl, kube };
};

/** Starts the embedded platform's server for clients, with the build API, the issuer's keys and the images. */
const startServer = async (options: PlatformOptions, parts: Parts): Promise<{ url: string; issuer: LocalIssuer }> => {
  const places = paths(options.folder);
  const password = await readOrMakeSecret(places.registryPassword);
  const registry = createRegistry({ imagesFolder: places.images, account: { username: registryUser, password } });
  const routes: [string, Listener][] = [
    // The API itself requires a credential, which no website has. The other routes require none for reading.
    ['/issuer/jwks', forOwnHosts((_, res) => sendJson(res, 200, parts.issuer?.jwks))],
    ['/issuer/', forOwnHosts((req, res) => (parts.signIn ?? notFound)(req, res))],
    ['/v2/', forOwnHosts(registry.handler)],
    ['/docs', forOwnHosts(apiPage)],
  ];
  parts.server = createServer(guarded(routeByPrefix([...routes, ...apiRoutes(parts)], pageOf(parts))));
  const url = `http://127.0.0.1:${await listen(parts.server, options.port, 'PORT')}`;
  parts.issuer = await openIssuer(places.issuer, `${url}/issuer`);
  return { url, issuer: parts.issuer };
};

const apiOf =
  (parts: Parts): Listener =>
  (req, res) =>
    (parts.functions?.api ?? notFound)(req, res);

/** The prefixes of the API's paths. All other paths are the page's. */
const apiRoutes = (parts: Parts): [string, Listener][] =>
  ['/builds/', '/v1/', '/openapi.json', '/.well-known/'].map((prefix) => [prefix, apiOf(parts)]);

/** Says whether a request's target is a path. Browsers send no other target to a server, and the API refuses those. */
const isPath = (target = ''): boolean => target.startsWith('/') && !target.startsWith('//');

/**
 * Makes the listener of the page. A browser that calls this machine by another name is led to the platform's own address,
 * because the cookies of a sign-in are for one name only.
 */
const pageOf = (parts: Parts): Listener => {
  const page = forOwnHosts((req, res) => {
    const own = URL.parse(parts.issuer?.url ?? '');
    if (!own || req.headers.host === own.host || req.method !== 'GET')
      return (parts.functions?.page ?? notFound)(req, res);
    res.writeHead(307, { location: own.origin + req.url, 'content-length': 0 }).end();
  });
  return (req, res) => (isPath(req.url) ? page : apiOf(parts))(req, res);
};

const triggersAt = (internalUrl: string): Trigger[] =>
  Object.entries(services as Record<string, ServiceRow>).flatMap(([name, { eventTypes: types }]) =>
    types ? [{ name, types, url: `${internalUrl}/events/${name}` }] : [],
  );

const startTekton = (
  options: PlatformOptions,
  kube: KubeApi,
  internalUrl: string,
  settings: Record<string, string>,
  proxy: string | undefined,
) => {
  const builders = [settings.BUILDER, settings.LATEST_BUILDER, settings.DEPRECATED_BUILDER].filter((name) => !!name);
  const images = new Map([
    ...builders.map((name) => [name, { env: stepEnvironment(machineOf(options), proxy) }] as const),
    [archiverImage, { env: { ...settings, KUBECONFIG: paths(options.folder).accountKubeconfig('archiver') } }],
  ]);
  return createTekton({
    objects: kube.objects,
    folder: paths(options.folder).tekton,
    sink: () => `${internalUrl}/events/accept-tekton`,
    images: (image) => images.get(image),
    log: (message, cause) => options.log('WARNING', message, cause === undefined ? {} : { error: cause }),
  });
};

const startGateway = async (options: PlatformOptions, parts: Parts, authority: Authority): Promise<string> => {
  const places = paths(options.folder);
  const secret = openSecret({ path: places.gatewaySecret, log: options.log });
  await writePrivate(places.authorityCertificate, authority.certificate);
  const gateway = await createGateway({ authority, secret, listener: apiOf(parts) });
  parts.gateway = gateway as unknown as Server;
  return `https://127.0.0.1:${await listen(parts.gateway, options.gatewayPort, 'GATEWAY_PORT')}`;
};

const assemble = async (options: PlatformOptions, parts: Parts): Promise<Platform> => {
  const { folder, log } = options;
  const places = paths(folder);
  const { internalUrl, kube } = await startKube(options, parts);
  const { url, issuer } = await startServer(options, parts);
  const proxied = await startRelay(options, parts);
  const settings = { ...environmentOf(folder, { url, internalUrl }), ...proxied, ...options.settings };
  for (const place of [places.gatewaySecret, places.sessionKeys, places.refreshKeys]) await readOrMakeSecret(place);
  const signInCode = await readOrMake(places.signInCode, async () => newCode());
  const signInAt = { url: issuer.url, pageUrl: url, audience: apiAudience, key: issuer.key };
  parts.signIn = createSignIn({ ...signInAt, code: signInCode, log });
  const accepted = await readOrMakeSecret(places.brokerToken);

  const token = (audience: string) => issuer.sign({}, 'broker', audience, '5m');
  const { signal } = parts.stopping;
  parts.broker = createBroker({ triggers: triggersAt(internalUrl), token, accepted, log, signal });
  parts.functions = await createFunctions({
    environmentOf: (name) => ({ ...settings, KUBECONFIG: places.accountKubeconfig(name) }),
    log,
    shutdown: signal,
  });
  parts.tekton = await startTekton(options, kube, internalUrl, settings, parts.relay?.url);
  const authority = await openAuthority(places.authority);
  const gatewayUrl = await startGateway(options, parts, authority);
  await writePrivate(places.addresses, JSON.stringify({ url, gatewayUrl }));

  parts.pings = await startSweepPings({
    ...{ url: `${internalUrl}/events/sweep`, everyMs: options.sweepMs ?? 60_000, log },
    token: () => token('sweep'),
  });

  const kubeconfig = (tool: string) => writeToolKubeconfig(folder, tool, gatewayUrl, authority);
  const close = () => stop(parts);
  const addresses = { url, gatewayUrl, imagesFolder: places.images };
  return { ...addresses, issuer, signInCode, environment: settings, kubeconfig, close };
};

/**
 * Starts the whole build service in one process on one machine: the parts of Kubernetes and Tekton that the service
 * uses, the functions, their events, an issuer, a registry and the gateway. All data is in `folder` and outlives the
 * process. Before, ends and removes what a platform has left in the folder that was killed.
 * @throws Error for a port or folder that is in use, or a setting with a wrong value; nothing is left running then
 */
export const startPlatform = async (options: PlatformOptions): Promise<Platform> => {
  const { folder, atExit, settings = {} } = options;
  checkSettings(settings);
  atExit?.(() => clearAtExit(folder));
  const parts: Parts = { folder, unlock: await lockFolder(folder), stopping: new AbortController() };
  try {
    options.onLocked?.();
    await killGroup(leftProcesses(paths(folder).tekton));
    clearLeftovers(folder);
    return await assemble(options, parts);
  } catch (error) {
    await stop(parts);
    throw error;
  }
};
