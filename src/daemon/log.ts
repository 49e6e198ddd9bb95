import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** One JSON object a line on standard output; on a terminal readable text, where the development package for it is installed. */
export async function createLogger(level: string, isTerminal: boolean): Promise<Logger> {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const stream = isTerminal ? await prettyStream() : undefined;
  return stream ? pino(options, stream) : pino(options);
}

async function prettyStream(): Promise<DestinationStream | undefined> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({ translateTime: 'SYS:HH:MM:ss.l', sync: true });
  } catch (error) {
    // Installed without development packages: JSON is fine.
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
