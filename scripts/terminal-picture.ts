/**
 * Draws the terminal output on standard input as an SVG picture:
 *   npm run -s demo | node scripts/terminal-picture.ts > docs/demo.svg
 * Lines that start with `==>` and `$` are highlighted; long lines are cut.
 */
import { text } from 'node:stream/consumers';

const columns = 108;
const lineHeight = 17;
const padding = 16;
const colours = { title: '#7ee787', command: '#79c0ff', plain: '#e6edf3' };

const escapeXml = (line: string): string => line.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);

const colourOf = (line: string): string => {
  if (line.startsWith('==>')) return colours.title;
  return line.startsWith('$ ') ? colours.command : colours.plain;
};

const cut = (line: string): string => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line);

const row = (line: string, at: number): string => {
  const y = padding + (at + 1) * lineHeight - 4;
  return `  <text x="${padding}" y="${y}" fill="${colourOf(line)}" xml:space="preserve">${escapeXml(cut(line))}</text>`;
};

const picture = (lines: readonly string[]): string => {
  const [width, height] = [columns * 7.85 + 2 * padding, lines.length * lineHeight + 2 * padding];
  const rows = lines.flatMap((line, at) => (line === '' ? [] : [row(line, at)]));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"
  font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" role="img">
  <title>The demo in a terminal</title>
  <rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${rows.join('\n')}
</svg>
`;
};

const output = await text(process.stdin);
process.stdout.write(picture(output.trimEnd().split('\n')));
