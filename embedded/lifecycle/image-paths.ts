/** Folders of the application and the layers in an image. */
export const imagePaths = { app: '/workspace', layers: '/layers' } as const;

export type BuildFolders = { app: string; layers: string };

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Replaces the folders of this build by those of the image, in any text of a buildpack. */
export const toImagePaths = (text: string, { app, layers }: BuildFolders): string => {
  const end = '(?![A-Za-z0-9_-]|\\.[A-Za-z0-9])';
  return text
    .replace(new RegExp(escaped(layers) + end, 'g'), imagePaths.layers)
    .replace(new RegExp(escaped(app) + end, 'g'), imagePaths.app);
};

/** Matches an image folder at the start of a path, not in the middle of a path. */
const mention = /(?<![A-Za-z0-9_.~}/-])(?=\/(?:workspace|layers|cnb)(?![A-Za-z0-9_.-]))/;

/** Splits a text at each place where the image's root belongs, so that another root can be inserted. */
export const splitAtRoot = (text: string): string[] => text.split(mention);
