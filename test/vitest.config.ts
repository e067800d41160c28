import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], testTimeout = 30_000, globalSetup: string[] = []) => ({
  test: {
    name,
    include,
    root: import.meta.dirname,
    setupFiles: [`${import.meta.dirname}/harness/fixed-seed.ts`],
    disableConsoleIntercept: true,
    testTimeout,
    hookTimeout: 60_000,
    globalSetup,
  },
});

export default defineConfig({
  test: {
    // on two cores: many tests wait for a time-out or for a program that they started
    maxWorkers: 3,
    // the SDK announces the end of Node 20 on stderr; bin/run.js sets the same
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', AWS_EC2_METADATA_DISABLED: 'true' },
    projects: [
      project('unit', ['unit/**/*.test.ts', 'architecture/**/*.test.ts']),
      project('commands', ['commands/**/*.test.ts']),
      // many random streams take long; see MQDYN_TEST_STREAMS
      project('model', ['model/**/*.test.ts'], 1_200_000),
      project('faults', ['faults/**/*.test.ts'], 60_000, [`${import.meta.dirname}/harness/fresh-build.ts`]),
      project('engines', ['engines/**/*.test.ts'], 120_000),
      // thirty tasks in tmux; see test/terminal
      project('terminal', ['terminal/**/*.test.ts'], 60_000, [`${import.meta.dirname}/harness/fresh-build.ts`]),
      project('e2e', ['e2e/**/*.test.ts'], 120_000, [`${import.meta.dirname}/harness/fresh-build.ts`]),
    ],
  },
});
