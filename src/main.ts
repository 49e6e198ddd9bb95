import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { createContext } from '#actions/context.js';
import { ClientKeeper } from '#actions/keep-clients.js';
import { GenerationKeeper } from '#actions/keep-generations.js';
import { ImageKeeper } from '#actions/keep-images.js';
import { PowerKeeper } from '#actions/keep-power.js';
import { SnapinKeeper } from '#actions/keep-snapins.js';
import { TaskKeeper } from '#actions/keep-tasks.js';
import { TraceKeeper } from '#actions/keep-trace.js';
import { LiveEvents } from '#actions/live-events.js';
import { openExports } from '#actions/open-session.js';
import { overview } from '#actions/overview.js';
import { pack } from '#backup/pack.js';
import { settle } from '#backup/stopped.js';
import { defaultScript } from '#boot/default-ipxe.js';
import { bootServer, ipxeUrl, type Scheme } from '#boot/server.js';
import { type Clock, systemClock } from '#daemon/clock.js';
import { startHeartbeat } from '#daemon/heartbeat.js';
import type { Logger } from '#daemon/log.js';
import { watchLoopDelay } from '#daemon/loop-delay.js';
import { neighbourTable } from '#daemon/neighbours.js';
import { portHolder } from '#daemon/port-holder.js';
import { type ServiceStatus, Supervisor } from '#daemon/supervisor.js';
import { externalShare, sharedBy } from '#domain/share.js';
import { messageOf } from '#errors.js';
import { BootFileCheck } from '#files/boot-file-check.js';
import { BootFiles } from '#files/boot-files.js';
import { BootStore } from '#files/boot-store.js';
import { SnapinStore } from '#files/snapin-store.js';
import { ImageStore } from '#images/image-store.js';
import { TreeProbe } from '#images/tree-probe.js';
import { startVerification } from '#images/verifier.js';
import { Metrics } from '#metrics/metrics.js';
import { diskSizes, processUsage } from '#metrics/process.js';
import { interfaceIndex } from '#native/interface-index.js';
import { sdNotify } from '#native/sd-notify.js';
import { CertificateFiles } from '#pki/certificate-files.js';
import { makeKeyApart } from '#pki/key-maker.js';
import { serverNames } from '#pki/names.js';
import { Pki } from '#pki/pki.js';
import type { CertificateSource } from '#pki/source.js';
import { Unwrapper } from '#pki/unwrapper.js';
import { SecretBox } from '#secrets/box.js';
import { advise } from '#services/dhcp/advise/advise.js';
import { DhcpService } from '#services/dhcp/service.js';
import { download } from '#services/download/download.js';
import { apiOnNetwork, apiOnSocket, metricsDoor } from '#services/http/api/doors.js';
import type { ApiOptions } from '#services/http/api/routes.js';
import { backupRoutes } from '#services/http/backup/routes.js';
import { HttpListener } from '#services/http/listener.js';
import { machineRoutes } from '#services/http/machine-routes.js';
import { monitorRoutes } from '#services/http/monitor/routes.js';
import { peopleRoutes, redirectToHttps } from '#services/http/people/routes.js';
import { endSlowBodies } from '#services/http/slow-bodies.js';
import { checkTlsPair } from '#services/http/tls.js';
import { ExternalShare } from '#services/nfs/external.js';
import { NfsService } from '#services/nfs/service.js';
import { TftpService } from '#services/tftp/service.js';
import { broadcastAddresses, sendMagicPackets } from '#services/wake/magic-packet.js';
import { serviceEnvironment } from '#settings/environment.js';
import type { Settings } from '#settings/schema.js';
import { Census } from '#store/census.js';
import { StateFolder } from '#store/state-folder.js';
import { Store } from '#store/store.js';
import { TraceRepository } from '#store/trace.js';

export interface DaemonOptions {
  readonly settings: Settings;
  /** Folder of everything fogd knows; made if missing. */
  readonly state: string;
  /** Folder with the built imaging environment. */
  readonly imagingOs: string;
  readonly version: string;
  readonly log: Logger;
  /** Tests inject their own. */
  readonly clock?: Clock;
}

export interface Daemon {
  readonly status: () => readonly ServiceStatus[];
  /** Drains all services and closes the store. */
  readonly stop: () => Promise<void>;
}

/** Wires everything together and starts it; the only place that knows all rooms. Throws when the state folder cannot be used. */
export async function startDaemon({
  settings,
  state,
  imagingOs,
  version,
  log,
  clock = systemClock,
}: DaemonOptions): Promise<Daemon> {
  const startedAt = clock.now();
  const folder = StateFolder.open(state);
  await settle(folder.path);
  const warn = (reason: string) => log.warn({ reason }, 'the store could not be checkpointed');
  const metrics = new Metrics();
  const store = await Store.open({
    file: folder.file('fogd.sqlite'),
    clock,
    onWarning: warn,
    onCommit: (seconds) => metrics.commit.observe(seconds),
  });
  const squash = squashUser();
  const shared = sharedBy(settings.nfs);
  const images = settings.images.folder ?? folder.file('images');
  const imageStore = new ImageStore({
    root: images,
    squash,
    ownPlace: settings.images.folder === undefined,
    ownerIsRoot: process.getuid?.() === 0,
    ...(shared ? { shared } : {}),
  });
  const external = externalShare(settings.nfs);
  const nfs = external
    ? new ExternalShare({
        enabled: settings.nfs.enabled,
        share: external,
        tree: settings.images.folder === undefined ? undefined : new TreeProbe(settings.images.folder),
        clock,
      })
    : new NfsService({
        settings: settings.nfs,
        folder: folder.file('nfs'),
        squash,
        desired: () => openExports(context),
        isBusy: () => context.sessions.open().some(({ kind }) => kind !== 'plain'),
        clock,
        log,
        portHolder,
      });
  const keepDays = settings.trace.keep_days;
  const trace = new TraceKeeper({
    ...{ store, repository: new TraceRepository(store), clock, log, keepDays },
    alsoForget: [
      { keepDays: settings.audit.keep_days, removeBefore: (at) => context.audit.removeBefore(at) },
      { keepDays: settings.client.login_days, removeBefore: (at) => context.logins.removeBefore(at) },
    ],
    onRecord: (record) => events.trace(record),
    onDecision: metrics.count,
  });
  const bootStore = new BootStore(folder.file('boot'));
  await bootStore.prepare();
  const hostsFile = await readFile('/etc/hosts', 'utf8').catch(() => '');
  const pki = new Pki({
    folder: folder.file('pki'),
    names: () =>
      serverNames({
        ...settings.server,
        machine: hostname(),
        hosts: hostsFile,
        addresses: localAddresses(),
      }),
    makeKey: makeKeyApart,
    clock,
    log,
  });
  const unwrapper = new Unwrapper(clock);
  pki.followKey((key) => unwrapper.use(key));
  const snapins = settings.snapins.folder ?? folder.file('snapins');
  const snapinStore = new SnapinStore(snapins);
  const neighbour = neighbourTable();
  const wake = (macs: readonly string[]) => sendMagicPackets(macs, broadcastAddresses(networkInterfaces()));
  const context = createContext(settings, clock, store, {
    exports: nfs,
    imageStore,
    recorder: trace,
    neighbour,
    wake,
    bootStore,
    pki,
    unwrapper,
    snapinStore,
    secrets: new SecretBox(folder.file('secrets'), randomBytes),
    download,
    releaseLease: (address) => dhcp.releaseLease(address),
  });
  const files = new BootFiles([folder.file('boot'), imagingOs, ...settings.boot.file_folders]);

  const serverAt = (localAddress: string, scheme: Scheme) => bootServer(settings, localAddress, scheme);
  // Before it runs iPXE, no machine has said what it trusts.
  const firstUrl = (localAddress: string, file: string) => ipxeUrl(serverAt(localAddress, 'http'), file);

  const tftp = new TftpService({
    settings,
    files,
    // UEFI builds of iPXE look for autoexec.ipxe in the folder that they came from, whichever that was.
    generated: (name, localAddress) =>
      /^(?:default|(?:[\w-]+\/)*autoexec)\.ipxe$/.test(name)
        ? defaultScript(firstUrl(localAddress, 'boot.php'))
        : undefined,
    recorder: trace,
    clock,
    addresses: localAddresses,
    portHolder,
  });
  const transfers = () => tftp.transfers;
  const census = new Census(store);
  const monitor = {
    services: () => supervisor.status(),
    mayReadMetrics: metricsDoor(context),
    metrics: () =>
      metrics.text({
        version,
        startedAt,
        services: () => supervisor.status(),
        transfers,
        census: () => ({
          leases: census.leases(clock.now()),
          tasks: census.tasks(),
          sessions: census.sessions(),
          hosts: census.hosts(),
          snapins: census.snapins(),
          snapinTasks: census.snapinTasks(),
        }),
        disks: () => diskSizes({ state: folder.path, images, snapins }),
        traceLost: () => trace.lost,
        process: processUsage,
      }),
  };
  const forPeople = async (app: FastifyInstance) => {
    if (settings.http.redirect) redirectToHttps(app, serverAt, () => https.port !== undefined);
    await app.register(peopleRoutes, { serverAt });
  };
  const build = async (app: FastifyInstance) => {
    const hasHttps = () => https.port !== undefined;
    const options = { context, recorder: trace, version, files, serverAt, pki, hasHttps };
    endSlowBodies(app, clock);
    await app.register(machineRoutes, options);
    await app.register(monitorRoutes, monitor);
    await app.register(apiOnNetwork, { prefix: '/api', ...api });
    await app.register(forPeople);
  };
  const http = new HttpListener('http', { kind: 'tcp', port: settings.http.port }, build, portHolder);
  const https = new HttpListener(
    'https',
    {
      kind: 'tcp',
      port: settings.https.port,
      tls: {
        certificate: httpsCertificate(settings, pki, clock, log),
        refused: (ip, reason) =>
          trace.record({
            service: 'http',
            event: 'tls-refused',
            outcome: 'refused',
            who: { ip },
            reasons: [reason],
          }),
      },
    },
    build,
    portHolder,
  );
  const bootInformation = {
    settings,
    interfaces: networkInterfaces,
    hasBootFile: (name: string) => files.has(name),
    urls: (localAddress: string) => ({
      script: firstUrl(localAddress, 'default.ipxe'),
      file: (name: string) => firstUrl(localAddress, name),
    }),
  };
  const dhcp = new DhcpService({
    ...bootInformation,
    leases: context.leases,
    recorder: trace,
    clock,
    interfaceIndex,
    hostOf: (mac) => store.read(() => context.hosts.nameOfMac(mac)),
    neighbour,
    portHolder,
  });
  const now = { state: folder.path, images, transfers, failures: () => trace.failures() };
  const status = async () => ({
    ...{ version, startedAt, services: supervisor.status() },
    ...(await overview(context, now)),
  });
  const events = new LiveEvents(context, store, () => supervisor.status());
  const api: ApiOptions = {
    context,
    version,
    status,
    trace,
    events,
    advise: (server, address) => advise(bootInformation, server, address),
  };
  const control = new HttpListener(
    'control',
    { kind: 'socket', path: folder.file('fogd.sock') },
    async (app) => {
      await app.register(apiOnSocket, { prefix: '/api', ...api });
      await app.register(backupRoutes, { backup: () => pack(folder.path, version, clock.now()) });
      await app.register(monitorRoutes, monitor);
    },
    portHolder,
  );

  const tasks = new TaskKeeper(context, log);
  const power = new PowerKeeper(context, log);
  const clients = new ClientKeeper(context, log);
  const verification = new GenerationKeeper(context, startVerification, log);
  const services = [
    ...[control, new BootFileCheck(files), new ImageKeeper(context, log), nfs, tftp, http, dhcp, pki],
    ...(settings.https.enabled ? [https] : []),
    verification,
    new SnapinKeeper(context, log),
  ];
  const supervisor = new Supervisor(services, clock, log);
  trace.start();
  await supervisor.start();
  tasks.start();
  power.start();
  clients.start();
  const endLoopDelay = watchLoopDelay(clock, (seconds) => metrics.loopDelay.observe(seconds));

  const { notifySocket, watchdogMs } = serviceEnvironment();
  const notify = (message: string) => {
    if (notifySocket !== undefined) sdNotify(notifySocket, message, { wait: true });
  };
  const signOfLife = () => {
    try {
      if (notifySocket !== undefined) sdNotify(notifySocket, 'WATCHDOG=1', { wait: false });
    } catch (error) {
      // One that is lost is followed by others in time.
      log.warn({ reason: messageOf(error) }, 'systemd could not be told that fogd lives');
    }
  };
  notify('READY=1');
  const endHeartbeat = watchdogMs === undefined ? undefined : startHeartbeat(clock, watchdogMs, signOfLife);

  const stop = async () => {
    notify('STOPPING=1');
    endHeartbeat?.();
    tasks.stop();
    await power.stop();
    endLoopDelay();
    await supervisor.stop();
    await clients.stop();
    await unwrapper.close();
    await trace.stop();
    await store.close();
    folder.close();
  };
  return { status: () => supervisor.status(), stop };
}

/** The admin's own where there is one, else that of fogd's authority. */
function httpsCertificate(
  { https }: Settings,
  own: CertificateSource,
  clock: Clock,
  log: Logger,
): CertificateSource {
  const { certificate, key } = https;
  if (certificate === undefined || key === undefined) return own;
  return new CertificateFiles({
    certificate,
    key,
    check: checkTlsPair,
    otherwise: own,
    clock,
    log,
  });
}

/** To whom the files that clients write belong: fogd's own user; never root, whose set-user-ID files would be a way in. */
function squashUser(): { uid: number; gid: number } {
  const nobody = 65_534;
  const uid = process.getuid?.() ?? nobody;
  return uid === 0 ? { uid: nobody, gid: nobody } : { uid, gid: process.getgid?.() ?? nobody };
}

/** Without link-local ones: no URL can name them. */
function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address).filter((address) => !/^fe[89ab]/i.test(address)),
  );
}
