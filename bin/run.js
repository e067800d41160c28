#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const { env, versions } = process;
const [major, minor] = versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`mqdyn needs Node 20.19 or later, and this is ${versions.node}.\n`);
  process.exit(2);
}
// the AWS SDK announces the end of Node 20 on stderr; this is its own switch for that
env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
// package.json says which Node is needed; oclif would load a parser for that at every start
env.OCLIF_DISABLE_ENGINE_WARNING = 'true';
// Node 22.8 and later keep compiled code; in a folder of this user's own, because what lies there is run
module.enableCompileCache?.(
  env.NODE_COMPILE_CACHE || join(env.XDG_CACHE_HOME || env.LOCALAPPDATA || join(homedir(), '.cache'), 'mqdyn'),
);
// places in stack traces are those of the source, when somebody looks
if (env.MQDYN_DEBUG) process.setSourceMapsEnabled(true);

const root = new URL('..', import.meta.url);
const [, , only, another] = process.argv;
if (another === undefined && (only === '--version' || only === '-v')) {
  // nothing is loaded to say which version this is
  const { name, version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else {
  const { main } = await import('../dist/cli/main.js');
  await main(root);
}
