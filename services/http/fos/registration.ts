import type { Context } from '#actions/context.js';
import { verifyLogin } from '#actions/manage-users.js';
import { type Registration, registerFully, registerQuickly } from '#actions/register-host.js';
import { clean } from '#domain/inventory.js';
import { type Answer, type Endpoints, OK } from './endpoint.js';
import { listing } from './listing.js';
import { base64Field, decodeOptional } from './value.js';

/** Registration of a machine at its screen (spec fos-protocol 3.10 to 3.15). No session: who registers is nobody yet. */
export function registrationEndpoints({ post, get }: Endpoints, context: Context): void {
  post('man.hostexists.php', ({ macs }) => {
    if (!context.settings.registration.enabled) return refused('Registration is disabled on this server');
    if (macs.length === 0) return refused('Invalid MAC Address!');
    const [known] = context.hosts.byMacs(macs);
    if (known) return refused(`This machine already registered as ${known.name}`);
    return { body: OK, event: 'registration-asked', outcome: 'answered' };
  });

  post('hostnameloop.php', ({ fields }) => {
    const name = base64Field(fields, 'host');
    const host = context.hosts.byName(name);
    if (!host)
      return { body: OK, event: 'name-asked', outcome: 'answered', facts: { name: clean(name, 60) } };
    const mac = host.macs[0]?.mac ?? '';
    return {
      body: `\tA host with that name already exists\n\tThe primary mac associated is: ${mac}`,
      event: 'name-asked',
      outcome: 'refused',
      reasons: [`the name ${clean(name, 60)} is taken`],
    };
  });

  post('auto.register.php', async ({ fields, macs, address }) => {
    const isFull = decodeOptional(fields.get('advanced')) === '1';
    const registration = isFull
      ? await registerFully(context, {
          macs,
          name: decodeOptional(fields.get('host')),
          primaryUser: decodeOptional(fields.get('primaryuser')),
          other1: decodeOptional(fields.get('other1')),
          other2: decodeOptional(fields.get('other2')),
          imageId: decodeOptional(fields.get('imageid')),
          groupIds: decodeOptional(fields.get('groupid')),
          productKey: decodeOptional(fields.get('productKey')),
          joinDomain: decodeOptional(fields.get('doad')) === '1',
          deploy: decodeOptional(fields.get('doimage')) === '1',
          login: {
            name: decodeOptional(fields.get('username')),
            password: decodeOptional(fields.get('password')),
          },
          address,
        })
      : await registerQuickly(context, {
          macs,
          serial: base64Field(fields, 'sysserial'),
          productKey: decodeOptional(fields.get('productKey')),
        });
    return registrationAnswer(registration, isFull ? 'Done, without imaging!' : 'Done');
  });

  post('checkcredentials.php', async ({ fields, address }) => {
    const [name, password] = [base64Field(fields, 'username'), base64Field(fields, 'password')];
    const login = await verifyLogin(context, { name, password, address });
    switch (login.kind) {
      case 'ok':
        return { body: OK, event: 'login', outcome: 'answered', facts: { user: login.user.name } };
      case 'wrong':
        return { body: '#!il', event: 'login', outcome: 'refused', reasons: ['wrong name or password'] };
      case 'limited':
        return { body: '#!rl', event: 'login', outcome: 'refused', reasons: ['too many failed logins'] };
    }
  });

  get('/service/imagelisting.php', () =>
    listing(
      'images',
      context.images.list().filter(({ enabled }) => enabled),
    ),
  );
  get('/service/grouplisting.php', () => listing('groups', context.groups.list()));
  for (const kind of ['snapins', 'locations', 'ous'])
    get(`/service/${kind.slice(0, -1)}listing.php`, () => listing(kind, []));
  // Anything but `##` means that the feature is not there.
  get('/service/locationcheck.php', () => '');
  get('/service/oucheck.php', () => '');
}

function registrationAnswer(registration: Registration, done: string): Answer {
  switch (registration.kind) {
    case 'registered': {
      const { host, imaging, domainReason } = registration;
      const isRefused = imaging !== undefined && !imaging.ordered;
      return {
        body: isRefused ? `Done, without imaging! ${imaging.reason}` : imaging ? 'Done, with imaging' : done,
        event: 'registered',
        outcome: 'answered',
        reasons: [
          ...(domainReason === undefined ? [] : [domainReason]),
          ...(isRefused ? [imaging.reason] : []),
        ],
        facts: { host: host.name },
      };
    }
    case 'known':
      return {
        body: `This machine already registered as ${registration.host.name}`,
        event: 'registration',
        outcome: 'refused',
        reasons: [`already registered as ${registration.host.name}`],
      };
    case 'refused':
      return refused(registration.reason);
  }
}

function refused(reason: string): Answer {
  return { body: reason, event: 'registration', outcome: 'refused', reasons: [reason] };
}
