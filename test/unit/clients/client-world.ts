import { addHost } from '#actions/manage-hosts.js';
import { makeWorld, type World } from '../services/http/world.js';
import { FogClient, type FogClientOptions, type Transport } from './fog-client.js';

export const PC_MAC = '00:11:22:33:44:55';

/** A world with its certificates made. */
export async function makeClientWorld(toml = ''): Promise<World> {
  const world = await makeWorld(toml);
  await world.pki.start((error) => {
    throw error;
  });
  for (let turn = 0; world.pki.pem('communication') === undefined; turn++) {
    if (turn > 12_000) throw new Error('no certificates');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return world;
}

/** As .NET sends it: no User-Agent, no Accept. */
export function transportOf(world: World, remoteAddress = '10.0.0.50', host = '10.0.0.1'): Transport {
  return async (method, path, body) => {
    const answer = await world.app.inject({
      method,
      url: `/fog${path}`,
      remoteAddress,
      headers: {
        host,
        'user-agent': '',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/x-www-form-urlencoded', expect: '100-continue' }),
      },
      ...(body === undefined ? {} : { payload: body }),
    });
    const { location } = answer.headers;
    return {
      status: answer.statusCode,
      body: answer.body,
      bytes: answer.rawPayload,
      ...(location === undefined ? {} : { location: String(location) }),
    };
  };
}

/** An installed client that moves the clock itself while it waits. */
export async function installClient(
  world: World,
  options: Partial<FogClientOptions> = {},
): Promise<FogClient> {
  const client = new FogClient({
    transport: transportOf(world),
    macs: PC_MAC.toUpperCase(),
    now: () => world.clock.now(),
    sleep: (milliseconds) => world.clock.advance(milliseconds),
    ...options,
  });
  await client.install();
  return client;
}

/** A host and its client, which is trusted. */
export async function knownClient(world: World): Promise<FogClient> {
  await addHost(world.context, 'PC', [PC_MAC], 'test');
  const client = await installClient(world);
  if (!(await client.handshake())) throw new Error(client.log.join('; '));
  return client;
}
