/**
 * Draws the terminal output on standard input as an SVG picture:
 *   npm run -s demo | node scripts/terminal-picture.ts > docs/demo.svg
 * Lines that start with `==>` and `$` are highlighted; long lines are cut.
 */
import { text } from 'node:stream/consumers';
import { pictureOf } from './screens/picture.ts';

const columns = 108;
const colours = { title: '#7ee787', command: '#79c0ff', plain: '#e6edf3' };

const colourOf = (line: string): string => {
  if (line.startsWith('==>')) return colours.title;
  return line.startsWith('$ ') ? colours.command : colours.plain;
};

const cut = (line: string): string => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line);

const output = await text(process.stdin);
const lines = output.trimEnd().split('\n');
const coloured = lines.map((line) => [{ text: cut(line), fill: colourOf(line) }]);
process.stdout.write(pictureOf(coloured, columns, 'The demo in a terminal'));
