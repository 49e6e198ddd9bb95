/** All scenarios, in the order in which `--all` runs them. */
import type { Scenario } from './scenario.js';
import { dhcpScenarios } from './scenarios/dhcp.js';
import { firewallScenarios } from './scenarios/firewall.js';
import { fullRegistrationScenarios } from './scenarios/full-registration.js';
import { imageScenarios } from './scenarios/images.js';
import { faultScenarios } from './scenarios/imaging-faults.js';
import { menuTaskScenarios } from './scenarios/menu-tasks.js';
import { quickRegistrationScenarios } from './scenarios/quick-registration.js';
import { tftpClientScenarios } from './scenarios/tftp-clients.js';

export const scenarios: readonly Scenario[] = [
  // The longest first: side by side, the run ends sooner.
  ...faultScenarios,
  ...imageScenarios,
  ...menuTaskScenarios,
  ...firewallScenarios,
  ...fullRegistrationScenarios,
  ...quickRegistrationScenarios,
  ...dhcpScenarios,
  ...tftpClientScenarios,
];
