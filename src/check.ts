import { networkInterfaces } from 'node:os';
import { FogdError } from '#errors.js';
import { interfaceIndex } from '#native/interface-index.js';
import { readPairFiles } from '#pki/certificate-files.js';
import { interfaceObstacles } from '#services/dhcp/startup-checks.js';
import { checkTlsPair } from '#services/http/tls.js';
import type { Problem } from '#settings/problem.js';
import type { Settings } from '#settings/schema.js';

/** What of valid settings does not go together with this machine as it is now. */
export async function problemsHere({ dhcp, https }: Settings): Promise<Problem[]> {
  return [...interfaceProblems(dhcp), ...(await certificateProblems(https))];
}

function interfaceProblems(dhcp: Settings['dhcp']): Problem[] {
  if (dhcp.mode === 'off') return [];
  return interfaceObstacles(dhcp, networkInterfaces(), interfaceIndex).map(({ path, error }) =>
    problemOf(path, error),
  );
}

async function certificateProblems({ enabled, certificate, key }: Settings['https']): Promise<Problem[]> {
  if (!enabled || certificate === undefined || key === undefined) return [];
  try {
    await readPairFiles(certificate, key, checkTlsPair);
    return [];
  } catch (error) {
    if (error instanceof FogdError) return [problemOf('https.certificate', error)];
    throw error;
  }
}

function problemOf(path: string, error: FogdError): Problem {
  return { path, what: `does not fit this machine: ${error.message}`, mend: error.remedy };
}
