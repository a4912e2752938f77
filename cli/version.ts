import manifest from './package.json' with { type: 'json' };

/** Version of the npm package toolforge-build, which --version prints and the User-Agent header holds. */
export const version: string = manifest.version;
