/**
 * Step export of the embedded pipeline: makes an image in an OCI layout from the application and its layers. The same
 * files give the same image.
 */

import { realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseReference } from '../image/reference.ts';
import { readToml } from './buildpacks.ts';
import { putCache } from './cache.ts';
import { exportImage } from './export-image.ts';
import { readLayers } from './layers.ts';
import type { Metadata } from './metadata.ts';
import { exitCodes, PhaseError, readArguments, runPhase, type Say } from './phase.ts';

const names = [
  ...['url', 'commit', 'app', 'layers', 'images', 'cache', 'image', 'run-image'],
  ...['url-result', 'digest-result'],
];

const imageReference = (text: string) => {
  try {
    const reference = parseReference(text);
    return { ...reference, tag: reference.tag || 'latest' };
  } catch (error) {
    throw new PhaseError(exitCodes.invalidArguments, (error as Error).message);
  }
};

const exportPhase = async (words: string[], say: Say): Promise<void> => {
  const { values } = readArguments(words, names, ['limit']);
  const at = (name: string) => resolve(values[name] ?? '');
  const { repository, tag, host } = imageReference(values.image ?? '');
  // Symbolic links in the paths of a build's folders are resolved, because the export searches files for these paths,
  // and buildpacks write resolved paths, such as the output of `pwd`, into the files.
  const folders = { app: realpathSync(at('app')), layers: realpathSync(at('layers')) };
  const metadata = await readToml<Metadata>(join(folders.layers, 'config', 'metadata.toml'));
  const perBuildpack = await Promise.all(metadata.buildpacks.map(({ id }) => readLayers(folders.layers, id)));
  const layers = perBuildpack.flat();
  const runImage = values['run-image'] ?? '';
  const target = { imagesFolder: at('images'), repository, tag };
  const limitBytes = values.limit === undefined ? undefined : Number(values.limit);
  const source = { url: values.url ?? '', commit: values.commit ?? '' };
  const digest = await exportImage({ folders, metadata, layers, runImage, target, limitBytes, source }, say);
  await putCache(
    { cacheFolder: at('cache'), image: values.image ?? '' },
    layers.filter(({ cache }) => cache),
  );
  const url = `${host === '' ? '' : `${host}/`}${repository}:${tag}`;
  await writeFile(values['url-result'] ?? '', url);
  await writeFile(values['digest-result'] ?? '', digest);
  say(`*** Image: ${url}@${digest}`);
};

await runPhase('exporter', exportPhase);
