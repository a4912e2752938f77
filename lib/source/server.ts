import type { Advertisement, Capabilities, Ref } from './advertisement.ts';
import { readAdvertisement, readRefs } from './advertisement.ts';
import type { Connection, GitResponse } from './connection.ts';
import { notGit, sourceError, statusFailure } from './failures.ts';
import type { Sent } from './pack.ts';
import { readFirstObject } from './pack.ts';
import type { Packet } from './pkt-line.ts';
import { delimiter, encodeLine, flush, readPackets } from './pkt-line.ts';
import type { UrlPolicy } from './url.ts';
import { baseOf, parseSourceUrl } from './url.ts';

/** A git server that answered, and what can be asked of it. */
export type GitServer = {
  /** The repository's address after redirects. */
  base: string;
  /** Whether refs() shows all there are, whatever the prefixes. */
  showsAll: boolean;
  /** Length of its hashes in hex digits. */
  hashLength: 40 | 64;
  /** Refs whose names begin with one of the prefixes. Where it shows all, it can be read once only. */
  refs(prefixes: readonly string[]): AsyncIterable<Ref>;
  /** Whether it gives out this object as a commit. */
  probe(hash: string): Promise<Sent>;
};

export type ServerOptions = UrlPolicy & { maxRedirects: number };

const suffix = '/info/refs?service=git-upload-pack';
const agent = 'git/toolforge-builds';
/** Version 2 lets us name the refs we want (https://git-scm.com/docs/gitprotocol-v2#_http_transport). */
const headers = { 'User-Agent': agent, 'Git-Protocol': 'version=2', 'Accept-Encoding': 'identity' };

/** @throws ApiError 400 */
export const contact = async (url: URL, connection: Connection, options: ServerOptions): Promise<GitServer> => {
  const { base, answer } = await follow(url, connection, options);
  if (answer.status !== 200) throw statusFailure(answer.status, new URL(base).host);
  await checkType(answer, 'application/x-git-upload-pack-advertisement');
  const packets = readPackets(answer.body);
  const advertisement = await readAdvertisement(packets);
  if (advertisement.version === 0) return oldServer(base, advertisement);
  // Read to its end, the connection serves the next request as well.
  const rest = await packets.next();
  if (rest.done !== true) throw notGit('its answer is not in the git protocol');
  return currentServer(base, advertisement.capabilities, connection);
};

const checkType = async (answer: GitResponse, expected: string): Promise<void> => {
  const type = (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === expected) return;
  const dumb = !type.startsWith('text/html') && (await firstChunk(answer)).match(/^[0-9a-f]{40,64}\trefs\//);
  if (dumb) throw notGit('the server offers only the "dumb" HTTP protocol; use a forge, or git http-backend');
  throw notGit(type === 'text/html' ? 'it shows a web page' : 'its answer is not in the git protocol', new Error(type));
};

const firstChunk = async (answer: GitResponse): Promise<string> => {
  for await (const chunk of answer.body) return chunk.toString('latin1');
  return '';
};

/** Redirects of the first request are followed as git does: the repository's address moves along. */
const follow = async (url: URL, connection: Connection, options: ServerOptions) => {
  const seen = new Set<string>();
  let base = baseOf(url);
  for (;;) {
    seen.add(base);
    const answer = await connection.call(new URL(base + suffix), { method: 'GET', headers: headers });
    const location = answer.status >= 300 && answer.status < 400 ? answer.headers.location : undefined;
    if (location === undefined) return { base, answer };
    answer.discard();
    if (seen.size > options.maxRedirects) throw redirected(`more than ${options.maxRedirects} times`);
    base = nextBase(base, location, options);
    if (seen.has(base)) throw redirected('in a circle');
  }
};

const redirected = (how: string): Error =>
  sourceError('source_redirected', `The source URL redirects ${how}. Use the address it is meant to lead to.`);

/** Every hop obeys the rules of an address that was typed. @throws ApiError 400 */
const nextBase = (base: string, location: string, policy: UrlPolicy): string => {
  const target = resolveLocation(base, location);
  if (base.startsWith('https:') && target.startsWith('http:')) throw redirected('from https:// to unencrypted http://');
  if (!target.endsWith(suffix)) throw redirected('to a page that is not a git repository');
  return baseOf(parseSourceUrl(target.slice(0, -suffix.length), policy));
};

const resolveLocation = (base: string, location: string): string => {
  try {
    return new URL(location, base + suffix).href;
  } catch {
    throw redirected('to something that is not an address');
  }
};

const oldServer = (base: string, advertisement: Extract<Advertisement, { version: 0 }>): GitServer => ({
  base,
  showsAll: true,
  hashLength: advertisement.capabilities.get('object-format') === 'sha256' ? 64 : 40,
  refs: () => advertisement.refs,
  // Before version 2 a server gives single commits only where it is set up to: the clone will show.
  probe: async () => 'unclear',
});

const currentServer = (base: string, capabilities: Capabilities, connection: Connection): GitServer => {
  const format = capabilities.get('object-format') ?? 'sha1';
  const command = (name: string, lines: readonly string[]) =>
    Buffer.concat([
      ...[`command=${name}`, `agent=${agent}`].map(encodeLine),
      ...(capabilities.has('object-format') ? [encodeLine(`object-format=${format}`)] : []),
      delimiter,
      ...lines.map(encodeLine),
      flush,
    ]);
  const run = async (name: string, lines: readonly string[]) => {
    const answer = await connection.call(new URL(`${base}/git-upload-pack`), post(command(name, lines)));
    if (answer.status >= 300 && answer.status < 400) throw redirected('in the middle of the git protocol');
    if (answer.status !== 200) throw statusFailure(answer.status, new URL(base).host);
    await checkType(answer, 'application/x-git-upload-pack-result');
    return readPackets(answer.body);
  };
  return {
    base,
    showsAll: false,
    hashLength: format === 'sha256' ? 64 : 40,
    refs: (prefixes) => listRefs(run, capabilities, prefixes),
    probe: async (hash) => readFirstObject(await run('fetch', fetchLines(hash, capabilities)), hash),
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

/** One commit without its trees, as far as the server can: all we read is the first object's type. */
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
    headers: { ...headers, 'Content-Type': `${type}-request`, Accept: `${type}-result`, 'Content-Length': body.length },
    body,
  };
};
