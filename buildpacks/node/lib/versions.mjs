// Warns where a project asks for another version of Node.js than the builder's: versions.mjs FOLDER. FOLDER is npm's own,
// whose package semver reads ranges of versions.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isFile, textIn } from './manifest.mjs';

/** Names of the releases with long-term support, in .nvmrc. */
const releases = { hydrogen: 18, iron: 20, jod: 22, krypton: 24 };

/** Returns the text of a file, which programs of Windows may have written in UTF-16. */
const textOf = (file) => {
  const bytes = readFileSync(file);
  return (bytes.includes(0) ? bytes.toString('utf16le') : bytes.toString()).replace(/^\uFEFF/, '');
};

/** Returns the first version in .nvmrc or .node-version, as a range; undefined for `node`, `lts/*` or no version. */
const rangeIn = (file) => {
  const lines = textOf(file).split('\n');
  const line = lines.map((text) => text.replace(/#.*/, '').trim()).find((text) => text !== '') ?? '';
  const [, release] = /^lts\/([a-z]+)$/i.exec(line) ?? [];
  if (release !== undefined) return String(releases[release.toLowerCase()] ?? line);
  return /^v?\d+(\.\d+){0,2}$/.test(line) ? line.replace(/^v/, '') : undefined;
};

const asked = () => {
  const range = textIn('engines', 'node');
  if (range !== undefined) return ['engines.node of package.json', range];
  const file = ['.nvmrc', '.node-version'].find(isFile);
  const version = file === undefined ? undefined : rangeIn(file);
  return version === undefined ? undefined : [file, version];
};

const satisfies = (version, range) => {
  const require = createRequire(join(process.argv[2], 'package.json'));
  try {
    const semver = require('semver');
    return semver.validRange(range) === null ? undefined : semver.satisfies(version, range);
  } catch {
    // Another npm may bring no semver. Then the first number counts.
    const [, major] = /^[v^~=\s]*(\d+)/.exec(range) ?? [];
    return major === undefined ? undefined : version.startsWith(`${major}.`);
  }
};

const [file, range] = asked() ?? [];
const version = process.versions.node;
if (range !== undefined) {
  const shown = JSON.stringify(range.slice(0, 80)).slice(1, -1);
  const isRight = satisfies(version, range);
  if (isRight === undefined)
    console.error(`Warning: ${file} asks for Node.js "${shown}", which is no version. Write for example: 24`);
  else if (!isRight) {
    console.error(
      `Warning: ${file} asks for Node.js ${shown}, and the builder has ${version}. Test the application with that version, and ask for it there.`,
    );
  }
}
