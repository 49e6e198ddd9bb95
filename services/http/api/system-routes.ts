import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { findHost } from '#actions/manage-hosts.js';
import type { Overview } from '#actions/overview.js';
import type { ServiceStatus } from '#daemon/supervisor.js';
import { primaryMac } from '#domain/host.js';
import { parseMac } from '#domain/mac.js';
import { SettingsSchema } from '#settings/schema.js';
import type { Page } from '#store/page.js';
import { TRACE_SORTS, type TraceQuery } from '#store/trace.js';
import type { TraceRecord } from '#trace/decision.js';
import { bootStory } from '#trace/story.js';
import { type ApiInstance, fields, listQuery, nullable, page, Time, withMac } from './route-types.js';
import { Task } from './task-routes.js';

export interface Status extends Overview {
  readonly version: string;
  readonly startedAt: number;
  readonly services: readonly ServiceStatus[];
}

/** The trace as people read it. */
export interface TraceReader {
  /** Records of one machine, oldest first. */
  ofMac(mac: string, since: number, limit: number): Promise<readonly TraceRecord[]>;
  list(query: TraceQuery): Promise<Page<TraceRecord>>;
}

export interface SystemOptions {
  readonly context: Context;
  readonly status: () => Promise<Status>;
  readonly trace: TraceReader;
}

export const Service = fields(
  {
    name: Type.String(),
    state: Type.Enum(['starting', 'running', 'degraded', 'off', 'failed', 'stopped']),
    detail: Type.String(),
    remedy: Type.Optional(Type.String({ description: 'What to do, when failed.' })),
    code: Type.Optional(Type.String()),
  },
  'Service',
);

const ServiceName = Type.Enum(['dhcp', 'tftp', 'http', 'fos', 'client', 'fogd']);
const Outcome = Type.Enum(['answered', 'ignored', 'refused', 'failed']);
export const Record = fields(
  {
    service: ServiceName,
    event: Type.String(),
    outcome: Outcome,
    who: fields({
      mac: Type.Optional(Type.String()),
      ip: Type.Optional(Type.String()),
      uuid: Type.Optional(Type.String()),
      arch: Type.Optional(Type.String()),
    }),
    reasons: Type.Array(Type.String()),
    facts: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
    ),
    at: Time,
    last: Type.Integer({ description: 'Of its last occurrence; milliseconds since the epoch.' }),
    count: Type.Integer(),
  },
  'TraceRecord',
);
const Count = Type.Integer({ minimum: 0 });
const StatusAnswer = fields({
  version: Type.String(),
  startedAt: Time,
  services: Type.Array(Service),
  working: Type.Array(Task, { description: 'Tasks at work, the longest first; at most twenty.' }),
  tasks: fields({ working: Count, waiting: Count, ordered: Count }),
  sessions: Type.Array(
    fields({
      kind: Type.String(),
      mac: Type.String(),
      address: nullable(Type.String()),
      openedAt: nullable(Time),
      host: nullable(Type.String()),
    }),
    { description: 'Machines that have started what they were told; at most twenty.' },
  ),
  sessionCount: Count,
  transfers: fields({ tftp: Count }),
  disks: Type.Array(
    fields({
      what: Type.Enum(['state', 'images']),
      path: Type.String(),
      free: Count,
      size: Count,
      inodesFree: Count,
      inodes: Count,
    }),
    { description: 'One where state and images are on the same.' },
  ),
  failures: Type.Array(Record, { description: 'What could not be done last, the newest first.' }),
});
const Story = fields({
  boots: Type.Array(
    fields({
      startedAt: Time,
      steps: Type.Array(fields({ at: Time, offset: Type.Integer(), text: Type.String(), outcome: Outcome })),
      verdict: Type.String({ description: 'How it ended, or where it stopped and what to look at.' }),
    }),
  ),
});
const Since = Type.Optional(Type.Integer({ minimum: 0, description: 'Milliseconds since the epoch.' }));
const Query = listQuery(TRACE_SORTS, {
  service: Type.Optional(ServiceName),
  outcome: Type.Optional(Outcome),
  event: Type.Optional(Type.String({ maxLength: 40 })),
  mac: Type.Optional(Type.String({ maxLength: 20 })),
  ip: Type.Optional(Type.String({ maxLength: 45 })),
  since: Since,
});
const Machine = fields({ mac: Type.String({ maxLength: 64 }) });
const StoryQuery = fields({
  since: Since,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
});

/** What runs, with which settings, and what it did. */
export async function systemRoutes(
  app: ApiInstance,
  { context, status, trace }: SystemOptions,
): Promise<void> {
  app.get(
    '/status',
    {
      schema: {
        summary: 'What runs, who is served, the disks, and what failed last',
        response: { 200: StatusAnswer },
      },
      config: { scope: 'status:read', example: {} },
    },
    () => status(),
  );

  app.get(
    '/settings',
    {
      schema: { summary: 'All settings in force', response: { 200: SettingsSchema } },
      config: { scope: 'settings:read', example: {} },
    },
    () => context.settings,
  );

  app.get(
    '/trace',
    {
      schema: {
        summary: 'What fogd answered or ignored, newest first, of the last 50,000 records',
        querystring: Query,
        response: { 200: page(Record) },
      },
      config: { scope: 'trace:read', example: { query: { service: 'dhcp', outcome: 'ignored' } } },
    },
    ({ query }) => trace.list(withMac(query)),
  );

  app.get(
    '/trace/:mac',
    {
      schema: {
        summary: 'Records and boot story of one machine, by MAC or host name',
        params: Machine,
        querystring: StoryQuery,
        response: { 200: fields({ mac: Type.String(), records: Type.Array(Record), story: Story }) },
      },
      config: { scope: 'trace:read', example: { params: { mac: '00:11:22:33:44:55' } } },
    },
    async ({ params, query }) => {
      const mac = parseMac(params.mac) ?? primaryMac(findHost(context, params.mac));
      const records = await trace.ofMac(mac, query.since ?? 0, query.limit ?? 2_000);
      return { mac, records, story: bootStory(records, context.clock.now()) };
    },
  );
}
