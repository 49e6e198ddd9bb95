import Type from 'typebox';

/** The section `dhcp` of the settings; see schema.ts. */

const ipv4 = (description: string, example: string) =>
  Type.Optional(Type.String({ format: 'ipv4', description, examples: [example] }));

const list = (format: string, description: string, example: readonly string[]) =>
  Type.Optional(Type.Array(Type.String({ format }), { description, examples: [example] }));

const options = list(
  'dhcp-option',
  'More options, each as "NUMBER TYPE VALUE". Types: address, uint8, uint16, uint32, int32, flag, domain (each may be a list with commas), text, hex. A boot file is not set here but with boot_file.',
  ['252 text http://wpad.school.example/wpad.dat', '4 address 10.0.0.1,10.0.0.2'],
);

const bootFile = Type.Optional(
  Type.String({
    format: 'boot-file',
    description: 'Boot file for these machines in place of the one of their architecture.',
    examples: ['ipxe.efi'],
  }),
);

const LEASE_SECONDS = { minimum: 60, maximum: 31536000 };
const ownLeaseSeconds = Type.Optional(
  Type.Integer({
    ...LEASE_SECONDS,
    description: 'Lease time in seconds, instead of the one that holds otherwise.',
    examples: [3600],
  }),
);

const DhcpSubnet = Type.Object(
  {
    network: Type.String({
      format: 'cidr',
      description: 'The subnet, as network/prefix.',
      examples: ['10.0.0.0/24'],
    }),
    ranges: Type.Array(Type.String({ format: 'range' }), {
      description:
        'Address ranges to lease from, as first-last. None: only hosts with an address of their own.',
      examples: [['10.0.0.100-10.0.0.199']],
    }),
    exclude: list('range-or-address', 'Addresses or ranges inside them that are never leased.', [
      '10.0.0.150',
      '10.0.0.180-10.0.0.184',
    ]),
    shared_network: Type.Optional(
      Type.String({
        format: 'word',
        minLength: 1,
        description:
          'Name of the cable that this subnet shares with others: subnets with the same name lease to the same machines.',
        examples: ['building-a'],
      }),
    ),
    router: ipv4('Default gateway handed to the machines.', '10.0.0.1'),
    dns: list('ipv4', 'Name servers handed out.', ['10.0.0.1']),
    ntp: list('ipv4', 'Time servers handed out.', ['10.0.0.1']),
    domain: Type.Optional(
      Type.String({
        format: 'hostname',
        description: 'Domain name handed out.',
        examples: ['school.example'],
      }),
    ),
    search: list('hostname', 'Domains in which machines look for short names (option 119).', [
      'lab.school.example',
      'school.example',
    ]),
    routes: list('route', 'Static routes handed out (option 121), as "NETWORK via GATEWAY".', [
      '10.9.0.0/16 via 10.0.0.254',
    ]),
    lease_seconds: ownLeaseSeconds,
    options,
  },
  { additionalProperties: false },
);

const DhcpClass = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 40,
      description: 'Name of the class, for records and messages.',
      examples: ['surface-pro-4'],
    }),
    arch: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: 65535 }), {
        description: 'Architectures of option 93 that belong to it. All that is named must fit.',
        examples: [[7, 9]],
      }),
    ),
    mac_prefix: Type.Optional(
      Type.String({
        format: 'mac-prefix',
        description: 'Beginning of the MAC address.',
        examples: ['00:15:5d'],
      }),
    ),
    vendor_class: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'Beginning of the vendor class (option 60).',
        examples: ['PXEClient:Arch:00007:UNDI:003016'],
      }),
    ),
    user_class: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'A user class (option 77).',
        examples: ['kiosk'],
      }),
    ),
    undi: Type.Optional(
      Type.String({
        format: 'undi',
        description: 'Version of the network driver interface (option 94), as MAJOR.MINOR.',
        examples: ['3.16'],
      }),
    ),
    boot_file: bootFile,
    lease_seconds: ownLeaseSeconds,
    options,
  },
  { additionalProperties: false },
);

const DhcpHost = Type.Object(
  {
    mac: Type.Optional(
      Type.String({
        format: 'mac',
        description: 'The machine, by its MAC address. One of mac, client_id, host.',
        examples: ['52:54:00:12:34:56'],
      }),
    ),
    client_id: Type.Optional(
      Type.String({
        format: 'hex',
        description: 'The machine, by its client identifier (option 61), in hexadecimal.',
        examples: ['ff12345678'],
      }),
    ),
    host: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 63,
        description: 'The machine, by the name of the host that fogd knows it as; any of its MAC addresses.',
        examples: ['lab-pc-01'],
      }),
    ),
    address: ipv4('The address that it always gets and nobody else.', '10.0.0.50'),
    boot_file: bootFile,
    lease_seconds: ownLeaseSeconds,
    options,
  },
  { additionalProperties: false },
);

export const DhcpSchema = Type.Object(
  {
    mode: Type.Enum(['off', 'proxy', 'server'], {
      default: 'off',
      description:
        'off: fogd sends no DHCP packet; fogd dhcp advise prints what to set on the other server. proxy: it adds the boot information beside an existing DHCP server. server: it leases addresses itself.',
    }),
    interfaces: Type.Array(Type.String({ format: 'interface' }), {
      default: [],
      description: 'Interfaces on which DHCP is answered; never on any other.',
      examples: [['eth0']],
    }),
    authoritative: Type.Boolean({
      default: true,
      description:
        "The ranges are fogd's alone: a machine that claims a wrong address is told so (NAK). false: it is left to others.",
    }),
    probe: Type.Boolean({
      default: true,
      description:
        'Before an address is given out for the first time, see whether something answers for it already; not for machines behind relays. A first offer then takes a moment longer.',
    }),
    lease_seconds: Type.Integer({
      ...LEASE_SECONDS,
      default: 21600,
      description: 'How long a leased address is good for, in seconds.',
    }),
    subnets: Type.Array(DhcpSubnet, {
      default: [],
      description: 'Subnets that fogd leases addresses in (mode = "server").',
    }),
    classes: Type.Array(DhcpClass, {
      default: [],
      description: 'Kinds of machines that get options or a boot file of their own. A later class wins.',
    }),
    hosts: Type.Array(DhcpHost, {
      default: [],
      description:
        'Single machines with an address, options or a boot file of their own; they win over classes.',
    }),
  },
  { additionalProperties: false, description: 'DHCP.' },
);
