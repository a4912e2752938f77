// Reads package.json for the other modules of this buildpack.
import { existsSync, readFileSync, statSync } from 'node:fs';

export const isFile = (path) => existsSync(path) && statSync(path).isFile();

const isUtf16 = (bytes) => ['fffe', 'feff'].includes(bytes.subarray(0, 2).toString('hex')) || bytes.includes(0);

const read = () => {
  try {
    const bytes = readFileSync('package.json');
    if (isUtf16(bytes)) throw new Error('it is UTF-16 text, which programs of Windows write. Save it as UTF-8');
    const value = JSON.parse(bytes.toString().replace(/^\uFEFF/, ''));
    if (value && typeof value === 'object' && !Array.isArray(value)) return value;
    throw new Error('it is not an object');
  } catch (error) {
    console.error(`ERROR: package.json can't be read: ${error.message}`);
    console.error('ERROR: Correct it; "npm pkg get name" tells whether npm understands it.');
    process.exit(1);
  }
};

export const manifest = read();

/** Returns a script of package.json, or an empty text. */
export const script = (name) =>
  manifest.scripts && Object.hasOwn(manifest.scripts, name) && typeof manifest.scripts[name] === 'string'
    ? manifest.scripts[name].trim()
    : '';

/** Returns a text in a table of package.json, such as the range of versions in `engines`; undefined without one. */
export const textIn = (table, name) => {
  const values = manifest[table];
  const value = values && typeof values === 'object' && Object.hasOwn(values, name) ? values[name] : undefined;
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
};

/** Names of the scripts that build a project, in the order in which they run. The script heroku-build replaces build. */
export const buildScripts = () =>
  ['heroku-prebuild', script('heroku-build') === '' ? 'build' : 'heroku-build', 'heroku-postbuild'].filter(
    (name) => script(name) !== '',
  );
