import { anySignal } from '../abort.ts';
import { ConfigError } from '../errors.ts';
import type { ChosenProxy } from '../proxy/choose.ts';
import type { ResolveHost } from './addresses.ts';
import { createAddressTest, resolveWithSystem } from './addresses.ts';
import { createGitConnection } from './connection.ts';
import { unreachable } from './failures.ts';
import { type FoundCommit, findCommit, findDefault, findNamed } from './find-commit.ts';
import type { RequestedRef } from './refs.ts';
import { parseRef } from './refs.ts';
import type { GitServer } from './server.ts';
import { openGitServer } from './server.ts';
import { parseSourceUrl } from './url.ts';

export type SourceOptions = {
  /** Networks in CIDR notation that are allowed although they are not public, such as ['127.0.0.0/8']. */
  allowedAddresses: readonly string[];
  /** Whether git repositories at http:// addresses are allowed besides https://. Default false. */
  allowHttp?: boolean;
  /** Ports of git servers that are allowed. Default: any port. */
  allowedPorts?: readonly number[];
  /** Time limit for resolving a ref in milliseconds, DNS included. Default 10,000. */
  timeoutMs?: number;
  /** Limit for all responses together while one ref is resolved, in bytes. Default 16 MiB. */
  maxBytes?: number;
  /** Limit of redirects while one ref is resolved. Default 5. */
  maxRedirects?: number;
  /** Certificate authorities of git servers that are trusted besides Node's own, in PEM. */
  ca?: string;
  /** Resolves host names. Default: the operating system's resolver. */
  resolveHost?: ResolveHost;
  /** Proxy to git servers on other machines. Default: none. */
  proxy?: ChosenProxy | undefined;
  /** Hosts that are reached without the proxy, as in the items of NO_PROXY. Default: none. */
  noProxy?: readonly string[];
};

export type Resolved = {
  /** The repository's address after redirects. The build's clone step follows no redirects. */
  url: string;
  /** The requested ref as the client wrote it; '' for the default branch. */
  ref: string;
  /** Hash of the commit: 40 hex digits, or 64 where the repository uses SHA-256. */
  commit: string;
  /**
   * Hash that `git ls-remote` prints for the ref: the commit, but for an annotated tag the tag's own object. Clients
   * such as components-api compare it with what they see there, to use a build again.
   */
  refHash: string;
  /** The full name of the ref that was found, such as refs/heads/main. */
  name?: string;
};

export type Source = {
  /**
   * Returns the commit of a ref of a public repository, over git's smart HTTP protocol. Names are matched exactly: a
   * ref that begins with refs/ is a full name first, any ref is a branch second and a tag third. A full hash is a
   * commit.
   * @throws ApiError 400 source_*, ref_invalid or ref_not_found; the signal's reason where it was aborted
   */
  resolve(url: string, ref: string | undefined, signal?: AbortSignal): Promise<Resolved>;
};

type Settings = Required<Omit<SourceOptions, 'ca' | 'allowedPorts' | 'proxy'>> & {
  ca: string | undefined;
  proxy: ChosenProxy | undefined;
  allowedPorts: readonly number[] | undefined;
};

const positive = (name: string, value: number, least = 1): number => {
  if (!Number.isSafeInteger(value) || value < least)
    throw new ConfigError(`source.${name}`, `a whole number from ${least}`);
  return value;
};

const checkPorts = (ports: readonly number[] | undefined): readonly number[] | undefined => {
  const wrong = ports?.some((port) => !Number.isInteger(port) || port < 1 || port > 65_535);
  if (wrong) throw new ConfigError('source.allowedPorts', 'a list of ports from 1 to 65535');
  return ports;
};

const settingsOf = (options: SourceOptions): Settings => ({
  allowedAddresses: options.allowedAddresses,
  allowHttp: options.allowHttp ?? false,
  allowedPorts: checkPorts(options.allowedPorts),
  timeoutMs: positive('timeoutMs', options.timeoutMs ?? 10_000),
  maxBytes: positive('maxBytes', options.maxBytes ?? 16 * 1024 * 1024),
  maxRedirects: positive('maxRedirects', options.maxRedirects ?? 5, 0),
  ca: options.ca,
  resolveHost: options.resolveHost ?? resolveWithSystem,
  proxy: options.proxy,
  noProxy: options.noProxy ?? [],
});

/**
 * Returns a signal that fires with the caller's signal, or with an ApiError after the time limit. `stop` ends the
 * timer.
 */
const deadline = (timeoutMs: number, signal: AbortSignal | undefined): { signal: AbortSignal; stop: () => void } => {
  const late = new AbortController();
  const over = () => late.abort(unreachable(`it did not respond within ${timeoutMs / 1000} seconds`));
  const timer = setTimeout(over, timeoutMs);
  return { signal: anySignal(late.signal, signal), stop: () => clearTimeout(timer) };
};

const find = (server: GitServer, requested: RequestedRef, ref: string): Promise<FoundCommit> => {
  if (requested.kind === 'commit') return findCommit(server, requested.hash);
  return requested.kind === 'name' ? findNamed(server, requested.candidates, ref) : findDefault(server);
};

/** Makes a source that resolves refs of git repositories. @throws ConfigError */
export const createSource = (options: SourceOptions): Source => {
  const settings = settingsOf(options);
  const isAllowed = createAddressTest(settings.allowedAddresses);
  return {
    resolve: async (url, ref, signal) => {
      const requested = parseRef(ref);
      const address = parseSourceUrl(url, settings);
      signal?.throwIfAborted();
      const time = deadline(settings.timeoutMs, signal);
      const connection = createGitConnection({ ...settings, isAllowed }, time.signal);
      try {
        const server = await openGitServer(address, connection, settings);
        const found = await find(server, requested, ref ?? '');
        const { commit, refHash } = found;
        const name = found.ref?.target ?? found.ref?.name;
        return { url: server.base, ref: ref ?? '', commit, refHash, ...(name === undefined ? {} : { name }) };
      } finally {
        time.stop();
        connection.close();
      }
    },
  };
};
