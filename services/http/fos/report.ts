import type { Context } from '#actions/context.js';
import { sessionOf } from '#actions/open-session.js';
import { recordInventory } from '#actions/record-inventory.js';
import { clean, INVENTORY_FIELDS, type InventoryField, inventoryFrom } from '#domain/inventory.js';
import type { Endpoints } from './endpoint.js';
import { base64Field } from './value.js';

/** What a machine found out about itself (spec fos-protocol 3.9, 3.16). */
export function reportEndpoints({ post }: Endpoints, context: Context): void {
  post('inventory.php', async ({ fields, macs, token }) => {
    const values: Partial<Record<InventoryField, string>> = {};
    for (const field of INVENTORY_FIELDS) values[field] = base64Field(fields, field);
    const recorded = await recordInventory(context, macs, inventoryFrom(values));
    if (recorded.kind === 'stored')
      return { body: 'Done', event: 'inventory', outcome: 'answered', facts: { host: recorded.host.name } };
    // Any text ends the client's loop; an empty body would cost it 20 seconds (spec 3.9).
    const refusal = { body: 'Invalid Host', event: 'inventory' };
    if (recorded.kind === 'pending') {
      const { name } = recorded.host;
      const reasons = [`host ${name} waits for approval`];
      return { ...refusal, event: 'inventory-dropped', outcome: 'answered', reasons, facts: { host: name } };
    }
    const session = token === undefined ? undefined : sessionOf(context, token);
    const isQuickDeploy = session !== undefined && session.imageId !== null;
    return {
      ...refusal,
      outcome: isQuickDeploy ? 'ignored' : 'refused',
      reasons: ['this machine is no registered host'],
      ...(session ? { mac: session.mac } : {}),
    };
  });

  post('av.php', ({ fields }) => {
    const found = clean(base64Field(fields, 'string'), 500);
    const isMode = /^[sq]$/.test(fields.get('mode') ?? '');
    return {
      body: isMode ? 'Accepted' : 'Invalid operational mode',
      event: 'virus-found',
      outcome: isMode ? 'answered' : 'refused',
      reasons: [found],
    };
  });
}
