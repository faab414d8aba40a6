/** An answer of `text/event-stream`, as a browser reads it. */
export class EventStream {
  #text = '';
  #hasEnded = false;

  private constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {}

  static async open(
    url: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EventStream> {
    const abort = new AbortController();
    const response = await fetch(url, { headers, signal: abort.signal });
    const stream = new EventStream(response, abort);
    void stream.#read();
    return stream;
  }

  /** The data of each event so far. */
  get events(): readonly StatusEvent[] {
    return [...this.#text.matchAll(/^event: status\ndata: (.*)\n\n/gm)].map(
      ([, data = '']) => JSON.parse(data) as StatusEvent,
    );
  }

  get text(): string {
    return this.#text;
  }

  /** Whether the server has ended it. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  close(): void {
    this.abort.abort();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body ?? []) {
        this.#text += decoder.decode(chunk as Uint8Array, { stream: true });
      }
      this.#hasEnded = true;
    } catch (error) {
      if (!this.abort.signal.aborted) throw error;
    }
  }
}

export interface StatusEvent {
  readonly status: string;
  readonly title: string;
  readonly regions: Readonly<Record<string, string>>;
}
