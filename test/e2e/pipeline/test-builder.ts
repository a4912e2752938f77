import { installPipeline, type Namespace, setting } from './cluster.ts';

/** A builder for the tests of the pipeline, and the chart's settings for it. */
export type TestBuilder = {
  builderImage: string;
  runImage: string;
  settings: { user: number; group: number; home: string };
  /** User of the images, which is that of the run image. */
  imageUser: string;
  /** The builder with a source of Debian packages that pods reach. */
  packagesImage: () => string;
};

const builders = {
  /** This project's own builder. */
  ours: () => ({
    builderImage: setting('BUILDER'),
    runImage: setting('RUNNER'),
    settings: { user: 1001, group: 1000, home: '/home/build' },
    imageUser: '1001:1000',
    packagesImage: () => setting('BUILDER_PACKAGES'),
  }),
  /** A builder that is shaped like heroku/builder:24, with the buildpacks of this project (test/e2e/builders/make.ts). */
  heroku: () => ({
    builderImage: setting('BUILDER_LANGUAGES'),
    runImage: setting('RUN_HEROKU'),
    settings: { user: 1000, group: 1000, home: '/home/heroku' },
    imageUser: 'heroku',
    packagesImage: () => setting('BUILDER_LANGUAGES'),
  }),
} as const;

/** Names of the builders. */
export const builderNames = Object.keys(builders) as (keyof typeof builders)[];

/**
 * Returns the builder that the variable TEST_BUILDER names. Default: this project's own.
 * @throws Error for an unknown name, or where a variable with an image is missing
 */
export const testBuilder = (): TestBuilder => {
  const wanted = process.env.TEST_BUILDER ?? 'ours';
  const name = builderNames.find((known) => known === wanted);
  if (name === undefined) throw new Error(`Set TEST_BUILDER to one of ${builderNames.join(', ')}.`);
  return builders[name]();
};

/** Installs the pipeline in a namespace, with the settings for the builder that the variable TEST_BUILDER names. */
export const installTestPipeline = (namespace: Namespace): Promise<void> =>
  installPipeline(namespace, { default: testBuilder().settings });
