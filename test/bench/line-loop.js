// The limit of planning a replay: split a file at its line feeds and JSON.parse each line. argv: file
import { createReadStream } from 'node:fs';

let rest = Buffer.alloc(0);
let lines = 0;
for await (const chunk of createReadStream(process.argv[2], { highWaterMark: 1 << 18 })) {
  const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    JSON.parse(bytes.toString('utf8', start, end));
    lines += 1;
    start = end + 1;
  }
  rest = bytes.subarray(start);
}
if (lines === 0) process.exit(1);
