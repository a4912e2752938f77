// Tells bin/detect and bin/build facts about package.json. Exit code 0 means yes, 1 means no.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildScripts, isFile, manifest, script } from './manifest.mjs';

const count = (field) => Object.keys(manifest[field] ?? {}).length;

/** Folders in which the static server looks for an index.html. buildpacks/static has the same list. */
const pageFolders = ['.', 'public', 'dist', 'build', 'out', '_site', 'site', 'www', 'htdocs'];
const pages = pageFolders.map((folder) => join(folder, 'index.html')).filter(isFile);

/** Tells whether a page of the root names a file. Such a file is a script of the page, and no program of Node.js. */
const isScriptOfPage = (file) => pages.includes('index.html') && readFileSync('index.html').includes(basename(file));

/** Returns the file that `main` of package.json names, as Node.js finds the file. */
const mainFile = () => {
  const main = typeof manifest.main === 'string' && !manifest.main.startsWith('/') ? manifest.main : '';
  if (main === '' || main.split('/').includes('..')) return '';
  return [main, `${main}.js`, join(main, 'index.js')].find(isFile) ?? '';
};

/**
 * Returns the command of the web process, or an empty list. A plain `node …` runs without a package manager, except
 * where Yarn keeps the packages in archives, which only programs that Yarn starts can read.
 */
const command = (manager = 'npm') => {
  const archives = isFile('.pnp.cjs');
  const start = script('start');
  const wrapped = archives || script('prestart') !== '' || script('poststart') !== '';
  if (start !== '' && !wrapped && /^node [\w./=@:, -]+$/.test(start)) return start.split(/ +/);
  if (start !== '') return [manager, 'start'];
  // server.js comes first, because `npm start` runs server.js where package.json has no script `start`.
  const guesses = [mainFile(), 'server.mjs', 'index.js', 'index.mjs', 'app.js'];
  const guess = guesses.find((path) => path && isFile(path) && !isScriptOfPage(path));
  const file = isFile('server.js') ? 'server.js' : guess;
  // A file whose name begins with a dash would be an option of node.
  return file ? [...(archives ? ['yarn'] : []), 'node', file.startsWith('-') ? `./${file}` : file] : [];
};

/** Tells whether the installation needs the development dependencies, which scripts use while the image is built. */
const needsDevDependencies = () =>
  buildScripts().length > 0 || ['preinstall', 'install', 'postinstall', 'prepare'].some((name) => script(name) !== '');

const installs = () => {
  const fields = ['dependencies', 'optionalDependencies', 'peerDependencies', 'workspaces'];
  const developed = needsDevDependencies() ? ['devDependencies'] : [];
  return isFile('pnpm-workspace.yaml') || [...fields, ...developed].some((field) => count(field) > 0);
};

/**
 * Tells how a project needs the static server: for pages that it builds, for pages in its repository, or not at all
 * (undefined).
 */
const servedPages = () => {
  if (script('start') !== '' || isFile('server.js')) return undefined;
  if (buildScripts().length > 0) return 'built';
  return command().length === 0 && pages.length > 0 ? 'own' : undefined;
};

/**
 * Returns a list of texts in TOML. A JSON string is a TOML string as well, but for two things: TOML escapes DEL, and it
 * has no halves of surrogate pairs.
 */
const toml = (words) => JSON.stringify(words.map((word) => word.toWellFormed())).replaceAll('\u007f', '\\u007f');

const yes = (value) => process.exit(value ? 0 : 1);
const [question, manager] = process.argv.slice(2);
const questions = {
  check: () => {},
  installs: () => yes(installs()),
  'needs-dev-dependencies': () => yes(needsDevDependencies()),
  'build-scripts': () => console.log(buildScripts().join('\n')),
  'has-workspaces': () => yes(isFile('pnpm-workspace.yaml') || count('workspaces') > 0),
  'served-pages': () => console.log(servedPages() ?? ''),
  describe: () => console.log(command(manager).join(' ')),
  launch: () => {
    const words = command(manager);
    if (words.length === 0) return;
    console.log(`[[processes]]\ntype = "web"\ncommand = ${toml(words)}\ndefault = true`);
  },
};
questions[question]();
