import Type from 'typebox';

export const TasksSchema = Type.Object(
  {
    max_clients: Type.Integer({
      minimum: 1,
      maximum: 10000,
      default: 10,
      description:
        'How many machines are deployed to at once; the others wait in the order in which they came.',
    }),
    checkin_timeout: Type.Integer({
      minimum: 10,
      maximum: 86400,
      default: 600,
      description: 'Seconds without a word after which a waiting machine loses its place in the queue.',
      fog: 'FOG_CHECKIN_TIMEOUT',
    }),
    wipe_seconds: Type.Integer({
      minimum: 0,
      maximum: 3600,
      default: 60,
      description: 'Seconds of the count-down on the screen of a machine before its disk is wiped.',
      fog: 'FOG_WIPE_TIMEOUT',
    }),
    clamav_share: Type.Optional(
      Type.String({
        format: 'nfs-share',
        description:
          'NFS share with the folders bin and sbin of ClamAV, for virus scans. Unset: virus scans are refused.',
        examples: ['10.0.0.5:/opt/fog/clamav'],
      }),
    ),
    silence_timeout: Type.Integer({
      minimum: 30,
      maximum: 86400,
      default: 600,
      description:
        'Seconds without a word after which a machine that is being imaged counts as gone and its task as failed. A living one reports every few seconds.',
    }),
  },
  { additionalProperties: false, description: 'Tasks.' },
);
