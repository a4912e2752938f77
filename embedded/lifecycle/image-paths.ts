/** Folders of the application and of the layers in a built image. */
export const imagePaths = { app: '/workspace', layers: '/layers' } as const;

export type BuildFolders = { app: string; layers: string };

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Replaces the paths of a build's folders by their paths in the image, in any text that a buildpack wrote. */
export const toImagePaths = (text: string, { app, layers }: BuildFolders): string => {
  const end = '(?![A-Za-z0-9_-]|\\.[A-Za-z0-9])';
  return text
    .replace(new RegExp(escaped(layers) + end, 'g'), imagePaths.layers)
    .replace(new RegExp(escaped(app) + end, 'g'), imagePaths.app);
};

/**
 * Matches the position before a path that begins with /workspace, /layers or /cnb. The same names in the middle of a
 * path do not match.
 */
const mention = /(?<![A-Za-z0-9_.~}/-])(?=\/(?:workspace|layers|cnb)(?![A-Za-z0-9_.-]))/;

/**
 * Splits a text before each path that begins with /workspace, /layers or /cnb, so that the folder of an unpacked image
 * can be inserted there.
 */
export const splitAtRoot = (text: string): string[] => text.split(mention);
