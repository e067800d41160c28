// The limit of a scan in one Node process: fetch, JSON.parse, one JSON.stringify per item. argv: endpoint
import { fetchPages } from './pages.js';
import { write } from './stdout.js';

for await (const text of fetchPages(process.argv[2])) {
  let lines = '';
  for (const item of JSON.parse(text).Items) lines += `${JSON.stringify(item)}\n`;
  await write(lines);
}
