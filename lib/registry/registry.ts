import { unlessAborted } from '../abort.ts';
import { ConfigError } from '../errors.ts';
import type { Sleep } from '../retry.ts';
import type { Secret } from '../secret.ts';
import { createSingleFlight } from '../single-flight.ts';
import { type Account, createClient, type RegistryClient } from './client.ts';
import { createHarbor } from './harbor.ts';
import { projectName } from './names.ts';
import { createOci } from './oci.ts';
import type { Storage } from './sizes.ts';
import type { Strategy } from './strategy.ts';

export type RegistryOptions = {
  /** Kind of the registry. 'harbor' has projects with quotas. 'oci' is any other registry with a catalog. */
  kind: 'harbor' | 'oci';
  /** Address of the registry's API without a path, such as https://harbor.example.org. */
  url: string;
  username?: string;
  password?: Secret;
  /** Time limit for one attempt of a request to the registry, in milliseconds. Default 5,000. */
  timeoutMs?: number;
  /** Limit of attempts for one request to the registry, the first attempt included. Default 3. */
  attempts?: number;
  /** Limit for one response of the registry in bytes. Default 8 MiB. */
  maxBytes?: number;
  /**
   * Limit of a tool's storage in bytes where the registry has no limit: before the tool's project exists in Harbor, and
   * in other registries. Default: no limit.
   */
  limitBytes?: number;
  /** Waits between two attempts of a request. Default: a timer. Tests pass a function that does not wait. */
  sleep?: Sleep;
};

export type Registry = {
  /** Whether a tool's storage has a limit, so that the start of a build depends on the storage in use. */
  isLimited: boolean;
  /**
   * Makes the project of a tool's images where it is missing. Concurrent calls for one tool share one request. Nothing is
   * remembered, because projects without images are deleted daily on Toolforge.
   * @throws ApiError 503 registry_refused where the project can't be made or used; 503 registry_unavailable
   */
  prepare(tool: string, signal?: AbortSignal): Promise<void>;
  /**
   * Returns the storage of a tool's images. Undefined where the registry does not tell.
   * @throws ApiError 503 registry_unavailable
   */
  storage(tool: string, signal?: AbortSignal): Promise<Storage | undefined>;
  /**
   * Deletes all images of a tool. `repository` of the result is "<project>/<image>", with several repositories
   * separated by commas, or the project alone where the tool had no image.
   * @throws ApiError 503 registry_unavailable; images that were deleted before the error stay deleted
   */
  clean(tool: string, signal?: AbortSignal): Promise<{ deleted: number; repository: string }>;
};

/** Parses the address of the registry. @throws ConfigError for an address with a path, a user name or a password */
const checkUrl = (text: string): URL => {
  const wrong = new ConfigError('REGISTRY_URL', 'an http:// or https:// address without path, user name or password');
  if (!URL.canParse(text)) throw wrong;
  const url = new URL(text);
  const bare = ['http:', 'https:'].includes(url.protocol) && url.href === `${url.protocol}//${url.host}/`;
  if (!bare) throw wrong;
  return url;
};

const checkNumber = (name: string, value: number, least: number): number => {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new ConfigError(name, `a whole number from ${least}`);
};

/**
 * Returns the account for the registry.
 * @throws ConfigError where only the user name or the password is set
 */
const accountOf = ({ username, password }: RegistryOptions): Account | undefined => {
  if (username === undefined && password === undefined) return undefined;
  if (!username || username.includes(':'))
    throw new ConfigError('REGISTRY_USER', 'set beside REGISTRY_PASSWORD_FILE, to a name without a colon');
  if (!password) throw new ConfigError('REGISTRY_PASSWORD_FILE', 'set beside REGISTRY_USER');
  return { username, password };
};

const clientFor = (options: RegistryOptions, url: URL): RegistryClient =>
  createClient({
    base: url.origin,
    account: accountOf(options),
    timeoutMs: checkNumber('registry.timeoutMs', options.timeoutMs ?? 5000, 1),
    attempts: checkNumber('registry.attempts', options.attempts ?? 3, 1),
    maxBytes: checkNumber('registry.maxBytes', options.maxBytes ?? 8 * 1024 * 1024, 1),
    sleep: options.sleep,
  });

const strategyOf = (kind: RegistryOptions['kind'], client: RegistryClient): Strategy => {
  if (kind === 'harbor') return createHarbor(client);
  if (kind === 'oci') return createOci(client);
  throw new ConfigError('REGISTRY_KIND', 'harbor or oci');
};

/** Makes the registry that holds the images of all tools. @throws ConfigError */
export const createRegistry = (options: RegistryOptions): Registry => {
  const url = checkUrl(options.url);
  const limitBytes =
    options.limitBytes === undefined ? undefined : checkNumber('REGISTRY_LIMIT_BYTES', options.limitBytes, 0);
  const strategy = strategyOf(options.kind, clientFor(options, url));
  const preparing = createSingleFlight<void>();
  return {
    isLimited: options.kind === 'harbor' || limitBytes !== undefined,
    prepare: (tool, signal) => {
      const project = projectName(tool);
      return unlessAborted(
        preparing(project, () => strategy.prepare(project, undefined)),
        signal,
      );
    },
    storage: async (tool, signal) => {
      const found = await strategy.storage(projectName(tool), signal);
      return found && { usedBytes: 0, limitBytes, ...found };
    },
    clean: async (tool, signal) => {
      const { deleted, repositories } = await strategy.clean(projectName(tool), signal);
      return { deleted, repository: repositories.join(', ') || projectName(tool) };
    },
  };
};
