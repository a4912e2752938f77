import { type GitObjects, type TreeEntry, treeBomb } from './git-objects.ts';

/** A repository that the step clone must refuse, and words of the sentence with which it does. */
export type HostileRepository = { make: (objects: GitObjects) => Promise<string>; refusal: RegExp };

const mebibyte = 1024 ** 2;
const zeros = '0'.repeat(40);

const nested = async (objects: GitObjects, levels: number, name: string): Promise<string> => {
  let hash = await objects.tree([{ type: 'blob', name: 'a', hash: await objects.blob('a') }]);
  for (let level = 0; level < levels; level += 1) hash = await objects.tree([{ type: 'tree', name, hash }]);
  return hash;
};

const wide = async (objects: GitObjects, type: TreeEntry['type'], hash: string, width: number): Promise<string> =>
  objects.tree(Array.from({ length: width }, (_, at) => ({ type, hash, name: `e${at}` })));

/** Repositories of a few kilobytes that would fill the disk, or keep git busy for ever, by what they are made of. */
export const hostileRepositories: Record<string, HostileRepository> = {
  'ten levels of ten folders with files of ten mebibytes': {
    make: async (objects) => treeBomb(objects, { type: 'blob', hash: await objects.blob(Buffer.alloc(10 * mebibyte)) }),
    refusal: /files are larger than 1073741824 bytes/,
  },
  'ten levels of ten folders with empty files': {
    make: async (objects) => treeBomb(objects, { type: 'blob', hash: await objects.blob('') }),
    refusal: /more than 200000 (files|folders)/,
  },
  'thirty levels of ten folders without files': {
    make: async (objects) => treeBomb(objects, { type: 'tree', hash: await objects.tree([]) }, { levels: 30 }),
    refusal: /more than 200000 folders and submodules/,
  },
  'thirty levels of ten folders with submodules': {
    make: async (objects) => treeBomb(objects, { type: 'commit', hash: `1${zeros.slice(1)}` }, { levels: 30 }),
    refusal: /more than 200000 folders and submodules/,
  },
  'ten levels of ten folders with symbolic links': {
    make: async (objects) => treeBomb(objects, { type: 'link', hash: await objects.blob('../e0') }),
    refusal: /more than 200000 (files|folders)/,
  },
  'a quarter of a million files': {
    make: async (objects) => wide(objects, 'blob', await objects.blob(''), 250_000),
    refusal: /more than 200000 files/,
  },
  'a quarter of a million submodules': {
    make: (objects) => wide(objects, 'commit', `1${zeros.slice(1)}`, 250_000),
    refusal: /more than 200000 folders and submodules/,
  },
  'three thousand folders in each other': {
    make: (objects) => nested(objects, 3000, 'e'),
    refusal: /path in the commit is longer than 3072 bytes/,
  },
  'a file name of a mebibyte': {
    make: (objects) => nested(objects, 1, 'e'.repeat(mebibyte)),
    refusal: /path in the commit is longer than 3072 bytes/,
  },
  'many files below long paths': {
    make: async (objects) => {
      let hash = await wide(objects, 'blob', await objects.blob(''), 100_000);
      for (let level = 0; level < 12; level += 1)
        hash = await objects.tree([{ type: 'tree', name: 'e'.repeat(200), hash }]);
      return hash;
    },
    refusal: /paths of the commit's files have more than 67108864 bytes/,
  },
};

/** Makes a tree with a repository of its own for git, whose hook and configuration run a program. @param name such as .git */
export const gitFolder = async (objects: GitObjects, name: string, program: string): Promise<string> => {
  const hook = await objects.blob(`#!/bin/sh\n${program}\n`);
  const hooks = await objects.tree([{ type: 'program', name: 'post-checkout', hash: hook }]);
  const own = await objects.tree([
    { type: 'tree', name: 'hooks', hash: hooks },
    { type: 'blob', name: 'config', hash: await objects.blob(`[core]\n\tfsmonitor = ${program}\n`) },
  ]);
  return objects.tree([{ type: 'tree', name, hash: own }]);
};

/** Makes a tree with configuration, filters, hooks and a bare repository, which run a program, besides other entries. */
export const gitFiles = async (objects: GitObjects, program: string, entries: TreeEntry[] = []): Promise<string> => {
  const config = `[core]\n\tfsmonitor = "${program}"\n\thooksPath = hooks\n\tsshCommand = "${program}"\n[filter "x"]\n\tsmudge = "${program}"\n\tclean = "${program}"\n\tprocess = "${program}"\n[alias]\n\tcheckout = "!${program}"\n[include]\n\tpath = .gitconfig\n`;
  const [settings, hook] = [await objects.blob(config), await objects.blob(`#!/bin/sh\n${program}\n`)];
  const hooks = await objects.tree([{ type: 'program', name: 'post-checkout', hash: hook }]);
  const folder = await objects.tree([{ type: 'blob', name: 'keep', hash: hook }]);
  const bare = await objects.tree([
    { type: 'blob', name: 'HEAD', hash: await objects.blob('ref: refs/heads/main\n') },
    { type: 'blob', name: 'config', hash: settings },
    { type: 'tree', name: 'hooks', hash: hooks },
    ...['objects', 'refs'].map((name) => ({ type: 'tree', name, hash: folder }) as const),
  ]);
  return objects.tree([
    { type: 'tree', name: 'bare', hash: bare },
    { type: 'tree', name: 'hooks', hash: hooks },
    { type: 'blob', name: '.gitconfig', hash: settings },
    { type: 'blob', name: '.gitattributes', hash: await objects.blob('* filter=x diff=x merge=x\n') },
    { type: 'blob', name: 'a.txt', hash: await objects.blob('a') },
    ...entries,
  ]);
};

/**
 * Makes a commit whose .gitattributes ask git to make the files larger: identifiers, line ends and encodings, also by a
 * macro and in a folder. Returns the commit's tree and the content of each file.
 */
export const growingFiles = async (objects: GitObjects): Promise<{ tree: string; files: Record<string, string> }> => {
  const attributes = [
    '[attr]grow ident eol=crlf',
    '*.id ident',
    '*.crlf text eol=crlf',
    '*.utf32 text working-tree-encoding=UTF-32',
    '*.macro text grow',
    '',
  ].join('\n');
  const files: Record<string, string> = {
    '.gitattributes': attributes,
    'a.id': '$Id$\n'.repeat(1000),
    'b.crlf': '\n'.repeat(1000),
    'c.utf32': 'text\n'.repeat(1000),
    'd.macro': '$Id$\n'.repeat(1000),
    'folder/.gitattributes': '* ident\n',
    'folder/e.txt': '$Id$\n'.repeat(1000),
  };
  const entry = async (path: string): Promise<TreeEntry> => ({
    type: 'blob',
    name: path.replace('folder/', ''),
    hash: await objects.blob(files[path] ?? ''),
  });
  const inFolder = (path: string) => path.startsWith('folder/');
  const paths = Object.keys(files);
  const folder = await objects.tree(await Promise.all(paths.filter(inFolder).map(entry)));
  const top = await Promise.all(paths.filter((path) => !inFolder(path)).map(entry));
  return { tree: await objects.tree([...top, { type: 'tree', name: 'folder', hash: folder }]), files };
};
