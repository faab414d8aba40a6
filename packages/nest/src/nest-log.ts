import type { LoggerService } from '@nestjs/common';
import type { Log } from '@holdfast/core/log';

/** Nest's own messages, as lines of our log; its start-up chatter is for debugging. */
export class NestLog implements LoggerService {
  constructor(private readonly target: Log) {}

  log(message: unknown, context?: unknown): void {
    this.target.debug({ event: 'nest', context }, String(message));
  }

  warn(message: unknown, context?: unknown): void {
    this.target.warn({ event: 'nest', context }, String(message));
  }

  error(message: unknown): void {
    const error = message instanceof Error ? message : undefined;
    this.target.error({ event: 'nest', err: error }, error ? error.name : String(message));
  }

  debug(message: unknown, context?: unknown): void {
    this.target.debug({ event: 'nest', context }, String(message));
  }

  verbose(message: unknown, context?: unknown): void {
    this.target.trace({ event: 'nest', context }, String(message));
  }
}
