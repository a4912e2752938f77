// Verifies a package of a package manager: verify.mjs PACKAGE.tgz FOLDER HASH. FOLDER is the unpacked package. Prints the
// manager's program in the package.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [archive, folder, hash] = process.argv.slice(2);
const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const program = typeof bin === 'string' ? bin : Object.values(bin)[0];
if (hash !== '-') {
  const algorithm = hash.slice(0, hash.indexOf('-'));
  // packageManager has the hash of the program itself for Yarn 2 and later, and of the package for all others.
  const digests = [archive, join(folder, program)].map(
    (file) => `${algorithm}-${createHash(algorithm).update(readFileSync(file)).digest('base64')}`,
  );
  if (!digests.includes(hash)) {
    console.error(`ERROR: ${archive} does not have the hash that was expected: ${hash}.`);
    process.exit(1);
  }
}
console.log(program);
