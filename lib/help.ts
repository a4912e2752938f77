/** People who help a tool's maintainers when the maintainers can't help themselves. Follows "Ask" in sentences. */
export const administrators =
  'the Toolforge administrators (https://wikitech.wikimedia.org/wiki/Help:Cloud_Services_communication)';
