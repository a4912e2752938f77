/**
 * Replaces iconv-lite in the functions' bundles by a decoder for UTF-8. iconv-lite is half a megabyte of code pages for the
 * body parsers of functions-framework, which never run: lib/http/serve.ts reads bodies first, and JSON is UTF-8.
 */
export const encodingExists = (encoding: string): boolean => /^utf-?8$/i.test(encoding);

export const getDecoder = () => {
  const decoder = new TextDecoder();
  return {
    write: (bytes: Uint8Array): string => decoder.decode(bytes, { stream: true }),
    end: (): string => decoder.decode(),
  };
};

export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
