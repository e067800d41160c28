import { fileURLToPath } from 'node:url';
import { Config, Errors, run, settings } from '@oclif/core';
import { widthOf } from './io.ts';
import { asMqdynError, errorText, withStackFile } from './report.ts';

/** Runs the command line. `root` is the folder of package.json. Plug-ins of users are never loaded: they could be anybody's. */
export async function main(root: URL): Promise<void> {
  // oclif rethrows what a stream reports; every write of ours looks at its own result
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error').on('error', () => undefined);
  // what runs is what was built; without this oclif looks for TypeScript around it
  settings.enableAutoTranspile = false;
  try {
    const config = await Config.load({ root: fileURLToPath(root), userPlugins: false, devPlugins: false });
    await run(process.argv.slice(2), config);
  } catch (error) {
    if (error instanceof Errors.ExitError) {
      process.exitCode = error.oclif.exit ?? 1;
      return;
    }
    const fault = withStackFile(await asMqdynError(error));
    process.stderr.write(errorText(fault, Boolean(process.env['MQDYN_DEBUG']), widthOf(process.stderr)));
    process.exitCode = fault.exit;
  }
}
