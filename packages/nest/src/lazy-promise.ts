/** A promise whose work starts when it is first awaited, not where it is created. */
export class LazyPromise<T> extends Promise<T> {
  readonly #work: () => Promise<T>;
  #started: Promise<T> | undefined;

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
    this.#started ??= this.#work();
    return this.#started.then(onKept, onFailed);
  }
}
