// Tells bin/detect and bin/build facts about package.json. Exit code 0 means yes, 1 means no.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

const read = () => {
  try {
    const value = JSON.parse(readFileSync('package.json', 'utf8').replace(/^\uFEFF/, ''));
    if (value && typeof value === 'object' && !Array.isArray(value)) return value;
    throw new Error('it is not an object');
  } catch (error) {
    console.error(`ERROR: package.json can't be read: ${error.message}`);
    console.error('ERROR: Correct it; "npm pkg get name" tells whether npm understands it.');
    process.exit(1);
  }
};

const manifest = read();
const script = (name) => (typeof manifest.scripts?.[name] === 'string' ? manifest.scripts[name].trim() : '');
const count = (field) => Object.keys(manifest[field] ?? {}).length;
const isFile = (path) => existsSync(path) && statSync(path).isFile();

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
 * Returns the command of the web process, or an empty list. A plain `node …` runs without npm, so that signals reach
 * the process.
 */
const command = () => {
  const start = script('start');
  const wrapped = script('prestart') !== '' || script('poststart') !== '';
  if (start !== '' && !wrapped && /^node [\w./=@:, -]+$/.test(start)) return start.split(/ +/);
  if (start !== '') return ['npm', 'start'];
  // server.js comes first, because `npm start` runs server.js where package.json has no script `start`.
  const guesses = [mainFile(), 'server.mjs', 'index.js', 'index.mjs', 'app.js'];
  const file = isFile('server.js')
    ? 'server.js'
    : guesses.find((path) => path && isFile(path) && !isScriptOfPage(path));
  // A file whose name begins with a dash would be an option of node.
  return file ? ['node', file.startsWith('-') ? `./${file}` : file] : [];
};

const installs = () => {
  const development = script('build') !== '' || script('prepare') !== '';
  const fields = ['dependencies', 'optionalDependencies', 'peerDependencies', 'workspaces'];
  return [...fields, ...(development ? ['devDependencies'] : [])].some((field) => count(field) > 0);
};

/**
 * Tells how a project needs the static server: for pages that it builds, for pages in its repository, or not at all
 * (undefined).
 */
const servedPages = () => {
  if (script('start') !== '' || isFile('server.js')) return undefined;
  if (script('build') !== '') return 'built';
  return command().length === 0 && pages.length > 0 ? 'own' : undefined;
};

/**
 * Returns a list of texts in TOML. A JSON string is a TOML string as well, but for two things: TOML escapes DEL, and it
 * has no halves of surrogate pairs.
 */
const toml = (words) => JSON.stringify(words.map((word) => word.toWellFormed())).replaceAll('\u007f', '\\u007f');

const yes = (value) => process.exit(value ? 0 : 1);
const questions = {
  check: () => {},
  installs: () => yes(installs()),
  'has-build': () => yes(script('build') !== ''),
  'has-prepare': () => yes(script('prepare') !== ''),
  'served-pages': () => console.log(servedPages() ?? ''),
  describe: () => console.log(command().join(' ')),
  launch: () => {
    const words = command();
    if (words.length === 0) return;
    console.log(`[[processes]]\ntype = "web"\ncommand = ${toml(words)}\ndefault = true`);
  },
};
questions[process.argv[2]]();
