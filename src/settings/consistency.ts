import { dhcpProblems } from './dhcp-consistency.js';
import { parsePorts } from './formats.js';
import type { Problem } from './problem.js';
import type { Settings } from './schema.js';

/** Rules between settings that a schema cannot say; each setting by itself is valid here. */
export function inconsistencies(settings: Settings): Problem[] {
  return [
    ...dhcpProblems(settings.dhcp),
    ...tftpProblems(settings),
    ...nfsProblems(settings),
    ...httpsProblems(settings),
    ...clientProblems(settings),
  ];
}

function httpsProblems({ http, https }: Settings): Problem[] {
  const problems: Problem[] = [];
  if (https.enabled && https.port === http.port)
    problems.push({
      path: https.port === 443 ? 'http.port' : 'https.port',
      what: `is ${https.port} for both HTTP and HTTPS`,
      mend: 'give each a port of its own',
    });
  if (http.redirect && !https.enabled)
    problems.push({
      path: 'http.redirect',
      what: 'is true although https.enabled is false',
      mend: 'switch HTTPS on, or this off',
    });
  const [given, missing] = https.certificate === undefined ? ['key', 'certificate'] : ['certificate', 'key'];
  if ((https.certificate === undefined) !== (https.key === undefined))
    problems.push({
      path: `https.${given}`,
      what: `is set, and https.${missing} is not`,
      mend: 'set both, or none',
    });
  return problems;
}

function clientProblems({ client, http, https }: Settings): Problem[] {
  if (!client.move_to_https) return [];
  const path = 'client.move_to_https';
  if (!https.enabled || https.port !== 443)
    return [
      {
        path,
        what: 'is true although HTTPS is not served on port 443, and clients look for it there',
        mend: 'set https.enabled = true and https.port = 443, or this to false',
      },
    ];
  if (http.port !== 80)
    return [
      {
        path,
        what: `is true although HTTP is served on port ${http.port}, where clients would look for HTTPS, too`,
        mend: 'set http.port = 80, or this to false',
      },
    ];
  return [];
}

function nfsProblems({ nfs }: Settings): Problem[] {
  if (nfs.backend !== 'external' || nfs.share !== undefined) return [];
  return [
    {
      path: 'nfs.share',
      what: 'is missing although nfs.backend is "external"',
      mend: 'name the share with the images, e.g. share = "10.0.0.5:/images"',
    },
  ];
}

function tftpProblems({ tftp }: Settings): Problem[] {
  const ports = parsePorts(tftp.port_range);
  if (!ports || (ports.first <= 68 && ports.last >= 67) === false) return [];
  return [
    {
      path: 'tftp.port_range',
      what: `"${tftp.port_range}" contains the DHCP ports 67 and 68`,
      mend: 'choose a range above 1023, e.g. 61000-61099',
    },
  ];
}
