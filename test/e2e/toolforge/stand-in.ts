import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, openAuthority } from '../../../local/certificates.ts';
import { eventually, type Json, makeNamespace, type Namespace, waitTimeout } from '../pipeline/cluster.ts';
import { type Client, createClient, type Gateway, nodePortAddress, openGatewayAt } from '../service/gateway.ts';
import {
  backendName,
  backendNames,
  deployedGateway,
  nginxOf,
  podWithService,
  startBackend,
  tlsSecret,
} from './backend.ts';
import { apiGatewayConfiguration } from './stand-in-nginx.ts';

/** A stand-in of Toolforge's API gateway, and behind the stand-in a gateway that accepts requests of the stand-in. */
export type StandIn = {
  /** The stand-in, as tools call it. `close` removes everything. */
  gateway: Gateway;
  /** Namespace of the stand-in and of the gateway behind the stand-in. */
  namespace: Namespace;
  /** The authority of the API gateway's and the backends' certificates. */
  backendAuthority: Authority;
  /** Makes an authority that nothing trusts yet. */
  otherAuthority: () => Promise<Authority>;
  /**
   * Returns a client that calls the gateway behind the stand-in directly.
   * @param subject of the client certificate, undefined for no certificate
   * @param by authority of the client certificate
   * @param trusted authority of the gateway's certificate. Default: the backend authority
   */
  direct: (subject: string | undefined, by: Authority, trusted?: Authority) => Promise<Client>;
};

const name = 'api-gateway';

/** Superusers of the stand-in: certificate name and regular expressions of paths. The service knows only the first. */
const superusers = { 'service:components-api': ['^.*$'], 'service:unknown': ['^/v1/tool/[^/]+/builds$'] };

const startApiGateway = async (namespace: Namespace, tools: Authority, backend: Authority): Promise<void> => {
  const { image, securityContext, resources } = nginxOf(await deployedGateway());
  const [, target = ''] = await backendNames(namespace);
  const configuration = apiGatewayConfiguration(target, superusers);
  const mount = (volume: string, mountPath: string): Json => ({ name: volume, mountPath });
  await namespace.apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { 'nginx.conf': configuration } },
    tlsSecret('api-gateway-tools', await tools.issue('CN=api-gateway', ['localhost']), tools),
    tlsSecret('api-gateway-backend', await backend.issue('CN=api-gateway'), backend),
    ...podWithService(name, {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532 },
      containers: [
        {
          name: 'nginx',
          image,
          command: ['nginx', '-c', '/config/nginx.conf'],
          readinessProbe: { tcpSocket: { port: 8443 }, periodSeconds: 1 },
          securityContext,
          resources,
          volumeMounts: [
            mount('config', '/config'),
            mount('tools', '/tools'),
            mount('backend', '/backend'),
            mount('tmp', '/tmp'),
          ],
        },
      ],
      volumes: [
        { name: 'config', configMap: { name } },
        { name: 'tools', secret: { secretName: 'api-gateway-tools' } },
        { name: 'backend', secret: { secretName: 'api-gateway-backend' } },
        { name: 'tmp', emptyDir: {} },
      ],
    }),
  );
  await namespace.kubectl(['wait', '--for=condition=Ready', `pod/${name}`, waitTimeout]);
};

/** Starts the stand-in and the gateway behind the stand-in in an own namespace. */
export const openStandIn = async (): Promise<StandIn> => {
  const folder = await mkdtemp(join(tmpdir(), 'stand-in-'));
  const namespace = await makeNamespace();
  const open = (file: string): Promise<Authority> => openAuthority(join(folder, file));
  const [tools, backend] = [await open('tools.json'), await open('backend.json')];
  await startBackend(namespace, backend);
  await startApiGateway(namespace, tools, backend);
  const gateway = await openGatewayAt(tools, await nodePortAddress(namespace.name, name));
  const close = async (): Promise<void> => {
    await gateway.close();
    await namespace.remove();
    await rm(folder, { recursive: true, force: true });
  };
  // The port of a new Service is open on the nodes only after some time.
  await eventually(async () => (await gateway.client(undefined)).call('GET', '/builds/v1/healthz'));
  let others = 0;
  return {
    gateway: { ...gateway, close },
    namespace,
    backendAuthority: backend,
    otherAuthority: () => open(`other-${++others}.json`),
    direct: async (subject, by, trusted = backend) => {
      const address = await nodePortAddress(namespace.name, backendName);
      const [servername = ''] = await backendNames(namespace);
      const server = { ...address, ca: trusted.certificate, servername };
      return createClient(server, subject === undefined ? undefined : await by.issue(subject));
    },
  };
};
