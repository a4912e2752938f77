import manifest from './package.json' with { type: 'json' };

/** Version of the package, for --version and the User-Agent header. */
export const version: string = manifest.version;
