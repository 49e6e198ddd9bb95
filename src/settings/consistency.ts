import { parsePorts } from './formats.js';
import { parseCidr, parseRange, toText } from './ipv4.js';
import type { Problem } from './problem.js';
import type { Settings } from './schema.js';

/** Rules between settings that a schema cannot say; each setting by itself is valid here. */
export function inconsistencies(settings: Settings): Problem[] {
  return [...dhcpProblems(settings), ...tftpProblems(settings), ...nfsProblems(settings)];
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

function dhcpProblems({ dhcp }: Settings): Problem[] {
  const problems: Problem[] = [];
  if (dhcp.mode !== 'off' && dhcp.interfaces.length === 0) {
    problems.push({
      path: 'dhcp.interfaces',
      what: `is empty although dhcp.mode is "${dhcp.mode}"`,
      mend: 'name the interface to answer on, e.g. interfaces = ["eth0"]',
    });
  }
  if (dhcp.mode === 'server' && dhcp.subnets.length === 0) {
    problems.push({
      path: 'dhcp.subnets',
      what: 'is missing although dhcp.mode is "server"',
      mend: 'add [[dhcp.subnets]] with network = "10.0.0.0/24" and ranges = ["10.0.0.100-10.0.0.199"] of your network',
    });
  }
  const claimed: Array<{ first: number; last: number; path: string }> = [];
  dhcp.subnets.forEach((subnet, index) => {
    const net = parseCidr(subnet.network);
    if (!net) return;
    subnet.ranges.forEach((text, rangeIndex) => {
      const range = parseRange(text);
      const path = `dhcp.subnets.${index}.ranges.${rangeIndex}`;
      if (!range) return;
      if (range.first <= net.network || range.last >= net.broadcast) {
        problems.push({
          path,
          what: `"${text}" is not inside ${subnet.network}`,
          mend: `use addresses from ${toText(net.network + 1)} to ${toText(net.broadcast - 1)}`,
        });
      }
      const other = claimed.find((one) => range.first <= one.last && one.first <= range.last);
      if (other) {
        problems.push({
          path,
          what: `"${text}" overlaps ${other.path}`,
          mend: 'make the two ranges disjoint, or remove one',
        });
      }
      claimed.push({ ...range, path });
    });
    if (subnet.router !== undefined) {
      const router = parseRange(`${subnet.router}-${subnet.router}`);
      if (router && (router.first <= net.network || router.first >= net.broadcast)) {
        problems.push({
          path: `dhcp.subnets.${index}.router`,
          what: `"${subnet.router}" is not inside ${subnet.network}`,
          mend: 'name the gateway that this subnet really has, or leave it out',
        });
      }
    }
  });
  return problems;
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
