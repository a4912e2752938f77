import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Returns the data folder of the embedded platform: TOOLFORGE_BUILDS_DATA, or `data` in the working folder. */
export const dataFolder = (): string => resolve(process.env.TOOLFORGE_BUILDS_DATA ?? 'data');

const longestFileName = 255;

/** Returns a name for the folder of a tool. A name that is cut has a dot, which no tool's name has. */
const toolFolder = (tool: string): string => {
  if (tool.length <= longestFileName) return tool;
  return `${tool.slice(0, 150)}.${createHash('sha256').update(tool).digest('hex')}`;
};

export const paths = (folder: string) => ({
  kube: join(folder, 'kube'),
  tekton: join(folder, 'tekton'),
  images: join(folder, 'images'),
  cache: join(folder, 'cache'),
  logs: join(folder, 'logs'),
  /** Log of the platform itself. */
  log: join(folder, 'log'),
  lock: join(folder, 'lock'),
  /** Folder with the command toolforge-build, for the PATH of a shell. */
  programs: join(folder, 'bin'),
  issuer: join(folder, 'issuer', 'key.json'),
  authority: join(folder, 'gateway', 'authority.json'),
  authorityCertificate: join(folder, 'gateway', 'ca.crt'),
  brokerToken: join(folder, 'internal', 'broker-token'),
  registryPassword: join(folder, 'internal', 'registry-password'),
  sessionKeys: join(folder, 'page', 'session-keys'),
  refreshKeys: join(folder, 'page', 'refresh-keys'),
  signInCode: join(folder, 'issuer', 'code'),
  gatewaySecret: join(folder, 'gateway', 'secret'),
  internalKubeconfig: join(folder, 'internal', 'kubeconfig'),
  accountKubeconfig: (account: string) => join(folder, 'internal', 'accounts', account),
  toolKubeconfig: (tool: string) => join(folder, 'tools', toolFolder(tool), 'kubeconfig'),
  addresses: join(folder, 'addresses.json'),
});

/** Writes a file, by default with keys or tokens that only its owner can read, in one step. */
export const writePrivate = async (path: string, text: string, mode = 0o600): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(part, text, { mode });
  await rename(part, path);
};

/** Returns the contents of a file. A missing file is first written with the text that `make` returns. */
export const readOrMake = async (path: string, make: () => Promise<string>): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const text = await make();
    await writePrivate(path, text);
    return text;
  }
};

/** Returns a secret from a file. A missing file is first written with a new secret of 256 random bits. */
export const readOrMakeSecret = async (path: string): Promise<string> =>
  (await readOrMake(path, async () => randomBytes(32).toString('hex'))).trim();
