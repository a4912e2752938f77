import { join } from 'node:path';
import { type Fields, textAt } from '../lib/json-values.ts';
import { exitCodes, Failure } from './failure.ts';
import type { Sources } from './sources.ts';
import { readYaml } from './yaml-file.ts';

/** The configuration files of Toolforge's clients: those of the machine, and those of the user, which win. */
export type ConfigFiles = { machine: Fields[]; user: Fields[] };

/** An API gateway that a configuration file names, and the cluster of the same deployment. */
export type Gateway = {
  url: URL;
  /** Address of the Kubernetes API server in the gateway's deployment; undefined when the file does not name it. */
  kubernetes: URL | undefined;
  /** Whether the machine's administrator wrote the file. */
  isOfMachine: boolean;
};

const readAll = async (paths: string[]): Promise<Fields[]> =>
  (await Promise.all(paths.map(readYaml))).filter((content) => content !== undefined);

/**
 * Reads the configuration files of Toolforge's Python clients, in the order in which these clients read them.
 * @throws Failure when a file can't be read or holds no mapping
 */
export const readConfigFiles = async ({
  env,
  home,
  etc,
}: Pick<Sources, 'env' | 'home' | 'etc'>): Promise<ConfigFiles> => {
  const machine = [join(etc, 'builds.yaml'), join(etc, 'common.yaml')];
  const user = [
    join(home, '.toolforge.yaml'),
    join(home, '.config', 'toolforge.yaml'),
    ...(env.XDG_CONFIG_HOME ? [join(env.XDG_CONFIG_HOME, 'toolforge.yaml')] : []),
  ];
  return { machine: await readAll(machine), user: await readAll(user) };
};

/** Returns the sections of all configuration files. A section of a later file replaces the same section of an earlier one. */
export const sectionsOf = ({ machine, user }: ConfigFiles): Fields => Object.assign({}, ...machine, ...user) as Fields;

/**
 * Returns a text as URL.
 * @throws Failure when the text is no http or https URL, or holds a user's name or password
 */
export const parseAddress = (text: string, source: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password) {
    // The text is not quoted, because it holds a password.
    throw new Failure(exitCodes.usage, `${source} must be an address without the name or password of a user.`);
  }
  if (url && ['http:', 'https:'].includes(url.protocol) && url.host !== '') return url;
  throw new Failure(exitCodes.usage, `${source} must be an http or https URL, not "${text}".`);
};

const gatewayOf = (content: Fields, isOfMachine: boolean): Gateway[] => {
  const [url, kubernetes] = [textAt(content, 'api_gateway', 'url'), textAt(content, 'api_gateway', 'kubernetes_url')];
  if (url === undefined || !URL.canParse(url)) return [];
  const server = kubernetes === undefined ? undefined : parseAddress(kubernetes, 'api_gateway.kubernetes_url');
  return [{ url: new URL(url), kubernetes: server, isOfMachine }];
};

/**
 * Returns the API gateways that the configuration files name.
 * @throws Failure when api_gateway.kubernetes_url is no http or https URL
 */
export const gatewaysIn = ({ machine, user }: ConfigFiles): Gateway[] => [
  ...machine.flatMap((content) => gatewayOf(content, true)),
  ...user.flatMap((content) => gatewayOf(content, false)),
];
