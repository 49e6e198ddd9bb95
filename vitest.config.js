import { defineConfig } from 'vitest/config';

// Tests run compiled (dist/ mirrors the repository): what is tested is what is started.
export default defineConfig({
  test: {
    include: ['**/*.test.js'],
    exclude: ['node_modules'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
