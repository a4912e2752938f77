/** Present names of renamed settings, by former name. A process with a former name in its environment doesn't start. */
export const renamedSettings: Readonly<Record<string, string>> = {
  FOLLOWER_IMAGE: 'ARCHIVER_IMAGE',
  FOLLOWER_COMMAND: 'ARCHIVER_COMMAND',
  FOLLOWER_SERVICE_ACCOUNT: 'ARCHIVER_SERVICE_ACCOUNT',
  FOLLOWER_SECRET: 'ARCHIVER_SECRET',
  FOLLOWER_KNOWN_SECRETS: 'ARCHIVER_KNOWN_SECRETS',
  FOLLOW_TOOL: 'ARCHIVER_TOOL',
  FOLLOW_BUILD: 'ARCHIVER_BUILD',
  BUILDER_IMAGE: 'BUILDER',
  RUN_IMAGE: 'RUNNER',
};

/**
 * Settings that no longer exist, each with the sentence that says what to do. A process with such a name in its
 * environment doesn't start.
 */
export const removedSettings: Readonly<Record<string, string>> = {
  REGISTRY_FILLER:
    'Remove it. Two tools could share one project with it. The section about upgrades of docs/deploy.md names the tools whose projects have new names.',
};
