/** A promise whose work begins when somebody waits for it, not where it is mentioned. */
export class Later<T> extends Promise<T> {
  readonly #work: () => Promise<T>;
  #begun: Promise<T> | undefined;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  constructor(work: () => Promise<T>) {
    super(() => undefined);
    this.#work = work;
  }

  override then<Kept = T, Failed = never>(
    onKept?: ((value: T) => Kept | PromiseLike<Kept>) | null,
    onFailed?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Kept | Failed> {
    this.#begun ??= this.#work();
    return this.#begun.then(onKept, onFailed);
  }
}
