import Type from 'typebox';
import type { Context } from '#actions/context.js';
import {
  addPrinter,
  assignPrinters,
  changePrinter,
  describeHostPrinters,
  removePrinter,
} from '#actions/manage-printers.js';
import { PRINTER_MODES, PRINTER_TYPES, type PrinterMode, type PrinterType } from '#domain/printer.js';
import { PRINTER_SORTS } from '#store/printers.js';
import { type ApiInstance, fields, IdParam, KeyParam, listQuery, nullable, page } from './route-types.js';

const Kind = Type.Enum(Object.keys(PRINTER_TYPES) as PrinterType[]);
const Mode = Type.Enum(Object.keys(PRINTER_MODES) as PrinterMode[], {
  description:
    'off: clients leave printers alone; managed: they install those assigned and remove other printers of this list; exclusive: they remove every other printer.',
});
const text = () => Type.String({ maxLength: 250 });
const details = () => ({
  description: text(),
  port: text(),
  file: Type.String({ maxLength: 250, description: 'Path of its driver on the client.' }),
  model: text(),
  ip: Type.String({ maxLength: 250, description: 'host or host:port; empty: none.' }),
  configFile: Type.String({ maxLength: 250, description: 'Path of its settings on the client.' }),
});
const Printer = fields({ id: Type.Integer(), name: text(), type: Kind, ...details() }, 'Printer');
const New = fields({ name: text(), type: Kind, ...optional() });
const Change = fields({ name: Type.Optional(text()), type: Type.Optional(Kind), ...optional() });
const Names = Type.Array(text(), { maxItems: 1_000, description: 'Names.' });
const HostPrinters = fields(
  { host: Type.String(), mode: Mode, printers: Names, default: nullable(text()) },
  'HostPrinters',
);
const Assignment = fields({
  mode: Type.Optional(Mode),
  printers: Type.Optional(Names),
  default: Type.Optional(nullable(text())),
});
const Query = listQuery(PRINTER_SORTS, {});

function optional() {
  const { description, port, file, model, ip, configFile } = details();
  return {
    description: Type.Optional(description),
    port: Type.Optional(port),
    file: Type.Optional(file),
    model: Type.Optional(model),
    ip: Type.Optional(ip),
    configFile: Type.Optional(configFile),
  };
}

const [read, write] = ['hosts:read', 'hosts:write'] as const;
const NAME = '\\\\print\\hall';

/** Printers that FOG Clients install. */
export async function printerRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/printers',
    {
      schema: { summary: 'List printers', querystring: Query, response: { 200: page(Printer) } },
      config: { scope: read, example: { query: { q: 'hall' } } },
    },
    ({ query }) => context.printers.page(query),
  );

  app.post(
    '/printers',
    {
      schema: { summary: 'Make a printer', body: New, response: { 201: Printer } },
      config: {
        scope: write,
        action: 'printer-added',
        example: { body: { name: '\\\\print\\room-12', type: 'network' } },
      },
    },
    async ({ body, context }, reply) => reply.code(201).send(await addPrinter(context, body)),
  );

  app.patch(
    '/printers/:id',
    {
      schema: { summary: 'Change a printer', params: IdParam, body: Change, response: { 200: Printer } },
      config: {
        scope: write,
        action: 'printer-changed',
        example: { params: { id: 1 }, body: { description: 'in the hall' } },
      },
    },
    ({ params, body, context }) => changePrinter(context, params.id, body),
  );

  app.delete(
    '/printers/:id',
    {
      schema: { summary: 'Remove a printer', params: IdParam, response: { 200: Printer } },
      config: { scope: write, action: 'printer-removed', example: { params: { id: 1 } } },
    },
    ({ params, context }) => removePrinter(context, params.id),
  );

  app.get(
    '/hosts/:key/printers',
    {
      schema: { summary: 'Its printers', params: KeyParam, response: { 200: HostPrinters } },
      config: { scope: read, example: { params: { key: 'lab-pc-01' } } },
    },
    ({ params }) => describeHostPrinters(context, params.key),
  );

  app.patch(
    '/hosts/:key/printers',
    {
      schema: {
        summary: 'Change its printers',
        params: KeyParam,
        body: Assignment,
        response: { 200: HostPrinters },
      },
      config: {
        scope: write,
        action: 'printers-assigned',
        example: {
          params: { key: 'lab-pc-01' },
          body: { mode: 'managed', printers: [NAME], default: NAME },
        },
      },
    },
    ({ params, body, context }) => assignPrinters(context, params.key, body),
  );
}
