import { type Check, ok, warn } from '../finding.js';

/** fogd learns of other servers from machines that chose them. */
export const otherDhcp: Check = ({ settings: { dhcp }, running }) => {
  if (dhcp.mode === 'off')
    return [ok('dhcp.mode is "off": the other server must name fogd (fogd dhcp advise SERVER)')];
  const detail = running?.services.find(({ name }) => name === 'dhcp')?.detail;
  if (detail === undefined) return [ok('whether there are others is known while fogd runs')];
  const others = /other DHCP servers?: ([^;]+)/.exec(detail)?.[1];
  if (others === undefined) {
    if (dhcp.mode === 'server') return [ok('no machine has chosen another server in the last 24 hours')];
    return [ok('no machine has named the server that leases the addresses yet')];
  }
  if (dhcp.mode === 'proxy') return [ok(`addresses are leased by ${others}`)];
  return [
    warn(`machines also get addresses from ${others}`, 'turn that one off, or set dhcp.mode = "proxy"'),
  ];
};
