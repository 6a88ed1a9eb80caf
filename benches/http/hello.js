// Answers every request with the same text.
const http = require('http');
const server = http.createServer((request, response) => {
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end('hello');
});
server.listen(Number(process.argv[2]), '127.0.0.1');
