import Type from 'typebox';

export const NfsSchema = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: 'Offer images over NFS; without it nothing can be captured or deployed.',
    }),
    backend: Type.Enum(['ganesha', 'external'], {
      default: 'ganesha',
      description:
        'ganesha: fogd runs the NFS server. external: another host serves the images, in the folders of a FOG server; captures need the same tree mounted at images.folder.',
    }),
    share: Type.Optional(
      Type.String({
        format: 'nfs-share',
        description:
          'With nfs.backend = "external": the share with the images. Machines mount it, and the folder dev in it to write.',
        examples: ['10.0.0.5:/images'],
      }),
    ),
    exports: Type.Enum(['session', 'open'], {
      default: 'session',
      description:
        'session: each machine gets an export of its own, as long as it needs it. open: /images and /images/dev for every machine, as with a FOG server; whoever reaches the port can read all images and write into dev.',
    }),
    start: Type.Enum(['child', 'service'], {
      default: 'child',
      description:
        'child: fogd starts the NFS server itself. service: systemd does (fogd-nfs.service), and fogd only tells it what to export.',
    }),
    port: Type.Integer({ minimum: 1, maximum: 65535, default: 2049, description: 'TCP port of NFS.' }),
    mount_port: Type.Integer({
      minimum: 1,
      maximum: 65535,
      default: 20048,
      description: 'TCP port of the MOUNT protocol, which NFSv3 clients find through rpcbind (111/tcp).',
    }),
  },
  { additionalProperties: false, description: 'NFS, by which disks are captured and deployed.' },
);
