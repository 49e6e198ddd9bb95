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
  DHCP_RANGE_OUTSIDE: {
    message: 'range {range} is not inside {network}',
    remedy: 'use addresses from {first} to {last}',
  },
  DHCP_RANGE_OVERLAP: {
    message: 'range {range} overlaps {other}',
    remedy: 'make the two ranges of dhcp.subnets disjoint, or remove one',
  },
  DHCP_RANGE_HAS_OWN_ADDRESS: {
    message: "range {range} contains {address}, this server's own address on {interface}",
    remedy: 'split or shorten the range so that it leaves this address out',
  },
});
