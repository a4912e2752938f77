import { copyFile, link } from 'node:fs/promises';
import { join } from 'node:path';
import {
  blobPath,
  type Descriptor,
  findManifest,
  type ImageConfig,
  type ImageIndex,
  indexType,
  layoutFolder,
  type Manifest,
  readIndex,
  readJson,
} from '../image/layout.ts';
import { parseReference } from '../image/reference.ts';
import { exitCodes, PhaseError } from './phase.ts';

/** The image on which a build puts its layers: a run image, or an image without layers. */
export type BaseImage = {
  layers: Descriptor[];
  diffIds: string[];
  history: NonNullable<ImageConfig['history']>;
  environment: Record<string, string>;
  labels: Record<string, string>;
  user: string;
  architecture: string;
};

/**
 * Name of the run image without layers. An image that is built on it holds only the application and the buildpacks'
 * layers, and runs only where the same interpreters are installed.
 */
export const hostRunImage = 'local/run:host';

const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const nothing: BaseImage = {
  layers: [],
  diffIds: [],
  history: [],
  environment: {},
  labels: {},
  user: '1001:1000',
  architecture,
};

const findLayout = async (runImage: string, imagesFolder: string) => {
  try {
    const { repository, tag, digest } = parseReference(runImage);
    const layout = layoutFolder({ imagesFolder, repository });
    const found = findManifest(
      (await readIndex(layout)) ?? { schemaVersion: 2, manifests: [] },
      digest || tag || 'latest',
    );
    if (found !== undefined) return { layout, found };
  } catch {
    // An invalid name of a run image gets the same error as a missing run image, because both are the same mistake of
    // the user.
  }
  const hint = `Put it there as an OCI layout, or name ${hostRunImage} for this machine itself.`;
  throw new PhaseError(
    exitCodes.invalidArguments,
    `There is no run image "${runImage}" in the images' folder. ${hint}`,
  );
};

/** Returns the manifest of a run image. From an index of several platforms, returns the manifest for this machine. */
const platformManifest = async (layout: string, found: Descriptor): Promise<Manifest> => {
  if (found.mediaType !== indexType) return readJson<Manifest>(layout, found.digest);
  const { manifests } = await readJson<ImageIndex>(layout, found.digest);
  const own = manifests.find(({ platform }) => platform?.os === 'linux' && platform.architecture === architecture);
  if (own === undefined) {
    throw new PhaseError(exitCodes.invalidArguments, `The run image isn't made for linux/${architecture}.`);
  }
  return readJson<Manifest>(layout, own.digest);
};

const pairs = (environment: string[]): Record<string, string> =>
  Object.fromEntries(environment.map((line) => [line.replace(/=.*$/s, ''), line.slice(line.indexOf('=') + 1)]));

/**
 * Reads a run image and puts its layers among the new image's blobs, as hard links where the file system allows.
 * @throws PhaseError 3 when there is no such run image, or none for this machine
 */
export const readBaseImage = async (runImage: string, imagesFolder: string, blobs: string): Promise<BaseImage> => {
  if (runImage === hostRunImage) return nothing;
  const { layout, found } = await findLayout(runImage, imagesFolder);
  const manifest = await platformManifest(layout, found);
  for (const { digest } of manifest.layers) {
    const [from, to] = [blobPath(layout, digest), join(blobs, digest.replace('sha256:', ''))];
    await link(from, to).catch(() => copyFile(from, to));
  }
  const { config = {}, rootfs, history = [], ...image } = await readJson<ImageConfig>(layout, manifest.config.digest);
  return {
    layers: manifest.layers,
    diffIds: rootfs.diff_ids,
    history,
    environment: pairs(config.Env ?? []),
    labels: config.Labels ?? {},
    user: config.User ?? '',
    architecture: image.architecture,
  };
};
