import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

/** An entry of a git tree. A `commit` is a submodule. */
export type TreeEntry = {
  type: 'blob' | 'program' | 'tree' | 'commit' | 'link';
  /** A name that is no UTF-8 is given as bytes. */
  name: string | Buffer;
  hash: string;
};

/** A bare git repository whose objects a test writes one by one, also objects that git itself would not make. */
export type GitObjects = {
  blob(content: string | Buffer): Promise<string>;
  tree(entries: readonly TreeEntry[]): Promise<string>;
  /** Writes a commit of a tree, and moves the branch main to the commit. Returns the commit's hash. */
  commit(tree: string): Promise<string>;
};

const modes = { blob: '100644', program: '100755', tree: '40000', commit: '160000', link: '120000' } as const;

/** Git sorts the entries of a tree as if the name of a folder ended with a slash. */
const sortKey = ({ type, name }: TreeEntry): Buffer =>
  Buffer.concat([Buffer.from(name), Buffer.from(type === 'tree' ? '/' : '')]);

const treeContent = (entries: readonly TreeEntry[]): Buffer =>
  Buffer.concat(
    entries
      .map((entry) => ({ ...entry, key: sortKey(entry) }))
      .sort((a, b) => Buffer.compare(a.key, b.key))
      .flatMap(({ type, name, hash }) => [
        ...[Buffer.from(`${modes[type]} `), Buffer.from(name), Buffer.from('\0'), Buffer.from(hash, 'hex')],
      ]),
  );

const git = (folder: string, ...words: string[]): void => {
  const run = spawnSync('git', words, { cwd: folder, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
};

/** Makes a bare git repository in a new folder. */
export const createGitObjects = async (folder: string): Promise<GitObjects> => {
  await mkdir(folder, { recursive: true });
  git(folder, 'init', '--quiet', '--bare', '--template=', '--initial-branch=main');
  const write = async (type: string, content: Buffer): Promise<string> => {
    const object = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
    const hash = createHash('sha1').update(object).digest('hex');
    const place = join(folder, 'objects', hash.slice(0, 2));
    await mkdir(place, { recursive: true });
    await writeFile(join(place, hash.slice(2)), deflateSync(object, { level: 1 }));
    return hash;
  };
  return {
    blob: (content) => write('blob', Buffer.from(content)),
    tree: (entries) => write('tree', treeContent(entries)),
    commit: async (tree) => {
      const who = 'A <a@example.org> 1577836800 +0000';
      const commit = await write('commit', Buffer.from(`tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nExample\n`));
      git(folder, 'update-ref', 'refs/heads/main', commit);
      return commit;
    },
  };
};

/** Makes trees of `levels` levels, each with `width` entries that are the same tree. Returns the tree at the top. */
export const treeBomb = async (
  objects: GitObjects,
  bottom: Omit<TreeEntry, 'name'>,
  { levels = 10, width = 10 } = {},
): Promise<string> => {
  let { type, hash } = bottom;
  for (let level = 0; level < levels; level += 1) {
    const entry = { type, hash };
    hash = await objects.tree(Array.from({ length: width }, (_, at) => ({ ...entry, name: `e${at}` })));
    type = 'tree';
  }
  return hash;
};
