import { isTool } from '../lib/tool-name.ts';

/**
 * Returns the tool that the arguments of a command name.
 * @throws Error with the usage when they name no tool, or several
 */
export const toolFrom = (positionals: readonly string[], usage: string): string => {
  const [tool = '', ...others] = positionals;
  if (tool === '' || others.length > 0) throw new Error(usage);
  if (isTool(tool)) return tool;
  throw new Error(
    `${JSON.stringify(tool)} can't name a tool: use a small letter, then small letters, digits, - and _, up to 256 in all. ${usage}`,
  );
};
