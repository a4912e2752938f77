/** A colour (SGR) as a build prints it: the source of an expression. */
export const colourPattern = '\\u001b\\[[0-9;:]{0,64}m';
