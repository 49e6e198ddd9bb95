import Type from 'typebox';

export const RegistrationSchema = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: 'Unknown machines may register from the boot menu.',
      fog: 'FOG_REGISTRATION_ENABLED',
    }),
    name: Type.String({
      format: 'name-pattern',
      default: 'MAC',
      description:
        'Name of a quickly registered host: MAC for its address without separators, or a pattern in which a run of * is a running number and {SYSSERIAL} the serial number.',
      examples: ['PC-***'],
      fog: 'FOG_QUICKREG_SYS_NAME',
    }),
    image: Type.String({
      maxLength: 40,
      default: '',
      description: 'Name of the image that quickly registered hosts get; empty: none.',
      fog: 'FOG_QUICKREG_IMG_ID',
    }),
    group: Type.String({
      maxLength: 40,
      default: '',
      description: 'Name of the group that quickly registered hosts join; empty: none.',
      fog: 'FOG_QUICKREG_GROUP_ASSOC',
    }),
    deploy: Type.Boolean({
      default: false,
      description: 'Deploy that image at the next boot after a quick registration.',
      fog: 'FOG_QUICKREG_IMG_WHEN_REG',
    }),
    approve: Type.Boolean({
      default: false,
      description: 'Machines that register themselves wait for approval and can have no tasks before.',
    }),
    ignore_macs: Type.Array(Type.String({ minLength: 2, maxLength: 17 }), {
      default: [],
      description:
        'MAC addresses, or parts of them, that no registration takes: docking stations, USB adapters.',
      examples: [['00:e0:4c', '9c:eb:e8']],
      fog: 'FOG_QUICKREG_PENDING_MAC_FILTER',
    }),
  },
  { additionalProperties: false, description: 'How machines become hosts.' },
);
