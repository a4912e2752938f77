/**
 * In place of iconv-lite in the functions' bundles, which is half a megabyte of code pages for body parsers that never
 * run: bodies are read before functions-framework (lib/http/body.ts), and JSON is UTF-8.
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
