/**
 * In place of `Intl.DateTimeFormat`, of which Nest's console logger makes two at import and
 * Holdfast's log asks for none: loading the locale's tables takes 20 ms of the start.
 */
export class LazyDateTimeFormat {
  #arguments;

  constructor(...given) {
    this.#arguments = given;
  }

  format(date) {
    return new globalThis.Intl.DateTimeFormat(...this.#arguments).format(date);
  }
}
