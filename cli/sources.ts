import type { Environment } from './environment.ts';

/** Sources of the settings of `toolforge-build`: the environment, folders, and command-line options. */
export type Sources = {
  env: Environment;
  home: string;
  /** Folder with the configuration files for all users of the machine, such as /etc/toolforge. */
  etc: string;
  /** Value of the command-line option --tool. */
  tool: string | undefined;
  /** Value of the command-line option --api-url. */
  apiUrl: string | undefined;
  /** Whether a command works for one tool, so that a tool must be named. Default: true. */
  needsTool?: boolean;
  /**
   * Whether getting a token may take long, or ask the user for a password: if so, a token may be renewed, and the command
   * of TOOLFORGE_TOKEN_COMMAND may run. Default: true.
   */
  mayTakeLong?: boolean;
};
