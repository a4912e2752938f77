import { type Destination, output } from '../containers.ts';

/** Holds what the configuration of an image says, and the digests of its unpacked layers, the lowest first. */
export type ImageConfig = { labels: Record<string, string>; layers: string[] };

/** Returns the configuration of an image that is on this machine. */
export const inspectImage = async ({ tool }: Destination, reference: string): Promise<ImageConfig> => {
  const words = tool === 'buildah' ? ['inspect', '--type', 'image', reference] : ['image', 'inspect', reference];
  const [found] = [JSON.parse(await output(tool, words))].flat();
  return tool === 'buildah'
    ? { labels: found.OCIv1.config.Labels ?? {}, layers: found.OCIv1.rootfs.diff_ids }
    : { labels: found.Config.Labels ?? {}, layers: found.RootFS.Layers };
};
