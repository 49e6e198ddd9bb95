/** What actions need of the NFS server: each open boot session has one export, for one machine, unless exports are shared (domain/share.ts). */

export interface SessionExport {
  /** 1 to 65535; unique among the open ones. */
  readonly id: number;
  /** Absolute, real. */
  readonly folder: string;
  /** What the machine mounts: `/t/12`, or `/t/dev/12` where it writes (FOS shows free space only for paths with `dev`, spec 11.2). */
  readonly pseudo: string;
  readonly access: 'RO' | 'RW';
  /** IPv4 address of the machine; null: every machine. */
  readonly client: string | null;
}

export interface ExportDoor {
  /** Adds or changes; idempotent. Resolves when the server shows it. Rejects with an error of the NFS room. */
  open(entry: SessionExport): Promise<void>;
  /** Idempotent. From then on the machine can neither read nor write. */
  close(id: number): Promise<void>;
  /** Why a machine could not mount what all machines share; undefined where it can. Asked only where sessions have no exports of their own. */
  trouble(): string | undefined;
  /** Why what machines write could not be published from here; undefined where it can. */
  captureTrouble(): string | undefined;
}
