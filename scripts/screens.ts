/**
 * Draws what `toolforge-build` prints on terminals of several widths and in a pipe, into docs/screens:
 *   npm run docs:screens
 * The commands run against the embedded platform, with real builds, for some minutes. The ids of the builds are the
 * same each time, the times are not.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runInPipe, runOnTerminal } from './screens/command.ts';
import { withoutAddresses } from './screens/example-addresses.ts';
import { type ColouredText, pictureOf } from './screens/picture.ts';
import { openScene, type Scene } from './screens/scene.ts';
import { fileOf, pageOf, type Screen, screens, widths } from './screens/screens.ts';
import { rowsOf, type Span } from './screens/terminal-text.ts';

const folder = join(import.meta.dirname, '../docs/screens');
const plain = '#e6edf3';
const commandFill = '#79c0ff';
/** Colours of a picture by the codes of colour sequences. */
const fills: Record<string, string> = {
  2: '#8b949e',
  31: '#ff7b72',
  32: '#7ee787',
  33: '#d29922',
  34: '#79c0ff',
  36: '#76e3ea',
};

const coloured = ({ text, codes }: Span): ColouredText => ({
  text,
  fill: fills[codes] ?? plain,
  ...(codes === '1' ? { isBold: true } : {}),
});

const save = (screen: Screen, columns: number | undefined, content: string): Promise<void> =>
  writeFile(join(folder, fileOf(screen, columns)), content);

const drawTerminal = async (scene: Scene, screen: Screen, columns: number): Promise<void> => {
  const args = [...screen.args(scene), ...(screen.more?.(String(columns)) ?? [])];
  const output = await runOnTerminal(args, columns, scene.env, screen.until?.terminal);
  const typed = withoutAddresses(`$ toolforge-build ${screen.args(scene).join(' ')}`);
  const rows = rowsOf(withoutAddresses(output), columns).map((row) => row.map(coloured));
  const title = `${screen.title}, ${columns} columns`;
  await save(screen, columns, pictureOf([[{ text: typed, fill: commandFill }], ...rows], columns, title));
};

const drawPipe = async (scene: Scene, screen: Screen): Promise<void> => {
  const args = [...screen.args(scene), ...(screen.more?.('pipe') ?? [])];
  const { output } = await runInPipe(args, scene.env, screen.until?.pipe);
  const typed = `$ toolforge-build ${screen.args(scene).join(' ')} 2>&1 | cat`;
  await save(screen, undefined, withoutAddresses(`${typed}\n${output.trimEnd()}\n`));
};

const draw = async (scene: Scene, screen: Screen): Promise<void> => {
  await screen.prepare?.(scene);
  for (const columns of widths) {
    await drawTerminal(scene, screen, columns);
    await screen.after?.(scene);
  }
  await drawPipe(scene, screen);
  await screen.after?.(scene);
};

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const scene = await openScene();
try {
  for (const screen of screens) await draw(scene, screen);
  await writeFile(join(folder, 'README.md'), pageOf());
} finally {
  await scene.close();
}
