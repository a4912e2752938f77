const { http } = require('@google-cloud/functions-framework');

http('bare', (_req, res) => res.end('ok'));
