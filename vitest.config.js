import { defineConfig } from 'vitest/config';

// Tests run compiled (dist/ mirrors the repository): what is tested is what is started.
export default defineConfig({
  test: {
    include: ['**/*.test.js'],
    // The fresh clone needs package registries from within a container: CONTRIBUTING says how it is run.
    exclude: ['node_modules', ...(process.env.FOGD_TEST_CLONE === '1' ? [] : ['**/install/clone.test.js'])],
    // Limits only end what hangs: on a busy machine, whatever waits for another program waits long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // A world that a test makes and throws away is a few megabytes: with more room for the young, a fifth less time goes into collecting them.
    execArgv: ['--max-semi-space-size=64'],
    // Node loads it as it loads fogd; only the tests themselves go through vite.
    server: { deps: { external: [/\/dist\/(src|services)\//] } },
  },
});
