// Chooses the package manager of a project: manager.mjs FOLDER. FOLDER is npm's own. Prints one line, "MANAGER PACKAGE
// HASH": npm, yarn or pnpm; the package of npm's registry that holds the manager, or a file of the repository, or "-" for
// the npm of the builder; and the hash of the package, or "-".
import { readFileSync } from 'node:fs';
import { isFile, manifest, textIn } from './manifest.mjs';
import { satisfies } from './semver.mjs';

const [npmFolder] = process.argv.slice(2);

// Versions for projects that name none. Each is pinned with its hash, so that a build gets the same program later.
const yarn1 = [
  'yarn@1.22.22',
  'sha512-prL3kGtyG7o9Z9Sv8IPfBNrWTDmXB4Qbes8A9rEzt6wkJV8mUvoirjU0Mp3GGAU06Y0XQyA3/2/RQFVuK7MTfg==',
];
const yarn4 = [
  '@yarnpkg/cli-dist@4.18.1',
  'sha512-EH+A4TxAtBWXKE0DGQxW9Bo9crXHLJ73mfxjTQJuv8XonNWWTpei8BQ5JjczHJNU9GROTycwMFn8iOvRIZXUcA==',
];
const pnpms = {
  5: ['pnpm@7.33.7', 'sha512-ev4kEGQrOcaY30baTOXHIxpczjYGmNafjPj0IlfUCz5D8jEFOwe43oSf1P+/SnH/V7g1E3d3o1I4jz09p0cgDg=='],
  6: ['pnpm@8.15.9', 'sha512-SZQ0ydj90aJ5Tr9FUrOyXApjOrzuW7Fee13pDzL0e1E6ypjNXP0AHDHw20VLw4BO3M1XhQHkyik6aBYWa72fgQ=='],
  9: [
    'pnpm@10.34.8',
    'sha512-9ieo6XE0Ov5J39D2PQKCNCAd+oMdXLWIcz4eX42ya/FpiaMhYatcG02zsf28NzFgYGtbieAC323RmoWt+R/FqA==',
  ],
};

const lockFiles = {
  'package-lock.json': 'npm',
  'npm-shrinkwrap.json': 'npm',
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
};
const warn = (text) => console.error(`Warning: ${text}`);
const head = (file) => (isFile(file) ? readFileSync(file, 'utf8').slice(0, 4096) : '');

/** Returns what the field packageManager names, as Corepack writes it: `NAME@VERSION`, or `NAME@VERSION+HASH`. */
const namedManager = () => {
  const { packageManager: field } = manifest;
  if (field === undefined) return undefined;
  const form = /^(npm|yarn|pnpm)@(\d+\.\d+\.\d+(?:-[\w.-]+)?)(?:\+(sha(?:1|224|256|384|512))\.([0-9a-f]+))?$/;
  const [, name, version, algorithm, digest] = form.exec(typeof field === 'string' ? field : '') ?? [];
  if (name !== undefined) {
    return { name, version, hash: algorithm ? `${algorithm}-${Buffer.from(digest, 'hex').toString('base64')}` : '-' };
  }
  warn(
    `packageManager of package.json is not used, because it is not npm, yarn or pnpm with a version, such as "pnpm@10.34.8".`,
  );
  return undefined;
};

const defaultOf = (name) => {
  if (name === 'yarn') return /^__metadata:/m.test(head('yarn.lock')) || isFile('.yarnrc.yml') ? yarn4 : yarn1;
  const [, version] = /^lockfileVersion:\s*['"]?(\d+)/m.exec(head('pnpm-lock.yaml')) ?? [];
  return pnpms[version] ?? pnpms[9];
};

/** Returns the file of yarn in the repository, which Yarn's own settings name. */
const ownYarn = () => {
  const [, path = ''] = /^yarnPath:\s*["']?([\w./@+-]+)/m.exec(head('.yarnrc.yml')) ?? [];
  return path !== '' && !path.startsWith('/') && !path.split('/').includes('..') && isFile(path) ? path : undefined;
};

/**
 * Returns the range of versions in `engines`, which has no characters that mean something elsewhere. Returns undefined for
 * another text: some projects write sentences there, such as "please-use-npm".
 */
const rangeOf = (name) => {
  const range = textIn('engines', name) ?? '';
  return /^[\dxXv.^~<>=|*\s-]{1,100}$/.test(range) ? range : undefined;
};

const packageOf = (name) => {
  if (name === 'npm') return ['-', '-'];
  const [spec, hash] = defaultOf(name);
  const range = rangeOf(name);
  const [, place, version] = /^(.+)@(.+)$/.exec(spec);
  // A range with blanks would be several words of a shell.
  const isPinned = range === undefined || /\s/.test(range) || satisfies(version, range, npmFolder);
  return isPinned ? [spec, hash] : [`${place}@${range}`, '-'];
};

const choose = () => {
  const named = namedManager();
  const locks = Object.keys(lockFiles).filter(isFile);
  const wanted = ['pnpm', 'yarn'].find((name) => rangeOf(name) !== undefined);
  const name = named?.name ?? lockFiles[locks[0]] ?? wanted ?? 'npm';
  for (const lock of locks.filter((file) => lockFiles[file] !== name)) {
    warn(`${lock} is not used, because ${name} installs the packages. Remove the file.`);
  }
  if (isFile('bun.lock') || isFile('bun.lockb')) {
    warn(`bun's lock file is not used, because this builder has no bun. Commit the lock file of npm, pnpm or yarn.`);
  }
  const own = name === 'yarn' ? ownYarn() : undefined;
  if (own !== undefined) return [name, `./${own}`, '-'];
  if (named === undefined) return [name, ...packageOf(name)];
  const place = name === 'yarn' && !named.version.startsWith('1.') ? '@yarnpkg/cli-dist' : name;
  return [name, `${place}@${named.version}`, named.hash];
};

console.log(choose().join(' '));
