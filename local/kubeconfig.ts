import { dump } from 'js-yaml';
import type { KeyAndCertificate } from './certificates.ts';

const base64 = (pem: string): string => Buffer.from(pem).toString('base64');

const kubeconfig = (cluster: object, user: object, namespace: string): string =>
  dump({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'toolforge',
    clusters: [{ name: 'toolforge', cluster }],
    contexts: [{ name: 'toolforge', context: { cluster: 'toolforge', user: 'toolforge', namespace } }],
    users: [{ name: 'toolforge', user }],
  });

/**
 * Returns a tool's kubeconfig as Toolforge writes it. The tool's name is in the client certificate and in the
 * namespace.
 */
export const toolKubeconfig = (tool: string, server: string, authority: string, client: KeyAndCertificate): string =>
  kubeconfig(
    { server, 'certificate-authority-data': base64(authority) },
    { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key) },
    `tool-${tool}`,
  );

/** Returns the kubeconfig with which the functions reach the embedded Kubernetes API. */
export const internalKubeconfig = (server: string, token: string, namespace: string): string =>
  kubeconfig({ server }, { token }, namespace);
