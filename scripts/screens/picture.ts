const lineHeight = 17;
const cellWidth = 7.85;
const padding = 16;

/** A part of a line in one colour. */
export type ColouredText = { text: string; fill: string; isBold?: boolean };

const escapeXml = (text: string): string => text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);

const textSpan = ({ text, fill, isBold }: ColouredText): string =>
  `<tspan fill="${fill}"${isBold ? ' font-weight="bold"' : ''}>${escapeXml(text)}</tspan>`;

const row = (parts: readonly ColouredText[], at: number): string => {
  const place = `x="${padding}" y="${padding + (at + 1) * lineHeight - 4}"`;
  const [first] = parts;
  if (parts.length === 1 && first && !first.isBold)
    return `  <text ${place} fill="${first.fill}" xml:space="preserve">${escapeXml(first.text)}</text>`;
  return `  <text ${place} xml:space="preserve">${parts.map(textSpan).join('')}</text>`;
};

/** Returns an SVG picture of a terminal. */
export const pictureOf = (lines: ReadonlyArray<readonly ColouredText[]>, columns: number, title: string): string => {
  const [width, height] = [columns * cellWidth + 2 * padding, lines.length * lineHeight + 2 * padding];
  const rows = lines.flatMap((parts, at) => (parts.some(({ text }) => text !== '') ? [row(parts, at)] : []));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"
  font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" role="img">
  <title>${escapeXml(title)}</title>
  <rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${rows.join('\n')}
</svg>
`;
};
