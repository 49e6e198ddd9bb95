import type { ForeignDhcp } from '#domain/foreign-dhcp.js';
import type { AdviceFacts, AdvisedFile } from './facts.js';

/** Texts that an admin pastes into another DHCP server. Nothing in them leases an address. */

export function adviceText(kind: ForeignDhcp, facts: AdviceFacts): string {
  return `${WRITERS[kind](facts).join('\n')}\n`;
}

const WRITERS: Readonly<Record<ForeignDhcp, (facts: AdviceFacts) => string[]>> = {
  plain,
  dnsmasq,
  isc,
  kea,
  windows,
  mikrotik,
};

function plain({ address, scriptUrl, files, notes }: AdviceFacts): string[] {
  const row = ({ architecture: { code, name }, value }: AdvisedFile) =>
    `  ${String(code).padStart(3)}  ${name.padEnd(24)} ${value}`;
  const bios = files.find(({ architecture }) => architecture.firmware === 'bios')?.value;
  const uefi = files.find(({ architecture, isHttp }) => architecture.code === 7 && !isHttp)?.value;
  return [
    `next-server (siaddr)         ${address}`,
    `option 66  TFTP server name  ${address}`,
    `option 150 TFTP addresses    ${address}`,
    '',
    'option 67 (boot file), by the architecture in option 93:',
    ...files.filter(({ isHttp }) => !isHttp).map(row),
    '',
    'option 67 where the user class (option 77) is iPXE, or option 175 is there, whatever the architecture:',
    `  ${scriptUrl}`,
    '',
    'option 67 for HTTP boot, with option 60 = HTTPClient:',
    ...files.filter(({ isHttp }) => isHttp).map(row),
    '',
    'A server that knows one boot file only can boot one kind of machine:',
    `  BIOS ${bios ?? '(no file)'}, or UEFI x64 ${uefi ?? '(no file)'}.`,
    'It must be an iPXE with an embedded script, as those of FOG: any other gets itself again instead of the boot script.',
    ...notes.map((note) => `Note: ${note}.`),
  ];
}

function dnsmasq({ address, scriptUrl, files, notes }: AdviceFacts): string[] {
  return [
    `# dnsmasq: boot from fogd at ${address}`,
    ...notes.map((note) => `# Note: ${note}`),
    'dhcp-match=set:fogd-ipxe,175',
    'dhcp-userclass=set:fogd-ipxe,iPXE',
    ...files.flatMap(({ architecture: { code, name }, value, isHttp }) => [
      `# ${name}`,
      `dhcp-match=set:fogd-arch${code},option:client-arch,${code}`,
      `dhcp-boot=tag:fogd-arch${code},tag:!fogd-ipxe,${value},,${address}`,
      ...(isHttp ? [`dhcp-option-force=tag:fogd-arch${code},60,HTTPClient`] : []),
    ]),
    `dhcp-boot=tag:fogd-ipxe,${scriptUrl},,${address}`,
    `dhcp-option=option:tftp-server,${address}`,
    `dhcp-option=150,${address}`,
  ];
}

function isc({ address, scriptUrl, files, notes }: AdviceFacts): string[] {
  return [
    `# ISC dhcpd: boot from fogd at ${address}; at the top of dhcpd.conf, outside of any subnet`,
    ...notes.map((note) => `# Note: ${note}`),
    'option fogd-arch code 93 = unsigned integer 16;',
    'option fogd-ipxe code 175 = string;',
    'option fogd-tftp-addresses code 150 = array of ip-address;',
    `next-server ${address};`,
    `option tftp-server-name "${address}";`,
    `option fogd-tftp-addresses ${address};`,
    'if exists fogd-ipxe or option user-class = "iPXE" {',
    `  filename "${scriptUrl}";`,
    ...files.flatMap(({ architecture: { code, name }, value, isHttp }) => [
      `} elsif option fogd-arch = ${code.toString(16).padStart(4, '0').replace(/^../, '$&:')} { # ${name}`,
      ...(isHttp ? ['  option vendor-class-identifier "HTTPClient";'] : []),
      `  filename "${value}";`,
    ]),
    '}',
  ];
}

function kea({ address, scriptUrl, files, notes }: AdviceFacts): string[] {
  const option = (name: string, data: string) => ({ name, data, 'always-send': true });
  const isIpxe = "option[175].exists or option[77].text == 'iPXE'";
  const boot = (value: string, more: object[] = []) => ({
    'next-server': address,
    'boot-file-name': value,
    'option-data': [option('tftp-server-name', address), option('boot-file-name', value), ...more],
  });
  const classes = [
    { name: 'fogd-ipxe', test: isIpxe, ...boot(scriptUrl) },
    ...files.map(({ architecture: { code }, value, isHttp }) => ({
      name: `fogd-arch-${code}`,
      test: `option[93].hex == 0x${code.toString(16).padStart(4, '0')} and not (${isIpxe})`,
      ...boot(value, isHttp ? [option('vendor-class-identifier', 'HTTPClient')] : []),
    })),
  ];
  return [
    `// Kea: boot from fogd at ${address}; into "Dhcp4" of kea-dhcp4.conf`,
    ...notes.map((note) => `// Note: ${note}`),
    `"client-classes": ${JSON.stringify(classes, null, 2)}`,
  ];
}

function windows({ address, scriptUrl, files, notes }: AdviceFacts): string[] {
  const policy = (name: string, condition: string, value: string, more: string[] = []) => [
    `Add-DhcpServerv4Policy -Name "${name}" -Condition AND ${condition}`,
    `Set-DhcpServerv4OptionValue -PolicyName "${name}" -OptionId 66 -Value "${address}"`,
    `Set-DhcpServerv4OptionValue -PolicyName "${name}" -OptionId 67 -Value "${value}"`,
    ...more,
  ];
  return [
    `# Windows Server, PowerShell as administrator: boot from fogd at ${address}`,
    '# The policies hold for all scopes; add -ScopeId to the commands of a policy for one scope.',
    ...notes.map((note) => `# Note: ${note}`),
    ...(files.some(({ isHttp }) => isHttp)
      ? ['Add-DhcpServerv4OptionDefinition -OptionId 60 -Name "fogd vendor class" -Type String']
      : []),
    'Add-DhcpServerv4Class -Name "fogd iPXE" -Type User -Data "iPXE"',
    ...policy('fogd iPXE', '-UserClass EQ,"fogd iPXE"', scriptUrl),
    ...files.flatMap(({ architecture: { code, name }, value, isHttp }) => {
      const label = `fogd arch ${code}`;
      const data = `${isHttp ? 'HTTP' : 'PXE'}Client:Arch:${String(code).padStart(5, '0')}`;
      const condition = `-VendorClass EQ,"${label}*" -UserClass NE,"fogd iPXE"`;
      const force = isHttp
        ? [`Set-DhcpServerv4OptionValue -PolicyName "${label}" -OptionId 60 -Value "HTTPClient"`]
        : [];
      return [
        `# ${name}`,
        `Add-DhcpServerv4Class -Name "${label}" -Type Vendor -Data "${data}"`,
        ...policy(label, condition, value, force),
      ];
    }),
  ];
}

function mikrotik({ address, scriptUrl, files, notes }: AdviceFacts): string[] {
  const sets = files.map(({ architecture: { code }, value, isHttp }) => ({
    name: `fogd-arch${code}`,
    value,
    more: isHttp ? ',fogd-60' : '',
    match: `code=93 value="0x${code.toString(16).padStart(4, '0')}" matching-type=exact`,
  }));
  const all = [
    ...sets,
    { name: 'fogd-ipxe', value: scriptUrl, more: '', match: `code=77 value="iPXE" matching-type=substring` },
  ];
  return [
    `# MikroTik RouterOS 7.4 or later: boot from fogd at ${address}; put the name of your DHCP server for "dhcp1"`,
    ...notes.map((note) => `# Note: ${note}`),
    '/ip dhcp-server network',
    `set [find] next-server=${address}`,
    '/ip dhcp-server option',
    `add name=fogd-66 code=66 value="s'${address}'"`,
    `add name=fogd-150 code=150 value="'${address}'"`,
    ...(files.some(({ isHttp }) => isHttp) ? [`add name=fogd-60 code=60 value="s'HTTPClient'"`] : []),
    ...all.map(({ name, value }) => `add name=${name} code=67 value="s'${value}'"`),
    '/ip dhcp-server option sets',
    ...all.map(({ name, more }) => `add name=${name} options=fogd-66,fogd-150,${name}${more}`),
    '/ip dhcp-server matcher',
    // The last that fits wins: iPXE says an architecture, too.
    ...all.map(({ name, match }) => `add name=${name} server=dhcp1 ${match} option-set=${name}`),
  ];
}
