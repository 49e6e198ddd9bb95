/** DHCP servers of others that fogd has advice for; `plain`: any other. */
export const FOREIGN_DHCP = ['plain', 'dnsmasq', 'isc', 'kea', 'windows', 'mikrotik'] as const;
export type ForeignDhcp = (typeof FOREIGN_DHCP)[number];
