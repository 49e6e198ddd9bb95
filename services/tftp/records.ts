/** The decision records of TFTP: one for each request or transfer, and for each packet that is neither. */
import type { Decision, Outcome } from '#trace/decision.js';
import { printable } from './decide.js';
import type { Ending, Plan, TransferResult } from './transfer.js';

type Facts = Record<string, string | number | boolean>;

export interface Refusal {
  readonly event: 'file-refused' | 'write-refused' | 'malformed';
  /** `ignored`: no answer was sent. */
  readonly outcome: Outcome;
  readonly reasons: readonly string[];
  readonly facts?: Facts;
}

export function refusalRecord(ip: string, { event, outcome, reasons, facts }: Refusal): Decision {
  return { service: 'tftp', event, outcome, who: { ip }, reasons, ...(facts && { facts }) };
}

/** How each ending is recorded: the event, what became of the request, and the word for `facts.outcome`. */
const ENDINGS: Readonly<Record<Ending, readonly [event: string, outcome: Outcome, word: string]>> = {
  complete: ['file-sent', 'answered', 'complete'],
  unconfirmed: ['file-sent', 'answered', 'complete-unconfirmed'],
  'aborted-at-options': ['file-sent', 'answered', 'aborted-by-client'],
  'aborted-by-client': ['file-sent', 'answered', 'aborted-by-client'],
  'restarted-by-client': ['file-sent', 'answered', 'restarted-by-client'],
  stalled: ['file-stalled', 'failed', 'stalled'],
  'source-failed': ['file-stalled', 'failed', 'source-failed'],
  stopped: ['file-stalled', 'failed', 'stopped'],
};

export interface Sent {
  readonly ip: string;
  readonly file: string;
  readonly plan: Plan;
  readonly result: TransferResult;
  /** The ports that files are sent from, as in the settings. */
  readonly ports: string;
  /** Why the last datagram could not be handed to the network, if so. */
  readonly sendError: string | undefined;
}

export function sentRecord(sent: Sent): Decision {
  const { result, plan } = sent;
  let [event, outcome, word] = ENDINGS[result.ending];
  // UEFI firmware (edk2) asks for the size, ends that transfer with ERROR 8, and then asks for the file.
  const askedSize = plan.granted.some(({ name }) => name.toLowerCase() === 'tsize');
  if (result.ending === 'aborted-at-options' && askedSize) event = 'file-size-asked';
  if (result.ending === 'stopped' && result.unanswered) outcome = 'refused';
  const facts: Facts = {
    file: sent.file,
    size: plan.size,
    bytes: result.bytes,
    ms: Math.round(result.ms),
    retransmissions: result.retransmissions,
    blksize: plan.blockSize,
    outcome: word,
  };
  const options = plan.granted.map(({ name, value }) => `${printable(name, 32)}=${value}`).join(' ');
  if (options !== '') facts.options = options;
  if (result.askedAgain > 0) facts.askedAgain = result.askedAgain;
  return { service: 'tftp', event, outcome, who: { ip: sent.ip }, reasons: reasonsOf(sent, event), facts };
}

function reasonsOf({ result, plan, ports, sendError }: Sent, event: string): string[] {
  const reasons: string[] = [];
  switch (result.ending) {
    case 'stalled':
      if (sendError !== undefined) reasons.push(`this server could not send: ${sendError}`);
      if (result.unanswered) {
        const which = ports.includes('-') ? 'ports' : 'port';
        reasons.push(`the client's ACKs do not reach ${which} ${ports}: firewall or missing TFTP helper`);
        if (result.askedAgain > 0)
          reasons.push(`the client repeated its request ${times(result.askedAgain)}`);
      } else {
        const block = Math.floor(result.bytes / plan.blockSize) + 1;
        reasons.push(`the client fell silent at block ${block}, after ${result.bytes} of ${plan.size} bytes`);
      }
      break;
    case 'unconfirmed':
      reasons.push('the ACK of the last block did not come; the client has the whole file');
      break;
    case 'aborted-at-options':
    case 'aborted-by-client':
      if (event === 'file-sent')
        reasons.push(`the client ended the transfer with ${printable(result.reason, 128)}`);
      break;
    case 'restarted-by-client':
      reasons.push('the client began again from the same port');
      break;
    case 'source-failed':
    case 'stopped':
      reasons.push(result.reason);
      break;
    case 'complete':
      break;
  }
  return reasons;
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
