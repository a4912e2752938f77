import { dump } from 'js-yaml';
import type { Authority, KeyAndCertificate } from './certificates.ts';
import { paths, writePrivate } from './folder.ts';

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

/** Writes the kubeconfig file of a tool, with a new client certificate. @returns the path of the file */
export const writeToolKubeconfig = async (
  folder: string,
  tool: string,
  server: string,
  authority: Authority,
): Promise<string> => {
  const path = paths(folder).toolKubeconfig(tool);
  const client = await authority.issue(`O=toolforge,CN=${tool}`);
  await writePrivate(path, toolKubeconfig(tool, server, authority.certificate, client));
  return path;
};

/** Returns the kubeconfig with which the functions reach the embedded Kubernetes API. */
export const internalKubeconfig = (server: string, token: string, namespace: string): string =>
  kubeconfig({ server }, { token }, namespace);
