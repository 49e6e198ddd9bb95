import Type from 'typebox';

export const TftpSchema = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Serve boot loaders by TFTP on port 69/udp.' }),
    port_range: Type.String({
      format: 'ports',
      default: '61000-61099',
      description:
        'UDP ports from which files are sent. A firewall must let 69 and these through; even a single port serves many machines. The default lies above the ports that Linux hands out by itself (32768-60999).',
    }),
    single_port: Type.Boolean({
      default: false,
      description:
        'Send files from port 69 itself instead of port_range: one port is all that a firewall must let through. Clients must bear answers from the port that they asked; those of RFC 1350 do.',
    }),
    max_window_size: Type.Integer({
      minimum: 1,
      maximum: 256,
      default: 16,
      description: 'Most blocks that a client may ask for at once (windowsize, RFC 7440).',
    }),
    ignore_case: Type.Boolean({
      default: false,
      description:
        'Where no file has the name as it is asked for, one that differs in capital and small letters only is sent.',
    }),
    max_block_size: Type.Integer({
      minimum: 512,
      maximum: 65464,
      default: 1428,
      description:
        'Largest block a client may ask for, in bytes. 1428 keeps each packet inside one Ethernet frame, tunnels included.',
    }),
  },
  { additionalProperties: false, description: 'TFTP.' },
);
