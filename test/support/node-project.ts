/** Returns the package.json of an application. */
export const manifest = (fields: object = {}): string =>
  JSON.stringify({ name: 'application', version: '1.0.0', private: true, ...fields });

/** Returns a program of Node.js that serves the value of an expression on $PORT. */
export const serving = (expression: string): string =>
  `require('http').createServer((_, response) => response.end(String(${expression}))).listen(process.env.PORT);`;
