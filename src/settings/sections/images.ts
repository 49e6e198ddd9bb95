import Type from 'typebox';

export const ImagesSchema = Type.Object(
  {
    folder: Type.Optional(
      Type.String({
        format: 'folder',
        description:
          'Folder of the images, which must be there; each is a plain FOG image folder in it. Unset: the folder "images" in the state folder. Captures, generations and boot sessions lie below it, so it must be one file system.',
        examples: ['/images'],
      }),
    ),
    compression: Type.Integer({
      minimum: 0,
      maximum: 22,
      default: 6,
      description: 'Compression of captures whose image names none: 0-9 for gzip, 1-22 for zstd.',
      fog: 'FOG_PIGZ_COMP',
    }),
    require_verified: Type.Boolean({
      default: false,
      description:
        'A capture takes the place of its image only when every file of it was read back. Until then deploys get the one before, or wait.',
    }),
    reserve_mib: Type.Integer({
      minimum: 0,
      maximum: 1073741824,
      default: 1024,
      description:
        'Free space, in MiB, below which no capture is started and the status raises an alarm; below a quarter of it the largest capture is stopped.',
    }),
    resize_percent: Type.Integer({
      minimum: 5,
      maximum: 99,
      default: 5,
      description: 'Room left in a file system that is shrunk at capture, in percent.',
      fog: 'FOG_CAPTURERESIZEPCT',
    }),
    ignore_page_files: Type.Boolean({
      default: true,
      description: "Leave out Windows' page and hibernation files at capture.",
      fog: 'FOG_CAPTUREIGNOREPAGEHIBER',
    }),
  },
  { additionalProperties: false, description: 'Images.' },
);
