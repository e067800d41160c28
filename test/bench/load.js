import { connect } from 'node:net';

/** Posts one event after the other on each connection for so many seconds; latencies are in milliseconds. */
export async function load(url, connections, seconds, eventOf) {
  const { hostname, port } = new URL(url);
  const latencies = [];
  const until = performance.now() + seconds * 1000;
  let index = 0;
  const run = () =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, send).setNoDelay(true);
      let sent = 0;
      let received = '';
      function send() {
        const body = JSON.stringify(eventOf((index += 1)));
        const head = `POST / HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
        sent = performance.now();
        socket.write(`${head}\r\n\r\n${body}`);
      }
      socket.on('error', reject);
      socket.on('data', (part) => {
        received += part.toString('latin1');
        const end = received.indexOf('\r\n\r\n');
        const length = end < 0 ? NaN : Number(/content-length: (\d+)/i.exec(received)?.[1]);
        if (!(received.length >= end + 4 + length)) return;
        if (!received.startsWith('HTTP/1.1 200')) return reject(new Error(received));
        const closes = /connection: close/i.test(received.slice(0, end));
        received = '';
        latencies.push(performance.now() - sent);
        if (performance.now() >= until) resolve(socket.destroy());
        else if (closes) {
          // a broker connects again, too
          socket.destroy();
          run().then(resolve, reject);
        } else send();
      });
    });
  const started = performance.now();
  await Promise.all(Array.from({ length: connections }, run));
  const perSecond = latencies.length / ((performance.now() - started) / 1000);
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return { perSecond, p50: at(0.5), p99: at(0.99) };
}
