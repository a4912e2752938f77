import { readdir, readFile, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

/** A change that a buildpack's layer makes to one environment variable. */
export type EnvironmentChange = {
  name: string;
  action: 'override' | 'default' | 'append' | 'prepend';
  value: string;
  /** Separator between the old and the new value of the variable, for the actions append and prepend. */
  delimiter: string;
};

export type Environment = Record<string, string>;

const actions = ['override', 'default', 'append', 'prepend'] as const;
const validName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Environment variables to which folders of a buildpack's layer are added, such as PATH for the folder bin.
 * @see Buildpack specification, "Layer Paths"
 */
const layerPaths = {
  build: [
    ['bin', 'PATH'],
    ['lib', 'LD_LIBRARY_PATH'],
    ['lib', 'LIBRARY_PATH'],
    ['include', 'CPATH'],
    ['pkgconfig', 'PKG_CONFIG_PATH'],
  ],
  launch: [
    ['bin', 'PATH'],
    ['lib', 'LD_LIBRARY_PATH'],
  ],
} as const;

const namesIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
};

/**
 * Reads changes of environment variables from a folder with files `NAME.ACTION`. A file without an action overrides the
 * variable.
 */
const readChanges = async (folder: string): Promise<EnvironmentChange[]> => {
  const files = await namesIn(folder);
  const contents = new Map<string, string>();
  for (const file of files) contents.set(file, await readFile(join(folder, file), 'utf8'));
  return files.flatMap((file) => {
    const [name = '', suffix = 'override'] = file.split('.', 2);
    const action = actions.find((known) => known === suffix);
    if (action === undefined || !validName.test(name)) return [];
    return [{ name, action, value: contents.get(file) ?? '', delimiter: contents.get(`${name}.delim`) ?? '' }];
  });
};

/**
 * Reads a layer's changes of environment variables for later buildpacks (build) or for the application's processes
 * (launch), in order.
 * @see Buildpack specification, "Environment"
 */
export const layerChanges = async (
  layer: string,
  phase: 'build' | 'launch',
  processType = '',
): Promise<EnvironmentChange[]> => {
  if (processType !== '') return readChanges(join(layer, 'env.launch', processType));
  const paths: EnvironmentChange[] = [];
  for (const [folder, name] of layerPaths[phase]) {
    const value = join(layer, folder);
    const isThere = await stat(value).then(
      (info) => info.isDirectory(),
      () => false,
    );
    if (isThere) paths.push({ name, action: 'prepend', value, delimiter: ':' });
  }
  return [...paths, ...(await readChanges(join(layer, 'env'))), ...(await readChanges(join(layer, `env.${phase}`)))];
};

const changed = (old: string, { action, value, delimiter }: EnvironmentChange): string => {
  if (action === 'override') return value;
  if (action === 'default') return old === '' ? value : old;
  if (old === '') return value;
  return action === 'append' ? old + delimiter + value : value + delimiter + old;
};

export const applyChanges = (environment: Environment, changes: EnvironmentChange[]): Environment => {
  // A Map takes any name that a user chooses: assigning to the key `__proto__` of an object would set its prototype.
  const next = new Map(Object.entries(environment));
  for (const change of changes) next.set(change.name, changed(next.get(change.name) ?? '', change));
  return Object.fromEntries(next);
};

/** Environment variables with the path of a file with certificate authorities, or with a list of folders. */
const authorityVariables = [
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NIX_SSL_CERT_FILE', 'CURL_CA_BUNDLE'],
  ...['REQUESTS_CA_BUNDLE', 'PIP_CERT', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH', 'YARN_HTTPS_CA_FILE_PATH'],
  ...['npm_config_cafile', 'NPM_CONFIG_CAFILE'],
];

/** Environment variables with URLs of packages, separated by blanks, which may hold user names and passwords. */
const packageUrls = ['PIP_FIND_LINKS', 'npm_config_registry', 'NPM_CONFIG_REGISTRY'];

/** Environment variables that make programs trust the machine's authorities, or name its language and programs. */
const otherVariables = [
  ...['PATH', 'LANG', 'LC_ALL', 'TZ', 'PYENV_ROOT'],
  ...['NODE_USE_SYSTEM_CA', 'UV_NATIVE_TLS', 'UV_SYSTEM_CERTS'],
];

/** Environment variables that name proxies. */
const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];

/** Environment variables of this machine that the steps of a build may see. Other variables may hold secrets. */
const inherited = [...otherVariables, ...authorityVariables, ...packageUrls, ...proxyVariables, 'NO_PROXY', 'no_proxy'];

/** Returns a list of URLs without the user names and passwords in them. An @ in a path stays. */
const urlsWithoutPasswords = (urls: string): string =>
  urls.replace(/(?<!\S)([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/gi, '$1');

/** Returns absolute paths, because a step runs in another folder. Paths are separated as in PATH. */
const absolutePaths = (paths: string): string =>
  paths
    .split(delimiter)
    .map((path) => (path === '' ? path : resolve(path)))
    .join(delimiter);

const pick = (
  machine: NodeJS.ProcessEnv,
  names: readonly string[],
  change: (value: string) => string = (value) => value,
): Environment =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = machine[name];
      return value === undefined ? [] : [[name, change(value)]];
    }),
  );

/** Names of hosts and addresses that lead to this machine. */
const thisMachine = 'localhost,127.0.0.1,::1';

const proxyEnvironment = ({ NO_PROXY, no_proxy: list = NO_PROXY }: NodeJS.ProcessEnv, proxy: string): Environment => {
  const none = list ? `${list},${thisMachine}` : thisMachine;
  const urls = proxyVariables.map((name) => [name, proxy]);
  return Object.fromEntries([...urls, ['NO_PROXY', none], ['no_proxy', none]]);
};

/**
 * Returns the environment variables that the steps of a build get from this machine: paths of programs, certificates and
 * packages. Security: steps run the repository's code, so they get no password of the machine.
 * @param machine the environment of the embedded platform
 * @param proxy URL of a proxy for the steps. Default: none
 */
export const stepEnvironment = (machine: NodeJS.ProcessEnv, proxy?: string): Environment => ({
  ...pick(machine, otherVariables),
  ...pick(machine, authorityVariables, absolutePaths),
  ...pick(machine, packageUrls, urlsWithoutPasswords),
  ...(proxy === undefined ? {} : proxyEnvironment(machine, proxy)),
});

/** Returns the environment variables of a step that buildpacks may see. */
export const baseEnvironment = (step: NodeJS.ProcessEnv): Environment => pick(step, inherited);

/**
 * Reads the user's build-time variables from the platform folder, which has one file per variable.
 * @see Platform specification, "Platform Directory"
 */
export const platformEnvironment = async (platform: string): Promise<Environment> => {
  const folder = join(platform, 'env');
  const names = await namesIn(folder);
  const pairs = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]);
  return Object.fromEntries(await Promise.all(pairs));
};

const lists = ['PATH', 'LD_LIBRARY_PATH', 'LIBRARY_PATH', 'CPATH', 'PKG_CONFIG_PATH'];

/**
 * Returns the environment variables of a build: the machine's and the user's. A user's variable replaces the machine's
 * variable; a list of folders, such as PATH, is put in front of the machine's list.
 * @see Platform specification
 */
export const withUserVariables = (machine: Environment, user: Environment): Environment => {
  const changes = Object.entries(user).map(([name, value]): EnvironmentChange => {
    return { name, value, action: lists.includes(name) ? 'prepend' : 'override', delimiter: ':' };
  });
  return applyChanges(machine, changes);
};
