/** Writes to stdout and waits where the reader is slower. */
export async function write(text) {
  if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}
