import { caponeImage } from '#actions/capone.js';
import type { Context } from '#actions/context.js';
import { clean } from '#domain/inventory.js';
import type { Answer, Call, Endpoints } from './endpoint.js';
import { base64Field } from './value.js';

/** Images by a DMI value (spec fos-protocol 3.17). An empty body is "none yet": FOS asks again, and gives up after a minute. */
export function caponeEndpoints({ post }: Endpoints, context: Context): void {
  post('capone.php', (call) => {
    const action = call.fields.get('action');
    if (action === 'dmi')
      return { body: context.settings.boot.capone_dmi, event: 'capone', outcome: 'answered', silent: true };
    if (action === 'imagelookup') return lookUp(context, call);
    return { body: '', event: 'capone', outcome: 'refused', reasons: ['no action of capone'] };
  });
}

async function lookUp(context: Context, { token, fields, address }: Call): Promise<Answer> {
  const answer = await caponeImage(context, { token, key: clean(base64Field(fields, 'key'), 255), address });
  if (answer.kind === 'none') {
    const { mac, reason } = answer;
    return { body: '', event: 'capone', outcome: 'refused', reasons: [reason], ...(mac ? { mac } : {}) };
  }
  const { image, storage, storageIp, mac } = answer;
  const { path, osId, type, partitionType, format } = image;
  const line = [path, osId, type, partitionType, format, storage, storageIp].join('|');
  return {
    body: `${Buffer.from(line).toString('base64')}\n`,
    event: 'capone',
    outcome: 'answered',
    mac,
    facts: { image: image.name },
  };
}
