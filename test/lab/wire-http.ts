/**
 * HTTP requests of a capture, byte for byte: the client's side of each TCP stream put together here, not
 * by an HTTP parser, since goldens compare what really was sent (raw line feeds inside values included).
 */
import type { Capture } from './capture.js';

export interface HttpRequest {
  /** Seconds since the capture began, of its first packet. */
  readonly at: number;
  /** Client address. */
  readonly client: string;
  /** Request line, headers, blank line and body. */
  readonly raw: Buffer;
  readonly method: string;
  /** As sent, with query. */
  readonly target: string;
  readonly body: Buffer;
  /** Status of the answer; 0 when there was none. */
  readonly status: number;
}

interface Stream {
  readonly client: string;
  readonly segments: { at: number; sequence: number; data: Buffer }[];
  readonly statuses: number[];
}

/** Requests to a port (default 80) of any server of the segment, by time. */
export async function httpRequests(capture: Capture, port = 80): Promise<HttpRequest[]> {
  const answer = `tcp.srcport == ${port} && tcp.payload[0:5] == 48:54:54:50:2f`; // "HTTP/"
  const ours = `tcp.dstport == ${port} && (tcp.len > 0 || tcp.flags.syn == 1)`;
  const rows = await capture.fields(`(${ours}) || (${answer})`, [
    'frame.time_relative',
    'tcp.stream',
    'ip.src',
    'tcp.dstport',
    'tcp.seq',
    'tcp.payload',
  ]);
  const streams: Stream[] = [];
  const current = new Map<string, Stream>();
  for (const [at = '', id = '', source = '', toPort = '', sequence = '', hex = ''] of rows) {
    const data = Buffer.from(hex, 'hex');
    const toServer = Number(toPort) === port;
    let stream = current.get(id);
    // A SYN after data is another connection. Machines without a source of randomness (iPXE in a virtual
    // PC) use the same port and sequence numbers in each boot, which tshark takes for one stream.
    if (!stream || (toServer && hex === '' && stream.segments.length > 0)) {
      stream = { client: source, segments: [], statuses: [] };
      current.set(id, stream);
      streams.push(stream);
    }
    if (hex === '') continue;
    if (toServer) stream.segments.push({ at: Number(at), sequence: Number(sequence), data });
    else stream.statuses.push(Number(data.toString('latin1', 9, 12)));
  }
  return streams.flatMap(requestsOf).sort((a, b) => a.at - b.at);
}

function requestsOf(stream: Stream): HttpRequest[] {
  const segments = [...stream.segments].sort((a, b) => a.sequence - b.sequence);
  const times: { offset: number; at: number }[] = [];
  const parts: Buffer[] = [];
  const first = segments[0]?.sequence ?? 0;
  let length = 0;
  for (const segment of segments) {
    // Retransmissions overlap what is there already.
    const skip = length - (segment.sequence - first);
    if (skip < 0) throw new Error(`a hole in a TCP stream of ${stream.client}: packets are missing`);
    if (skip >= segment.data.length) continue;
    times.push({ offset: length, at: segment.at });
    parts.push(segment.data.subarray(skip));
    length += segment.data.length - skip;
  }
  const bytes = Buffer.concat(parts);
  const requests: HttpRequest[] = [];
  for (let start = 0; start < bytes.length; ) {
    const headEnd = bytes.indexOf('\r\n\r\n', start);
    if (headEnd < 0) break;
    const head = bytes.toString('latin1', start, headEnd);
    const bodyLength = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const end = headEnd + 4 + bodyLength;
    const [method = '', target = ''] = head.split('\r\n')[0]?.split(' ') ?? [];
    requests.push({
      at: times.filter((time) => time.offset <= start).at(-1)?.at ?? 0,
      client: stream.client,
      raw: bytes.subarray(start, end),
      method,
      target,
      body: bytes.subarray(headEnd + 4, end),
      status: stream.statuses[requests.length] ?? 0,
    });
    start = end;
  }
  return requests;
}
