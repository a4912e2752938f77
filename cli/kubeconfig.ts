import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { EXIT, Failure } from './failure.ts';
import { isSection, readYaml, type Section, textAt } from './yaml-file.ts';

export type Kubeconfig = {
  path: string;
  /** The current context's namespace. */
  namespace: string | undefined;
  certificate: { cert: string; key: string } | undefined;
  token: string | undefined;
  /** PEM of the authority that signs the cluster's certificates. */
  ca: string | undefined;
  skipTlsVerify: boolean;
};

type Environment = Record<string, string | undefined>;

function byName(list: unknown, name: string | undefined, key: string): Section | undefined {
  if (!Array.isArray(list)) return undefined;
  const entry = list.find((item) => isSection(item) && item.name === name);
  return isSection(entry) && isSection(entry[key]) ? entry[key] : undefined;
}

/** A value that stands in the file, base64 coded, as `<key>-data`, or in another file that `<key>` names. */
async function material(section: Section | undefined, key: string, folder: string): Promise<string | undefined> {
  const inline = textAt(section, `${key}-data`);
  if (inline) return Buffer.from(inline, 'base64').toString('utf8');
  const file = textAt(section, key);
  if (!file) return undefined;
  const path = resolve(folder, file);
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(EXIT.usage, `The kubeconfig names ${path} as ${key}, which can't be read (${cause.code}).`, {
      cause,
    });
  });
}

async function userOf(user: Section | undefined, folder: string): Promise<Pick<Kubeconfig, 'certificate' | 'token'>> {
  const cert = await material(user, 'client-certificate', folder);
  const key = await material(user, 'client-key', folder);
  if (cert && key) return { certificate: { cert, key }, token: undefined };
  const token = textAt(user, 'token') ?? (await material({ tokenFile: user?.tokenFile }, 'tokenFile', folder));
  return { certificate: undefined, token: token?.trim() };
}

async function interpret(path: string, content: Section): Promise<Kubeconfig> {
  const folder = dirname(path);
  const context = byName(content.contexts, textAt(content, 'current-context'), 'context');
  const cluster = byName(content.clusters, textAt(context, 'cluster'), 'cluster');
  return {
    path,
    namespace: textAt(context, 'namespace'),
    ...(await userOf(byName(content.users, textAt(context, 'user'), 'user'), folder)),
    ca: await material(cluster, 'certificate-authority', folder),
    skipTlsVerify: cluster?.['insecure-skip-tls-verify'] === true,
  };
}

/** The first file that exists of those KUBECONFIG names, else ~/.kube/config. Undefined when there is none. */
export async function readKubeconfig(env: Environment, home: string): Promise<Kubeconfig | undefined> {
  const named = env.KUBECONFIG?.split(delimiter).filter((path) => path !== '') ?? [];
  for (const path of named.length > 0 ? named : [join(home, '.kube', 'config')]) {
    const content = await readYaml(path);
    if (content) return interpret(path, content);
  }
  return undefined;
}
