/** Source of a regular expression for one terminal colour sequence (SGR), such as the one that turns text red. */
export const colourPattern = '\\u001b\\[[0-9;:]{0,64}m';
