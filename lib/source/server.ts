import type { Advertisement, Capabilities, Ref } from './advertisement.ts';
import { readAdvertisement, readRefs } from './advertisement.ts';
import type { GitConnection, GitResponse } from './connection.ts';
import { notGit, sourceError, statusFailure } from './failures.ts';
import type { ProbeResult, Wanted } from './pack.ts';
import { readFirstObject } from './pack.ts';
import type { Packet } from './pkt-line.ts';
import { delimiterPacket, encodeLine, flushPacket, readPackets } from './pkt-line.ts';
import type { UrlPolicy } from './url.ts';
import { baseOf, parseSourceUrl } from './url.ts';

/** A repository on a git server that has responded. */
export type GitServer = {
  /** The repository's address after redirects. */
  base: string;
  /** Whether refs() ignores its prefixes and lists all refs, as before version 2 of the git protocol. */
  listsAllRefs: boolean;
  /** Length of the repository's hashes in hex digits. */
  hashLength: 40 | 64;
  /**
   * Lists the refs whose names begin with one of the prefixes. Where `listsAllRefs` is true, the list can be read once
   * only.
   */
  refs(prefixes: readonly string[]): AsyncIterable<Ref>;
  /** Tells which kind of object the git server has under a hash, or what an annotated tag leads to. */
  probe(wanted: Wanted): Promise<ProbeResult>;
};

export type ServerOptions = UrlPolicy & { maxRedirects: number };

const infoRefsSuffix = '/info/refs?service=git-upload-pack';
const userAgent = 'git/toolforge-builds';
/**
 * Headers of every request to a git server. Version 2 of the git protocol lets a client name the refs that it wants.
 * @see https://git-scm.com/docs/gitprotocol-v2#_http_transport
 */
const gitHeaders = { 'User-Agent': userAgent, 'Git-Protocol': 'version=2', 'Accept-Encoding': 'identity' };

/**
 * Requests info/refs of a repository, and returns the git server in the version of the git protocol that the server
 * speaks.
 * @throws ApiError 400
 */
export const openGitServer = async (
  url: URL,
  connection: GitConnection,
  options: ServerOptions,
): Promise<GitServer> => {
  const { base, response } = await followRedirects(url, connection, options);
  if (response.status !== 200) throw statusFailure(response.status, new URL(base).host);
  await checkType(response, 'application/x-git-upload-pack-advertisement');
  const packets = readPackets(response.body);
  const advertisement = await readAdvertisement(packets);
  if (advertisement.version === 0) return oldServer(base, advertisement, connection);
  // The response is read to its end, so that its connection can serve the next request.
  const rest = await packets.next();
  if (rest.done !== true) throw notGit('its response is not in the git protocol');
  return currentServer(base, advertisement.capabilities, connection);
};

/** Checks the content type of a git server's response. @throws ApiError 400 for a content type of another protocol */
const checkType = async (response: GitResponse, expected: string): Promise<void> => {
  const type = (response.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === expected) return;
  const dumb = !type.startsWith('text/html') && (await firstChunk(response)).match(/^[0-9a-f]{40,64}\trefs\//);
  if (dumb) throw notGit('the server offers only the "dumb" HTTP protocol. Use a forge, or git http-backend');
  throw notGit(
    type === 'text/html' ? 'it shows a web page' : 'its response is not in the git protocol',
    new Error(type),
  );
};

const firstChunk = async (response: GitResponse): Promise<string> => {
  for await (const chunk of response.body) return chunk.toString('latin1');
  return '';
};

/**
 * Follows redirects of the first request to a git server as git does: the repository's address becomes the redirect's
 * target.
 */
const followRedirects = async (url: URL, connection: GitConnection, options: ServerOptions) => {
  const seen = new Set<string>();
  let base = baseOf(url);
  for (;;) {
    seen.add(base);
    const response = await connection.send(new URL(base + infoRefsSuffix), { method: 'GET', headers: gitHeaders });
    const location = response.status >= 300 && response.status < 400 ? response.headers.location : undefined;
    if (location === undefined) return { base, response };
    response.discard();
    if (seen.size > options.maxRedirects) throw redirected(`more than ${options.maxRedirects} times`);
    base = nextBase(base, location, options);
    if (seen.has(base)) throw redirected('in a circle');
  }
};

const redirected = (how: string): Error =>
  sourceError('source_redirected', `The source URL redirects ${how}. Use the repository's present address.`);

/**
 * Returns the repository's address after a redirect. Security: a redirect's target must obey the rules of a source URL.
 * @throws ApiError 400
 */
const nextBase = (base: string, location: string, policy: UrlPolicy): string => {
  const target = resolveLocation(base, location);
  if (base.startsWith('https:') && target.startsWith('http:')) throw redirected('from https:// to unencrypted http://');
  if (!target.endsWith(infoRefsSuffix)) throw redirected('to a page that is not a git repository');
  return baseOf(parseSourceUrl(target.slice(0, -infoRefsSuffix.length), policy));
};

const resolveLocation = (base: string, location: string): string => {
  try {
    return new URL(location, base + infoRefsSuffix).href;
  } catch {
    throw redirected('to something that is not an address');
  }
};

/**
 * Sends a request of the git protocol and returns the packets of the response.
 * @throws ApiError 400
 */
const sendCommand = async (base: string, body: Buffer, connection: GitConnection) => {
  const response = await connection.send(new URL(`${base}/git-upload-pack`), post(body));
  if (response.status >= 300 && response.status < 400) throw redirected('within the git protocol');
  if (response.status !== 200) throw statusFailure(response.status, new URL(base).host);
  await checkType(response, 'application/x-git-upload-pack-result');
  return readPackets(response.body);
};

const oldServer = (
  base: string,
  { capabilities, refs }: Extract<Advertisement, { version: 0 }>,
  connection: GitConnection,
): GitServer => ({
  base,
  listsAllRefs: true,
  hashLength: capabilities.get('object-format') === 'sha256' ? 64 : 40,
  refs: () => refs,
  probe: async (wanted) => {
    // Without this capability the response has the pack in no packets.
    if (!capabilities.has('side-band-64k')) return 'unclear';
    const packets = await sendCommand(base, oldFetch(wanted.hash, capabilities), connection);
    const found = await readFirstObject(packets, wanted);
    // Before version 2 of the git protocol most servers refuse requests for single commits, so the build's clone step
    // checks the commit.
    return found === 'absent' ? 'unclear' : found;
  },
});

/** Returns the request that fetches one object before version 2 of the git protocol, without a commit's trees and parents. */
const oldFetch = (hash: string, capabilities: Capabilities): Buffer => {
  const format = capabilities.get('object-format');
  const wished = ['side-band-64k', 'no-progress', 'filter'].filter((name) => capabilities.has(name));
  const features = [...wished, ...(format === undefined ? [] : [`object-format=${format}`]), `agent=${userAgent}`];
  return Buffer.concat([
    encodeLine(`want ${hash} ${features.join(' ')}`),
    ...(capabilities.has('shallow') ? [encodeLine('deepen 1')] : []),
    ...(capabilities.has('filter') ? [encodeLine('filter tree:0')] : []),
    flushPacket,
    encodeLine('done'),
  ]);
};

const currentServer = (base: string, capabilities: Capabilities, connection: GitConnection): GitServer => {
  const format = capabilities.get('object-format') ?? 'sha1';
  const command = (name: string, lines: readonly string[]) =>
    Buffer.concat([
      ...[`command=${name}`, `agent=${userAgent}`].map(encodeLine),
      ...(capabilities.has('object-format') ? [encodeLine(`object-format=${format}`)] : []),
      delimiterPacket,
      ...lines.map(encodeLine),
      flushPacket,
    ]);
  const run = (name: string, lines: readonly string[]) => sendCommand(base, command(name, lines), connection);
  return {
    base,
    listsAllRefs: false,
    hashLength: format === 'sha256' ? 64 : 40,
    refs: (prefixes) => listRefs(run, capabilities, prefixes),
    probe: async (wanted) => readFirstObject(await run('fetch', fetchLines(wanted.hash, capabilities)), wanted),
  };
};

type Run = (name: string, lines: readonly string[]) => Promise<AsyncGenerator<Packet, undefined>>;

async function* listRefs(run: Run, capabilities: Capabilities, prefixes: readonly string[]): AsyncGenerator<Ref> {
  const unborn = capabilities.get('ls-refs')?.split(' ').includes('unborn') ? ['unborn'] : [];
  const packets = await run('ls-refs', [
    'peel',
    'symrefs',
    ...unborn,
    ...prefixes.map((prefix) => `ref-prefix ${prefix}`),
  ]);
  yield* readRefs(packets);
}

/**
 * Returns the lines of a request that fetches one commit, without its trees and parents where the server can leave them
 * out.
 */
const fetchLines = (hash: string, capabilities: Capabilities): string[] => {
  const features = capabilities.get('fetch')?.split(' ') ?? [];
  return [
    'no-progress',
    `want ${hash}`,
    ...(features.includes('shallow') ? ['deepen 1'] : []),
    ...(features.includes('filter') ? ['filter tree:0'] : []),
    'done',
  ];
};

const post = (body: Buffer) => {
  const type = 'application/x-git-upload-pack';
  return {
    method: 'POST' as const,
    headers: {
      ...gitHeaders,
      'Content-Type': `${type}-request`,
      Accept: `${type}-result`,
      'Content-Length': body.length,
    },
    body,
  };
};
