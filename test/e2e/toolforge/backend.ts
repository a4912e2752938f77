import type { Authority, KeyAndCertificate } from '../../../local/certificates.ts';
import { type Json, kubectl, type Namespace, waitTimeout } from '../pipeline/cluster.ts';
import { builds } from '../service/service.ts';
import { clusterDomain } from './cluster-domain.ts';

type Container = { name: string; image: string; volumeMounts: Json[] } & Json;
type Volume = { name: string; configMap?: { name: string } };
type Deployment = {
  metadata: { namespace: string };
  spec: { template: { spec: { containers: Container[]; volumes: Volume[]; securityContext: Json } } };
};

/** Name of the Service, of its pod, and of the Helm release in the name of the Secret. */
export const backendName = 'builds-api';
const serverSecret = `${backendName}-api-gateway-server`;

/** Returns the names of the backend's certificate, without and with the cluster's domain. */
export const backendNames = async ({ name }: Namespace): Promise<string[]> => {
  const host = `${backendName}.${name}.svc`;
  return [host, `${host}.${await clusterDomain()}`];
};

/** Returns a Secret with a key, its certificate, and the authority that the certificates of callers must have. */
export const tlsSecret = (name: string, own: KeyAndCertificate, authority: Authority): Json => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData: { 'tls.crt': own.certificate, 'tls.key': own.key, 'ca.crt': authority.certificate },
});

/** Writes the backend's Secret with a new certificate of an authority. */
export const writeServerSecret = async (namespace: Namespace, authority: Authority): Promise<void> => {
  const own = await authority.issue('CN=builds-api', await backendNames(namespace));
  await namespace.apply(tlsSecret(serverSecret, own, authority));
};

/** Returns the deployed gateway, in whichever namespace the gateway runs. */
export const deployedGateway = async (): Promise<Deployment> => {
  const words = ['get', 'deployments', '--all-namespaces', '-l', 'app.kubernetes.io/name=gateway', '-o', 'json'];
  const [deployment] = (JSON.parse(await kubectl(words)) as { items: Deployment[] }).items;
  if (!deployment) throw new Error('No Deployment has the label app.kubernetes.io/name=gateway. Deploy the service.');
  return deployment;
};

export const nginxOf = ({ spec }: Deployment): Container => {
  const container = spec.template.spec.containers.find(({ name }) => name === 'nginx');
  if (!container) throw new Error('The deployed gateway has no container nginx.');
  return container;
};

/** Copies a ConfigMap or a Secret of the deployed gateway into a namespace, under the name gateway. */
const copy = async (from: string, kind: string, name: string, to: Namespace): Promise<void> => {
  const { apiVersion, data } = JSON.parse(
    await kubectl(['get', kind, name, '--namespace', from, '-o', 'json']),
  ) as Json;
  await to.apply({ apiVersion, kind, metadata: { name: 'gateway' }, data });
};

/** Returns a pod with a Service that has a port on each node. */
export const podWithService = (name: string, spec: Json): Json[] => [
  { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { type: 'NodePort', selector: { app: name }, ports: [{ port: 8443 }] },
  },
];

/**
 * Starts a second gateway that accepts requests of Toolforge's API gateway only, with the image, the configuration and
 * the secret of the deployed gateway. The functions accept its requests, because both gateways have the same secret.
 */
export const startBackend = async (namespace: Namespace, authority: Authority): Promise<void> => {
  const deployment = await deployedGateway();
  const { volumes, securityContext } = deployment.spec.template.spec;
  const from = deployment.metadata.namespace;
  const config = volumes.find(({ name }) => name === 'config')?.configMap?.name ?? '';
  await copy(from, 'ConfigMap', config, namespace);
  await copy(from, 'Secret', 'gateway', namespace);
  await writeServerSecret(namespace, authority);
  const { lifecycle: _, ...nginx } = nginxOf(deployment);
  const env = { NAMESPACE: builds, CALLERS: 'api-gateway', API_GATEWAY_SUBJECT: 'CN=api-gateway' };
  await namespace.apply(
    ...podWithService(backendName, {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      securityContext,
      containers: [{ ...nginx, env: Object.entries(env).map(([name, value]) => ({ name, value })) }],
      volumes: [
        { name: 'config', configMap: { name: 'gateway' } },
        { name: 'secret', secret: { secretName: 'gateway' } },
        { name: 'tls', secret: { secretName: serverSecret } },
        { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      ],
    }),
  );
  await namespace.kubectl(['wait', '--for=condition=Ready', `pod/${backendName}`, waitTimeout]);
};
