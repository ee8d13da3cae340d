// Prints each event once: npm install amqplib; AMQP_URL=amqp://… node subscriber.mjs
import amqp from 'amqplib';

const queue = 'example.contention-updated';
const exchange = 'bie-events-contention-updated';
const remembered = 100_000;
const seen = new Set(); // forgets all when it ends: who must not, keeps ids with what it does

const connection = await amqp.connect(process.env.AMQP_URL);
const channel = await connection.createChannel();
await channel.assertExchange(exchange, 'topic', { durable: true });
await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
await channel.bindQueue(queue, exchange, '#');
await channel.prefetch(100);
await channel.consume(queue, (message) => {
  if (message === null) return; // the queue was deleted
  const id = message.properties.messageId;
  if (!seen.has(id)) {
    // JSON.parse rounds numbers beyond 2^53; take a parser that does not if ids may be as large.
    const notification = JSON.parse(message.content.toString('utf8'));
    console.log(`${id} ${message.content.length} ${notification.topic}`);
    seen.add(id);
    if (seen.size > remembered) seen.delete(seen.values().next().value);
  }
  channel.ack(message); // only now: what was not acknowledged is delivered again
});
console.log('waiting');
