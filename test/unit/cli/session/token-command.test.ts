import { describe, expect, test } from '@jest/globals';
import { commandToken } from '../../../../cli/session/token-command.ts';

describe('commandToken', () => {
  /** Runs a command for a token, which fails. @returns the sentence about the failure */
  const failureOf = async (command: string): Promise<string> =>
    commandToken(command, { PATH: process.env.PATH })().then(
      () => 'a token',
      ({ message }: Error) => message,
    );

  test('reports the exit code or the signal of a silent command, and never the command itself', async () => {
    expect(await failureOf(': s3cret; exit 3')).toBe('TOOLFORGE_TOKEN_COMMAND failed: exit code 3');
    expect(await failureOf(': s3cret; kill -9 $$')).toBe('TOOLFORGE_TOKEN_COMMAND failed: it was ended by SIGKILL');
  });

  test('reports what a failed command printed to standard error', async () => {
    expect(await failureOf('echo no runner >&2; exit 3')).toBe('TOOLFORGE_TOKEN_COMMAND failed: no runner');
  });
});
