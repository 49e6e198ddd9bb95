/** All scenarios, in the order in which `--all` runs them. */
import type { Scenario } from './scenario.js';
import { fullRegistrationScenarios } from './scenarios/full-registration.js';
import { quickRegistrationScenarios } from './scenarios/quick-registration.js';

export const scenarios: readonly Scenario[] = [
  // The longest first: side by side, the run ends sooner.
  ...fullRegistrationScenarios,
  ...quickRegistrationScenarios,
];
