#!/usr/bin/env node
// the AWS SDK announces the end of Node 20 on stderr; this is its own switch for that
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const { main } = await import('../dist/cli/main.js');
await main(new URL('..', import.meta.url));
