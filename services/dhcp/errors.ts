import { defineErrors } from '#errors.js';

export const dhcpErrors = defineErrors({
  DHCP_UNKNOWN_INTERFACE: {
    message: 'interface {interface} does not exist',
    remedy: 'name one of {existing} in dhcp.interfaces',
  },
  DHCP_NO_ADDRESS: {
    message: 'interface {interface} has no IPv4 address',
    remedy:
      'give it a fixed address (a DHCP service needs one), or name another interface in dhcp.interfaces',
  },
  DHCP_PORT_TAKEN: {
    message: 'port {port}/udp is held by {holder}',
    remedy: 'stop it, or set dhcp.mode = "off" (beside another DHCP server on another machine: "proxy")',
  },
  DHCP_NOT_PERMITTED: {
    message: 'fogd may not open port {port}/udp on {interface}: {capability} is missing',
    remedy: 'run it as the unit systemd/fogd.service does (AmbientCapabilities={capability}), or as root',
  },
  DHCP_SOCKET_FAILED: {
    message: 'port {port}/udp on {interface} failed: {reason}',
    remedy: 'see whether the interface is still there with "ip address"; fogd tries again by itself',
  },
  DHCP_NO_SUBNET: {
    message:
      'dhcp.mode is "server", but no subnet of dhcp.subnets contains {address}, the address of {interface}',
    remedy: 'add [[dhcp.subnets]] with network = "{network}" and a range of it, or set dhcp.mode = "proxy"',
  },
  DHCP_LEASES_OWN_ADDRESS: {
    message:
      "the addresses to lease in {network} contain {address}, this server's own address on {interface}",
    remedy: 'add it to exclude of that subnet, or shorten the range',
  },
  DHCP_HOST_HAS_OWN_ADDRESS: {
    message: "dhcp.hosts gives {host} {address}, this server's own address on {interface}",
    remedy: 'give that machine another address',
  },
  DHCP_ADVICE_UNKNOWN: {
    message: 'there is no advice for {server}',
    remedy: 'name one of {known}; "plain" says it for any',
    status: 404,
  },
  DHCP_ADVICE_NO_ADDRESS: {
    message: 'this machine has no IPv4 address that others could reach',
    remedy: 'say where machines reach fogd: --address 10.0.0.1',
    status: 409,
  },
  DHCP_LEASE_UNKNOWN: {
    message: 'there is no lease of {address}',
    remedy: 'see "fogd lease list --all" for the addresses that were ever leased',
    status: 404,
  },
});
