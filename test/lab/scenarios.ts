/** All scenarios, in the order in which `--all` runs them. */
import type { Scenario } from './scenario.js';
import { quickRegistrationScenarios } from './scenarios/quick-registration.js';

export const scenarios: readonly Scenario[] = [...quickRegistrationScenarios];
