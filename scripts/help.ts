/**
 * Node loads this file before each script of package.json that takes options: node --import ./scripts/help.ts SCRIPT. Where the
 * command line asks for help, this file prints the comment at the beginning of the script, and the script does not run.
 */
import { readFileSync } from 'node:fs';

const [, script = '', ...words] = process.argv;
if (words.some((word) => word === '--help' || word === '-h')) {
  const [, comment = ''] = /\/\*\*(.*?)\*\//s.exec(readFileSync(script, 'utf8')) ?? [];
  console.log(comment.replaceAll(/^ ?\*? ?/gm, '').trim());
  process.exit();
}
