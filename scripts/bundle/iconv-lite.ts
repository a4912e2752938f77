/**
 * Replaces iconv-lite in the functions' bundles by a decoder for UTF-8. iconv-lite is half a megabyte of code pages.
 * Only the body parsers of functions-framework need these, and they never run: lib/http/serve.ts hides bodies from them.
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
