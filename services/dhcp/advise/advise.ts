import type { BootUrls } from '#boot/architecture.js';
import { FOREIGN_DHCP, type ForeignDhcp } from '#domain/foreign-dhcp.js';
import type { Settings } from '#settings/schema.js';
import { dhcpErrors } from '../errors.js';
import { type Interfaces, readLink } from '../link.js';
import { adviceFacts } from './facts.js';
import { adviceText } from './texts.js';

export interface AdviseDependencies {
  readonly settings: Pick<Settings, 'dhcp'>;
  readonly interfaces: () => Interfaces;
  readonly urls: (localAddress: string) => BootUrls;
  readonly hasBootFile: (name: string) => boolean;
}

/**
 * What to set on a DHCP server of another kind so that machines boot from fogd, from the settings in force. `address`: where machines
 * reach fogd; by default the first address of this machine. Throws DHCP_ADVICE_UNKNOWN or DHCP_ADVICE_NO_ADDRESS.
 */
export function advise(deps: AdviseDependencies, server: string, address: string | undefined): string {
  const kind = FOREIGN_DHCP.find((one): one is ForeignDhcp => one === server);
  if (kind === undefined) throw dhcpErrors.DHCP_ADVICE_UNKNOWN({ server, known: FOREIGN_DHCP.join(', ') });
  const { dhcp } = deps.settings;
  const interfaces = deps.interfaces();
  const names = [...dhcp.interfaces, ...Object.keys(interfaces).filter((name) => name !== 'lo')];
  const links = names.flatMap((name) => readLink(interfaces, name) ?? []);
  const chosen = address ?? links[0]?.addressText;
  if (chosen === undefined) throw dhcpErrors.DHCP_ADVICE_NO_ADDRESS({});
  const others = new Set(links.map(({ addressText }) => addressText).filter((one) => one !== chosen));
  const facts = adviceFacts(dhcp, chosen, deps.urls(chosen), deps.hasBootFile);
  const choice =
    address === undefined && others.size > 0
      ? [`this server has other addresses, too (${[...others].join(', ')}): choose with --address`]
      : [];
  return adviceText(kind, { ...facts, notes: [...choice, ...facts.notes] });
}
