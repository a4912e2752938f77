import { ConfigError } from '../errors.ts';
import type { ResolveHost } from './addresses.ts';
import { createAddressTest, resolveWithSystem } from './addresses.ts';
import type { Ref } from './advertisement.ts';
import { createConnection } from './connection.ts';
import { unreachable } from './failures.ts';
import { findCommit, findDefault, findNamed } from './find-commit.ts';
import type { Wanted } from './refs.ts';
import { parseRef } from './refs.ts';
import type { GitServer } from './server.ts';
import { contact } from './server.ts';
import { parseSourceUrl } from './url.ts';

export type SourceOptions = {
  /** Networks (CIDR) that are allowed although they are not public, such as ['127.0.0.0/8']. */
  allowedAddresses: readonly string[];
  /** Whether http:// is taken beside https://; default false. */
  allowHttp?: boolean;
  /** Default: any port. */
  allowedPorts?: readonly number[];
  /** For a whole resolution, the DNS included; default 10,000. */
  timeoutMs?: number;
  /** Of all answers of one resolution together; default 16 MiB. */
  maxBytes?: number;
  /** Default 5. */
  maxRedirects?: number;
  /** Certificate authorities beside the usual ones, PEM. */
  ca?: string;
  /** Default: the system's. */
  resolveHost?: ResolveHost;
};

export type Resolved = {
  /** The repository's address after redirects, to be cloned from without following any. */
  url: string;
  /** As asked for; '' for the default branch. */
  ref: string;
  /** 40 hex digits, or 64 where the repository uses SHA-256. */
  commit: string;
  /** The full name of the ref that was found, such as refs/heads/main. */
  name?: string;
};

export type Source = {
  /**
   * Finds the commit that a ref of a public repository stands for, over git's smart HTTP protocol. Exact names only:
   * the name as it is where it begins with refs/, then a branch, then a tag; a full hash is a commit.
   * @throws ApiError 400 source_*, ref_invalid or ref_not_found; the signal's reason where it was aborted
   */
  resolve(url: string, ref: string | undefined, signal?: AbortSignal): Promise<Resolved>;
};

type Settings = Required<Omit<SourceOptions, 'ca' | 'allowedPorts'>> & {
  ca: string | undefined;
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
});

/** A signal that fires with the caller's, or with an ApiError once the time is over; stop it when done. */
const deadline = (timeoutMs: number, signal: AbortSignal | undefined): { signal: AbortSignal; stop: () => void } => {
  const late = new AbortController();
  const over = () => late.abort(unreachable(`it did not answer within ${timeoutMs / 1000} seconds`));
  const timer = setTimeout(over, timeoutMs);
  return { signal: AbortSignal.any(signal ? [late.signal, signal] : [late.signal]), stop: () => clearTimeout(timer) };
};

const find = (server: GitServer, wanted: Wanted, asked: string): Promise<{ commit: string; ref: Ref | undefined }> => {
  if (wanted.kind === 'commit') return findCommit(server, wanted.hash);
  return wanted.kind === 'name' ? findNamed(server, wanted.candidates, asked) : findDefault(server);
};

/** @throws ConfigError */
export const createSource = (options: SourceOptions): Source => {
  const settings = settingsOf(options);
  const isAllowed = createAddressTest(settings.allowedAddresses);
  return {
    resolve: async (url, ref, signal) => {
      const wanted = parseRef(ref);
      const address = parseSourceUrl(url, settings);
      signal?.throwIfAborted();
      const time = deadline(settings.timeoutMs, signal);
      const connection = createConnection({ ...settings, isAllowed }, time.signal);
      try {
        const server = await contact(address, connection, settings);
        const found = await find(server, wanted, ref ?? '');
        const name = found.ref?.target ?? found.ref?.name;
        return { url: server.base, ref: ref ?? '', commit: found.commit, ...(name === undefined ? {} : { name }) };
      } finally {
        time.stop();
        connection.close();
      }
    },
  };
};
