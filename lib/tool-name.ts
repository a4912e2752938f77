/** Source of a regular expression that matches the name of a tool. */
export const toolName = '[a-z](?:[-_a-z0-9]{0,254}[a-z0-9])?';

const wholeToolName = new RegExp(`^${toolName}$`);

/** Tells whether a value is a text that can be the name of a tool. */
export const isTool = (value: unknown): value is string => typeof value === 'string' && wholeToolName.test(value);
