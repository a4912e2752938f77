/** Where the application and the layers lie in an image. */
export const imagePaths = { app: '/workspace', layers: '/layers' } as const;

export type BuildFolders = { app: string; layers: string };

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Replaces the folders of this build with those of the image, in whatever text a buildpack wrote. */
export const toImagePaths = (text: string, { app, layers }: BuildFolders): string => {
  const end = '(?![A-Za-z0-9_-]|\\.[A-Za-z0-9])';
  return text
    .replace(new RegExp(escaped(layers) + end, 'g'), imagePaths.layers)
    .replace(new RegExp(escaped(app) + end, 'g'), imagePaths.app);
};

/** Where a text names the image's own folders: at the start of a path, not in the middle of one. */
const mention = /(?<![A-Za-z0-9_.~}/-])(?=\/(?:workspace|layers|cnb)(?![A-Za-z0-9_.-]))/;

/** The text cut at each place where the image's root belongs, so that another root can be put there. */
export const splitAtRoot = (text: string): string[] => text.split(mention);
