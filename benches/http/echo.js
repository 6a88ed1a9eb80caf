// Checks an order and gives it back with its total.
const http = require('http');

function check(order) {
  if (typeof order !== 'object' || order === null || typeof order.customer !== 'string') {
    throw new Error('an order needs a customer');
  }
  if (!Array.isArray(order.lines) || order.lines.length === 0) {
    throw new Error('an order needs lines');
  }
  let total = 0;
  for (const line of order.lines) {
    if (typeof line.price !== 'number' || typeof line.count !== 'number' || line.count <= 0) {
      throw new Error('a line needs a price and a count');
    }
    total += line.price * line.count;
  }
  return total;
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () => {
    try {
      const order = JSON.parse(Buffer.concat(parts).toString());
      const total = check(order);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ customer: order.customer, lines: order.lines, total }));
    } catch (error) {
      response.statusCode = 422;
      response.end(JSON.stringify({ title: error.message }));
    }
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
