// Warns where a project asks for another version of a program than the build has: versions.mjs FOLDER PROGRAM VERSION.
// FOLDER is npm's own. PROGRAM is node, npm, yarn or pnpm.
import { readFileSync } from 'node:fs';
import { isFile, textIn } from './manifest.mjs';
import { satisfies } from './semver.mjs';

const [npm, program, version] = process.argv.slice(2);

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

/** Returns what the project asks for, as [file, range]; an empty list where it asks for nothing. */
const asked = () => {
  const range = textIn('engines', program);
  if (range !== undefined) return [`engines.${program} of package.json`, range];
  const file = program === 'node' ? ['.nvmrc', '.node-version'].find(isFile) : undefined;
  const found = file === undefined ? undefined : rangeIn(file);
  return found === undefined ? [] : [file, found];
};

const name = program === 'node' ? 'Node.js' : program;
const advice =
  program === 'node'
    ? 'Test the application with that version, and ask for it there.'
    : `Name a version in packageManager of package.json, such as "${program}@${version}", or correct engines.`;

const [file, range] = asked();
if (range !== undefined) {
  const shown = JSON.stringify(range.slice(0, 80)).slice(1, -1);
  const isRight = satisfies(version, range, npm);
  if (isRight === undefined) {
    const example = version.replace(/\..*/, '');
    console.error(`Warning: ${file} asks for ${name} "${shown}", which is no version. Write for example: ${example}`);
  } else if (!isRight) {
    console.error(`Warning: ${file} asks for ${name} ${shown}, and the builder has ${version}. ${advice}`);
  }
}
