import { randomBytes } from 'node:crypto';
import { ClientContacts } from '#clients/contacts.js';
import { RateLimit } from '#clients/rate-limit.js';
import { ClientSessions } from '#clients/sessions.js';
import type { Clock } from '#daemon/clock.js';
import { type HostMatch, matchHost } from '#domain/match-host.js';
import type { BootStore } from '#files/boot-store.js';
import type { SnapinStore } from '#files/snapin-store.js';
import type { ImageStore } from '#images/image-store.js';
import { LoginLimit } from '#login/login-limit.js';
import type { Pki } from '#pki/pki.js';
import type { Unwrapper } from '#pki/unwrapper.js';
import type { SecretBox } from '#secrets/box.js';
import type { Settings } from '#settings/schema.js';
import { AuditRepository } from '#store/audit.js';
import { BootFileRepository } from '#store/boot-files.js';
import { ClientSettingsRepository } from '#store/client-settings.js';
import { ClientRepository } from '#store/clients.js';
import { CounterRepository } from '#store/counters.js';
import { DomainDefaultsRepository } from '#store/domain-defaults.js';
import { GenerationRepository } from '#store/generations.js';
import { GroupRepository } from '#store/groups.js';
import { HostRepository } from '#store/hosts.js';
import { ImageRepository } from '#store/images.js';
import { InventoryRepository } from '#store/inventory.js';
import type { Lease } from '#store/leases.js';
import { LeaseRepository } from '#store/leases.js';
import { LoginRepository } from '#store/logins.js';
import { MenuRepository } from '#store/menu.js';
import { PowerRepository } from '#store/power.js';
import { PrinterRepository } from '#store/printers.js';
import { SessionRepository } from '#store/sessions.js';
import { SnapinTaskRepository } from '#store/snapin-tasks.js';
import { SnapinRepository } from '#store/snapins.js';
import { StorageNodeRepository } from '#store/storage-nodes.js';
import type { Store, Transactions } from '#store/store.js';
import { TaskRepository } from '#store/tasks.js';
import { TokenRepository } from '#store/tokens.js';
import { UserRepository } from '#store/users.js';
import type { Recorder } from '#trace/decision.js';
import { Arrivals, type TellTotal } from './arrivals.js';
import type { ExportDoor } from './export-door.js';

/** What actions need of the world outside the store. */
export interface Ports {
  readonly exports: ExportDoor;
  readonly imageStore: ImageStore;
  /** Where the deeds of fogd and of people are told for the boot story; calls of machines are recorded by their service. */
  readonly recorder: Recorder;
  /** The MAC that the kernel last saw behind an address of a local network; undefined for routed ones and for strangers. */
  readonly neighbour: (ip: string) => Promise<string | undefined>;
  /** Sends magic packets into the networks of this machine; gives the addresses they went to. */
  readonly wake: (macs: readonly string[]) => Promise<readonly string[]>;
  /** Takes an address out of a machine's hands; resolves when durable. Throws DHCP_LEASE_UNKNOWN. */
  readonly releaseLease: (address: number) => Promise<Lease>;
  readonly bootStore: BootStore;
  readonly pki: Pick<Pki, 'describe' | 'import' | 'offline' | 'online'>;
  /** Opens what FOG Clients encrypt to the key of this server. */
  readonly unwrapper: Pick<Unwrapper, 'unwrap'>;
  readonly snapinStore: SnapinStore;
  /** Seals passwords for the store. */
  readonly secrets: Pick<SecretBox, 'seal' | 'open'>;
  /** The body of an http or https URL. Rejects with DOWNLOAD_FAILED. */
  readonly download: (url: string, tell?: TellTotal) => AsyncIterable<Uint8Array>;
  /** Unguessable bytes; tests inject their own. */
  readonly random?: (bytes: number) => Buffer;
}

/** What actions work on. */
export interface Context extends Required<Ports> {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly store: Transactions;
  readonly hosts: HostRepository;
  readonly inventory: InventoryRepository;
  readonly tasks: TaskRepository;
  readonly counters: CounterRepository;
  readonly images: ImageRepository;
  readonly generations: GenerationRepository;
  readonly sessions: SessionRepository;
  readonly menu: MenuRepository;
  readonly groups: GroupRepository;
  readonly leases: LeaseRepository;
  readonly bootFiles: BootFileRepository;
  /** Boot files on their way in. */
  readonly arrivals: Arrivals;
  readonly snapins: SnapinRepository;
  readonly snapinTasks: SnapinTaskRepository;
  readonly storageNodes: StorageNodeRepository;
  readonly users: UserRepository;
  readonly loginLimit: LoginLimit;
  readonly tokens: TokenRepository;
  readonly tokenLimit: LoginLimit;
  readonly audit: AuditRepository;
  readonly clients: ClientRepository;
  readonly logins: LoginRepository;
  readonly printers: PrinterRepository;
  readonly power: PowerRepository;
  readonly clientSettings: ClientSettingsRepository;
  readonly domainDefaults: DomainDefaultsRepository;
  readonly clientSessions: ClientSessions;
  readonly clientContacts: ClientContacts;
  readonly clientLimits: ClientLimits;
  /** Percent of the generations that are being read back now, by their id. */
  readonly verifying: Map<number, number>;
}

/** How often one source may make a call that costs something (source-network.ts). */
export interface ClientLimits {
  /** A building behind one address that is switched on at once, and no more than a part of what the RSA thread can do. */
  readonly handshakes: RateLimit;
  /** As one host; a client makes one in two minutes. */
  readonly handshakesOfHost: RateLimit;
  readonly registrations: RateLimit;
  readonly logins: RateLimit;
  /** As one host; a client tells one user at a time, once in a cycle. */
  readonly loginsOfHost: RateLimit;
}

/** Made once by `main.ts`, and by tests. */
export function createContext(settings: Settings, clock: Clock, store: Store, ports: Ports): Context {
  return {
    settings,
    clock,
    store,
    hosts: new HostRepository(store),
    inventory: new InventoryRepository(store),
    tasks: new TaskRepository(store),
    counters: new CounterRepository(store),
    images: new ImageRepository(store),
    generations: new GenerationRepository(store),
    sessions: new SessionRepository(store),
    menu: new MenuRepository(store),
    groups: new GroupRepository(store),
    leases: new LeaseRepository(store),
    bootFiles: new BootFileRepository(store),
    snapins: new SnapinRepository(store),
    snapinTasks: new SnapinTaskRepository(store),
    storageNodes: new StorageNodeRepository(store, settings.tasks.max_clients),
    users: new UserRepository(store),
    loginLimit: new LoginLimit(clock),
    tokens: new TokenRepository(store),
    tokenLimit: new LoginLimit(clock),
    audit: new AuditRepository(store),
    clients: new ClientRepository(store),
    logins: new LoginRepository(store),
    printers: new PrinterRepository(store),
    power: new PowerRepository(store),
    clientSettings: new ClientSettingsRepository(store),
    domainDefaults: new DomainDefaultsRepository(store),
    clientSessions: new ClientSessions(clock),
    clientContacts: new ClientContacts(),
    clientLimits: {
      handshakes: new RateLimit(clock, 300, 50),
      handshakesOfHost: new RateLimit(clock, 10, 12_000),
      registrations: new RateLimit(clock, 300, 2_000),
      logins: new RateLimit(clock, 1_000, 100),
      loginsOfHost: new RateLimit(clock, 60, 5_000),
    },
    verifying: new Map(),
    arrivals: new Arrivals(),
    random: randomBytes,
    ...ports,
  };
}

/** The host of a machine that gives these MACs. */
export function hostOf(context: Context, macs: readonly string[]): HostMatch {
  return matchHost(context.hosts.byMacs(macs), macs);
}
