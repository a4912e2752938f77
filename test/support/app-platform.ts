import type { BuildRun } from '../unit/embedded/lifecycle/pipeline-run.ts';

/** A process of an image that runs. */
export type RunningApp = {
  /** Returns the text of a page. */
  page(path?: string): Promise<string>;
  /** Sends SIGTERM to the image's process alone, as a container runtime does. */
  signal(): Promise<void>;
  output(): Promise<string>;
  /** Waits for the end of the image's process. @returns its exit code */
  ended(): Promise<number>;
  stop(): Promise<void>;
};

export type ProcessChoice = {
  /** Type of process. Default: the image's default process. */
  process?: string | undefined;
  /** Arguments of the process. Default: none. */
  args?: string[] | undefined;
};

/** The place where tests of buildpacks build repositories and run images: the embedded platform, or a cluster. */
export type AppPlatform = {
  /** Serves a bare repository of this machine. @returns the address from which a build clones it */
  serve(folder: string): Promise<string>;
  /** @param build `image` is a name; builds of the same name share their cache */
  build(build: { url: string; commit: string; image: string; variables?: string[] }): Promise<BuildRun>;
  start(app: { image: string; digest: string } & ProcessChoice): Promise<RunningApp>;
  close(): Promise<void>;
};
