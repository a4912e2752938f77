import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

const mediaTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** Suffixes of files that are compressed already, by the content coding. */
const suffixes = { br: '.br', gzip: '.gz' } as const;

export type Coding = keyof typeof suffixes | 'identity';

/** The bytes of a file in one content coding, and their strong entity tag. */
type Content = { bytes: Buffer; etag: string };

export type PageFile = {
  mediaType: string;
  /** Whether the file's name holds a hash of its content, so that the content at its address never changes. */
  isImmutable: boolean;
  /** Content codings of the file, the best one first. */
  codings: readonly Coding[];
  /** Returns the content in one of the file's codings. The content is read once, and kept. */
  content: (coding: Coding) => Promise<Content>;
};

/** The files of the page by their path below the page's own path, such as `/assets/index-Ab12.js`. */
export type PageFiles = { index: PageFile; find: (path: string) => PageFile | undefined };

/** Folder below which all names hold a hash of the content. */
const hashedFolder = '/assets/';

const contentOf = (bytes: Buffer): Content => ({
  bytes,
  etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
});

/** Returns a function that calls `read` once for each coding. A failed reading is not kept. */
const once = (read: (coding: Coding) => Promise<Content>): PageFile['content'] => {
  const known = new Map<Coding, Promise<Content>>();
  return (coding) => {
    const content = known.get(coding) ?? read(coding);
    known.set(coding, content);
    content.catch(() => known.delete(coding));
    return content;
  };
};

const fileAt = (folder: string, path: string, present: ReadonlySet<string>): PageFile => {
  const compressed = (['br', 'gzip'] as const).filter((coding) => present.has(path + suffixes[coding]));
  return {
    mediaType: mediaTypes[extname(path)] ?? 'application/octet-stream',
    isImmutable: path.startsWith(hashedFolder),
    codings: [...compressed, 'identity'],
    content: once(async (coding) =>
      contentOf(await readFile(join(folder, path + (coding === 'identity' ? '' : suffixes[coding])))),
    ),
  };
};

/** Puts the page's own path in the place of `./` in the addresses of index.html. */
const withRoot = (html: string, root: string): string => html.replaceAll('="./', `="${root}`);

const indexFile = (folder: string, root: string): PageFile => ({
  mediaType: mediaTypes['.html'] ?? '',
  isImmutable: false,
  codings: ['identity'],
  content: once(async () => contentOf(Buffer.from(withRoot(await readFile(join(folder, 'index.html'), 'utf8'), root)))),
});

const pathsIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `/${relative(folder, join(parentPath, name)).split(sep).join('/')}`);
};

/**
 * Opens the folder of a built page (web/build.ts). Security: a request finds a file only by the exact name that the
 * folder had at the start, so no request leads out of the folder.
 * @param root the page's own path, such as `/builds/ui/`
 * @throws Error for a folder without index.html
 */
export const openPageFiles = async (folder: string, root: string): Promise<PageFiles> => {
  const present = new Set(await pathsIn(folder));
  if (!present.has('/index.html')) throw new Error(`${folder} has no index.html: run npm run build.`);
  const names = [...present].filter((path) => !/\.(?:br|gz)$/.test(path) && path !== '/index.html');
  const files = new Map(names.map((path) => [path, fileAt(folder, path, present)]));
  return { index: indexFile(folder, root), find: (path) => files.get(path) };
};
