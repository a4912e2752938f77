/**
 * Explains why the registry refused something to a step of a build. The steps that use the registry hold its
 * credentials, so nothing of their output is shown: a sentence of this file takes its place.
 */

import { administrators } from '../help.ts';
import { failureOutput } from './failure-output.ts';
import type { StepState } from './types.ts';

/** Steps of the Pipeline that use the registry. Their output is not written by the repository's code. */
const registrySteps = ['analyze', 'restore', 'export'];

type Refusal = {
  /** Matches the last error in a step's output. Its groups hold sizes only, which may be shown. */
  pattern: RegExp;
  /** Returns the reason, and what to do. Follows a colon; the last sentence has no full stop. */
  explain: (groups: Record<string, string>) => string;
};

const size = (name: string): string => `(?<${name}>[0-9]{1,20}(?:\\.[0-9]{1,3})? [KMGTPE]?i?B)`;

/**
 * The words by which Harbor refuses storage. The amount in use does not have the amount that was asked for.
 * @see https://github.com/goharbor/harbor/blob/main/src/pkg/quota/errors.go
 */
const quotaPattern = new RegExp(
  `adding ${size('asked')} of storage resource, which when updated to current usage of ${size('used')} will exceed the configured upper limit of ${size('limit')}`,
);

const notResponding = (): string => 'the registry did not respond as it should. Start the build again later';

/**
 * Refusals in the words of Harbor, of other registries, of proxies before them, and of the library by which the lifecycle
 * sends its requests. The first pattern that matches counts, so special ones come before general ones.
 * @see https://github.com/google/go-containerregistry/blob/main/pkg/v1/remote/transport/error.go
 */
const refusals: readonly Refusal[] = [
  {
    pattern: quotaPattern,
    explain: ({ asked, used, limit = '' }) =>
      /^0(\.0)? B$/.test(limit)
        ? `the tool has no storage in the registry (the limit is 0). Ask ${administrators}`
        : `the registry has no storage left for the image: ${asked} more than the ${used} in use would exceed the tool's limit of ${limit}. Run \`toolforge build clean\`, which deletes all images of the tool, and start the build again. If the image alone is larger than the limit, make it smaller, or ask ${administrators} for more storage`,
  },
  {
    pattern: /in read only mode/i,
    explain: () => 'the registry takes no images at the moment, because of maintenance. Start the build again later',
  },
  {
    pattern: /configured as immutable|\btag is immutable\b/i,
    explain: () =>
      `a rule of the registry forbids to replace this image. Build it under another name with --image-name, or ask ${administrators} to remove the rule`,
  },
  {
    pattern: /\bproject \S{1,300} not found|\bNAME_UNKNOWN\b/,
    explain: () =>
      "the tool's project in the registry was deleted while the build ran. Start the build again, which makes the project anew",
  },
  {
    pattern: /status code 413|REQUEST_ENTITY_TOO_LARGE/,
    explain: () =>
      `a layer of the image is larger than the registry takes in one request. Make the application or its dependencies smaller, or ask ${administrators} for help`,
  },
  {
    pattern: /TOO_?MANY_?REQUESTS?\b|status code 429/,
    explain: () => 'the registry got too many requests. Start the build again later',
  },
  {
    pattern: /authentication required/,
    explain: () =>
      `the registry does not accept the credentials of builds. Tell ${administrators}: the Secret registry-credentials must be renewed`,
  },
  {
    pattern: /\b(?:UNAUTHORIZED|DENIED|FORBIDDEN)\b|status code 40[13]/,
    explain: () =>
      `the registry does not let the build use the tool's project. Start the build again, which makes a missing project anew. If it fails again, tell ${administrators}: the account of the Secret registry-credentials may have another password or lack permissions`,
  },
  {
    pattern: /\bx509: |\btls: |HTTP response to HTTPS client/,
    explain: () =>
      `no secure connection to the registry could be made. Tell ${administrators}: the registry's certificate may be wrong or expired`,
  },
  {
    pattern:
      /no such host|connection (?:refused|reset)|no route to host|unreachable|time(?:d )?out|server misbehaving/i,
    explain: notResponding,
  },
  { pattern: /\bEOF\b|status code 5[0-9]{2}|\bUN(?:KNOWN|AVAILABLE)\b/, explain: notResponding },
];

/** Returns why the registry refused something to a step, and what to do. Undefined for any other failure. */
export const registryRefusal = ({ name, results }: StepState): string | undefined => {
  if (!registrySteps.includes(name)) return undefined;
  const output = failureOutput(results);
  const error = output.slice(Math.max(0, output.lastIndexOf('ERROR: ')));
  for (const { pattern, explain } of refusals) {
    const found = pattern.exec(error);
    if (found) return explain(found.groups ?? {});
  }
  return undefined;
};
